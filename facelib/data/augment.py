"""Random changes to a batch of faces, each image its own, made on the images' device."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample


@dataclass(frozen=True)
class Augment:
    """Shift, turn, scale, mirror and relight faces at random.

    Every number is the largest change; each image draws its own, uniformly. One resampling does
    all the geometry, so nothing is blurred twice.

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
        """uint8 (N, C, H, W) -> float32 (N, C, H, W) in [0, 1].

        The random numbers come from a CPU `generator`, so that every device draws the same.
        """
        n = len(images)
        draw = torch.rand((7, n), generator=generator).mul_(2).sub_(1)
        draw = draw.to(images.device)
        angle = draw[0] * (self.degrees * torch.pi / 180)
        size = 1 + draw[1] * self.scale
        aspect = images.shape[2] / images.shape[3]
        flip = torch.where((draw[2] < 0) & self.mirror, -1.0, 1.0)
        cos, sin = angle.cos() / size, angle.sin() / size
        # Rows map output to input coordinates, which run from -1 to 1 in both directions.
        matrix = torch.stack(
            [cos * flip, -sin * aspect, draw[3] * 2 * self.shift,
             sin / aspect * flip, cos, draw[4] * 2 * self.shift]
        )  # fmt: skip
        grid = affine_grid(matrix.T.view(n, 2, 3), list(images.shape), align_corners=False)
        faces = grid_sample(
            images.float().div_(255), grid, padding_mode="border", align_corners=False
        )
        gain = 1 + draw[5].view(n, 1, 1, 1) * self.light
        bias = draw[6].view(n, 1, 1, 1) * self.light / 2
        return faces.sub_(0.5).mul_(gain).add_(bias + 0.5).clamp_(0, 1)
