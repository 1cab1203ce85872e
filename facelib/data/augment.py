"""Random changes to a batch of faces, each image its own, made on the images' device."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample, interpolate


@dataclass(frozen=True)
class Augment:
    """Shift, turn, scale, mirror and relight faces at random: one resampling for all geometry.

    Every number is the largest change; each image draws its own, uniformly.

    Args:
        shift: part of the height and width, 0.1 is a tenth.
        degrees: rotation to either side.
        scale: 0.1 lets the size vary from 0.9 to 1.1.
        mirror: flip half of the images left to right.
        light: change of contrast (a factor 1 - light to 1 + light) and of brightness (half of it).
    """

    shift: float = 0.06
    degrees: float = 10.0
    scale: float = 0.1
    mirror: bool = True
    light: float = 0.25

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """uint8 (N, C, H, W), or floats from 0 to 255 -> float32 (N, C, H, W) in [0, 1].

        The random numbers come from a CPU `generator`, so that every device draws the same.

        Raises:
            ValueError: floats from 0 to 1, which would come out black.
        """
        n = len(images)
        draw = torch.rand((7, n), generator=generator).mul_(2).sub_(1)
        draw = draw.to(images.device)
        angle = draw[0] * (self.degrees * torch.pi / 180)
        size = 1 + draw[1] * self.scale
        flip = torch.where((draw[2] < 0) & self.mirror, -1.0, 1.0)
        cos, sin = angle.cos() / size, angle.sin() / size
        across, down = draw[3] * 2 * self.shift, draw[4] * 2 * self.shift
        faces = warp(_to_unit(images), cos, sin, across, down, flip)
        gain = 1 + draw[5].view(n, 1, 1, 1) * self.light
        bias = draw[6].view(n, 1, 1, 1) * self.light / 2
        return faces.sub_(0.5).mul_(gain).add_(bias + 0.5).clamp_(0, 1)


def warp(
    images: Tensor, cos: Tensor, sin: Tensor, across: Tensor, down: Tensor, flip: Tensor | float = 1
) -> Tensor:
    """Float images (N, C, H, W), each turned, scaled and moved by numbers (N,) of its own.

    Coordinates run from -1 to 1 in both directions, and the numbers map output to input: cosine
    and sine of the angle over the scale, the way across and down, and -1 to mirror.
    """
    if not len(images):
        return images
    aspect = images.shape[2] / images.shape[3]
    matrix = torch.stack([cos * flip, -sin * aspect, across, sin / aspect * flip, cos, down])
    grid = affine_grid(matrix.T.reshape(-1, 2, 3), list(images.shape), align_corners=False)
    return grid_sample(images, grid, padding_mode="border", align_corners=False)


@dataclass(frozen=True)
class Distort:
    """Photographic accidents, for faces that were rendered: curve, shade, coarseness, things.

    What a renderer does too cleanly is made uneven, so that a network can't rely on it (domain
    randomisation, Tobin et al. 2017, https://doi.org/10.1109/IROS.2017.8202133; a hidden block
    after DeVries & Taylor 2017, https://arxiv.org/abs/1708.04552).

    Args:
        gamma: the tone curve's exponent is drawn from exp(-gamma) to exp(gamma).
        shade: standard deviation of a smooth pattern that darkens and lightens.
        coarse: share of the images that lose their detail, to a seventh of the pixels at worst.
        hide: share of the images with a grey block of up to two thirds of the image's side.
        mirror: flip half of the images left to right.
    """

    gamma: float = 0.4
    shade: float = 0.12
    coarse: float = 0.2
    hide: float = 0.4
    mirror: bool = True

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """As `Augment`: what it takes and gives, its random numbers and its error."""
        n, _, height, width = images.shape
        size = (height, width)
        draw = torch.rand((10, n, 1, 1, 1), generator=generator).to(images.device)
        pattern = torch.randn((n, 1, 3, 3), generator=generator).to(images.device)
        faces = _to_unit(images).clamp_(min=1e-3)
        faces = faces ** torch.exp(self.gamma * (2 * draw[0] - 1))
        faces = faces * (1 + self.shade * interpolate(pattern, size, mode="bicubic"))
        small = interpolate(faces, (3 * height // 8, 3 * width // 8), mode="area")
        blurred = interpolate(small, size, mode="bilinear")
        faces = torch.lerp(faces, blurred, (draw[1] < self.coarse) * draw[2])
        down = torch.arange(height, device=images.device).view(1, 1, -1, 1) / height
        right = torch.arange(width, device=images.device) / width
        near = (down - draw[3]).abs() < draw[4] / 3
        block = near & ((right - draw[5]).abs() < draw[6] / 3) & (draw[7] < self.hide)
        faces = torch.where(block, draw[8], faces)
        flip = (draw[9] < 0.5) & self.mirror
        return torch.where(flip, faces.flip(3), faces).clamp_(0, 1)


def _to_unit(images: Tensor) -> Tensor:
    """float32 in [0, 1], never the caller's own tensor."""
    if images.is_floating_point() and len(images) and 0 < images.max() <= 1:
        raise ValueError(
            f"want images uint8, or floats from 0 to 255, got floats up to {images.max():g}: "
            "multiply them by 255"
        )
    return images.float() / 255
