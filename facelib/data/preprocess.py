"""Preprocessing of whole batches, on the device where the images are.

Every function takes images (N, C, H, W), uint8 0 to 255 or float, and returns the same kind, so
`faces.map(to_grey)` gives a FaceSet again. Apply the same steps to gallery and probe.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

LUMA = (0.299, 0.587, 0.114)  # weights of R, G and B in brightness: ITU-R BT.601-7, section 2.5.1
BATCH = 256  # images turned to float at a time, so that memory stays small for large sets


def to_grey(images: Tensor) -> Tensor:
    """Brightness of RGB images, (N, 1, H, W); grey images come back as they are."""
    if images.shape[1] == 1:
        return images
    if images.ndim != 4 or images.shape[1] != 3:
        raise ValueError(f"want RGB images (N, 3, H, W), got {tuple(images.shape)}")
    weights = torch.tensor(LUMA, device=images.device).view(3, 1, 1)
    return _in_float(images, lambda part: (part * weights).sum(1, keepdim=True))


def resize(images: Tensor, height: int, width: int) -> Tensor:
    """Bilinear, antialiased: shrinking averages pixels instead of dropping them.

    The aspect ratio changes if height and width have another one.
    """

    def scale(part: Tensor) -> Tensor:
        return functional.interpolate(part, (height, width), mode="bilinear", antialias=True)

    return _in_float(images, scale)


def to_square(images: Tensor) -> Tensor:
    """Tall or wide images made square and not stretched: what is missing repeats the edge."""
    height, width = images.shape[2:]
    across, down = max(height - width, 0), max(width - height, 0)
    sides = (across // 2, across - across // 2, down // 2, down - down // 2)
    return _in_float(images, lambda part: functional.pad(part, sides, mode="replicate"))


def normalise_light(images: Tensor) -> Tensor:
    """Histogram equalisation: a pixel becomes the share of its image that is no brighter, x 255.

    Any brightening or contrast that keeps the order of the grey values falls out. Each image and
    channel is treated by itself, so colours shift: use it on grey images, uint8.
    """
    if images.dtype != torch.uint8:
        raise ValueError(f"normalise_light needs uint8 images (0 to 255), got {images.dtype}")

    def equalise(part: Tensor) -> Tensor:
        grey = part.flatten(2).long()
        histogram = grey.new_zeros(*grey.shape[:2], 256)
        histogram.scatter_add_(2, grey, torch.ones_like(grey))
        share = histogram.cumsum(2) / grey.shape[2]
        return share.gather(2, grey).view_as(part) * 255

    return _in_float(images, equalise)


def _in_float(images: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
    """function(float images), of the kind that the images were: rounded, if that was uint8."""
    if images.is_floating_point():  # of 16 bits the CPU can't resize
        wide = images if images.itemsize > 2 else images.float()
        return function(wide).to(images.dtype)
    parts = [function(part.float()) for part in images.split(BATCH)]
    return torch.cat([part.round_().clamp_(0, 255).to(torch.uint8) for part in parts])
