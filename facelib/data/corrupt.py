"""Corruptions of whole batches: what goes wrong with a picture, by an amount that is known.

Every function takes uint8 images (N, C, H, W) and returns new ones of the same shape.
"""

import io
import math

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import pad

from facelib.data.augment import warp
from facelib.data.preprocess import resize


def add_noise(images: Tensor, spread: float) -> Tensor:
    """Gaussian noise of `spread` grey values (always the same)."""
    noise = torch.randn(images.shape, generator=torch.Generator().manual_seed(0))
    return _grey((images + spread * noise).round())


def darken(images: Tensor, share: float) -> Tensor:
    """`share` of the light."""
    return _grey((images * share).round())


def underexpose(images: Tensor, stops: float) -> Tensor:
    """As a camera sees them by `stops` less light and brightens them again: every pixel counts
    photons, 1,000 where it is white in full light, and they arrive by chance (always the same)."""
    most = 1000 * 2.0**-stops
    generator = torch.Generator().manual_seed(0)
    return _grey((torch.poisson(images * (most / 255), generator) * (255 / most)).round())


def light_from_left(images: Tensor) -> Tensor:
    """Full light at the left edge, a third of it at the right."""
    return _grey((images * torch.linspace(1, 1 / 3, images.shape[3])).round())


def blur(images: Tensor, sigma: float) -> Tensor:
    """A Gaussian of `sigma` pixels."""
    from torchvision.transforms.functional import gaussian_blur

    if not sigma:
        return images
    return _grey(gaussian_blur(images.float(), 2 * round(3 * sigma) + 1, sigma).round())


def pixelate(images: Tensor, across: int) -> Tensor:
    """As if taken at `across` pixels from left to right."""
    height, width = images.shape[2:]
    return resize(resize(images, round(across * height / width), across), height, width)


def compress(images: Tensor, quality: int) -> Tensor:
    """Grey images after JPEG of this quality, 1 to 95."""

    def once(image: Tensor) -> Tensor:
        file = io.BytesIO()
        Image.fromarray(image[0].numpy()).save(file, "JPEG", quality=quality)
        return torch.from_numpy(np.array(Image.open(file)))[None]

    return torch.stack([once(image) for image in images])


def shift(images: Tensor, pixels: int) -> Tensor:
    """Moved to the right; the left edge is repeated into the gap. Float images stay float."""
    moved = pad(images.float(), (pixels, 0, 0, 0), mode="replicate")
    return moved[..., : images.shape[3]].to(images.dtype)


def rotate(images: Tensor, degrees: float) -> Tensor:
    """Turned to the left about the middle; edges are repeated."""
    none = torch.zeros(len(images))
    angle = none + math.radians(degrees)
    return _grey(warp(images.float(), angle.cos(), angle.sin(), none, none).round())


def misalign(images: Tensor, shift: float) -> Tensor:
    """As if the eyes had been found in the wrong place: moved by `shift` % of the width, each image
    in a direction of its own (always the same); edges are repeated."""
    way = 2 * math.pi * torch.rand(len(images), generator=torch.Generator().manual_seed(0))
    height, width = images.shape[2:]
    far = 2 * shift / 100  # grids run from -1 to 1: 2 is a whole width
    across, down = far * way.cos(), far * way.sin() * width / height
    still = torch.ones(len(images))
    return _grey(warp(images.float(), still, 0 * still, across, down).round())


def _grey(values: Tensor) -> Tensor:
    return values.clamp(0, 255).to(torch.uint8)
