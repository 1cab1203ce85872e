"""Corruptions of whole batches: what goes wrong with a picture, by an amount that is known.

Every function takes uint8 images (N, C, H, W) and returns new ones of the same shape.
"""

import io
import math

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from facelib.data.augment import warp
from facelib.data.preprocess import resize


def add_noise(images: Tensor, spread: float) -> Tensor:
    """Gaussian noise of `spread` grey values (always the same)."""
    noise = torch.randn(images.shape, generator=torch.Generator().manual_seed(0))
    return _grey((images + spread * noise.to(images.device)).round())


def darken(images: Tensor, share: float) -> Tensor:
    """`share` of the light."""
    return _grey((images * share).round())


def underexpose(images: Tensor, stops: float) -> Tensor:
    """As a camera sees them by `stops` less light and brightens them again: every pixel counts
    photons, 1,000 where it is white in full light, and they arrive by chance (always the same)."""
    most = 1000 * 2.0**-stops
    light = (images * (most / 255)).cpu()  # so that every device draws the same
    photons = torch.poisson(light, torch.Generator().manual_seed(0)).to(images.device)
    return _grey((photons * (255 / most)).round())


def blur(images: Tensor, sigma: float) -> Tensor:
    """A Gaussian of `sigma` pixels."""
    from torchvision.transforms.functional import gaussian_blur

    if not sigma:
        return images.clone()
    return _grey(gaussian_blur(images.float(), 2 * round(3 * sigma) + 1, sigma).round())


def pixelate(images: Tensor, across: int) -> Tensor:
    """As if taken at `across` pixels from left to right."""
    height, width = images.shape[2:]
    return resize(resize(images, round(across * height / width), across), height, width)


def compress(images: Tensor, quality: int) -> Tensor:
    """After JPEG of this quality, 1 to 95."""
    packed = images.clone()
    for place, image in enumerate(images.cpu().movedim(1, 3)):
        file = io.BytesIO()
        Image.fromarray(image.squeeze(2).numpy()).save(file, "JPEG", quality=quality)
        seen = torch.from_numpy(np.array(Image.open(file)))
        packed[place] = seen.view(image.shape).movedim(2, 0)
    return packed


def shift(images: Tensor, pixels: int) -> Tensor:
    """Moved to the right, or left if negative; the edge is repeated into the gap. Float images stay
    float."""
    width = images.shape[3]
    return images[..., (torch.arange(width, device=images.device) - pixels).clamp(0, width - 1)]


def rotate(images: Tensor, degrees: float) -> Tensor:
    """Turned to the left about the middle; edges are repeated."""
    none = torch.zeros(len(images), device=images.device)
    angle = none + math.radians(degrees)
    return _grey(warp(images.float(), angle.cos(), angle.sin(), none, none).round())


def misalign(images: Tensor, shift: float) -> Tensor:
    """As if the eyes had been found in the wrong place: moved by `shift` % of the width, each image
    in a direction of its own (always the same); edges are repeated."""
    way = 2 * math.pi * torch.rand(len(images), generator=torch.Generator().manual_seed(0))
    height, width = images.shape[2:]
    far = 2 * shift / 100  # grids run from -1 to 1: 2 is a whole width
    across = (far * way.cos()).to(images.device)
    down = (far * way.sin() * width / height).to(images.device)
    still = torch.ones_like(across)
    return _grey(warp(images.float(), still, 0 * still, across, down).round())


def _grey(values: Tensor) -> Tensor:
    return values.clamp(0, 255).to(torch.uint8)
