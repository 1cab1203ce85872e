"""The one source of irregularity: a table of random numbers, the same on every device.

Drawn once on the CPU. A face cuts its own piece out of it, so that its freckles stay where they are
from photograph to photograph, and a photograph cuts its grain.
"""

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

SIDE = 256
CELLS = 48  # of the table to a unit of length on the head
# Channels: patches as large as a cheek, spots, grains, strands of hair.
WAVES = ((9.0, 9.0), (2.2, 2.2), (0.7, 0.7), (0.9, 7.0))


@lru_cache(8)
def table(device: torch.device) -> Tensor:
    """(1, 4, SIDE, SIDE), each channel with mean 0 and standard deviation 1."""
    white = torch.randn(len(WAVES), SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    smooth = [_smooth(plane, *sigma) for plane, sigma in zip(white, WAVES, strict=True)]
    return torch.stack([(plane - plane.mean()) / plane.std() for plane in smooth])[None].to(device)


def cut(noise: Tensor, u: Tensor, v: Tensor, place_u: Tensor, place_v: Tensor) -> Tensor:
    """The table's channels at points (N, H, W), from its own place in each row -> (N, C, H, W)."""
    # Two units are cut, so places run over the rest; beyond it the edge is repeated.
    half = CELLS / (SIDE / 2)
    spread = 1 - 1.2 * half
    grid = torch.stack(
        [u * half + (2 * place_u - 1) * spread, v * half + (2 * place_v - 1) * spread], -1
    )
    return sample(noise, grid)


def sample(planes: Tensor, grid: Tensor) -> Tensor:
    """planes (N or 1, C, h, w) at grid (N, H, W, 2), -1 to 1, edges repeated -> (N, C, H, W)."""
    planes = planes.expand(len(grid), -1, -1, -1)
    return grid_sample(planes, grid, padding_mode="border", align_corners=True)


def grain(place: Tensor, size: int) -> Tensor:
    """White noise (N, size, size): a row of random numbers, entered at `place` (N,) in 0..1."""
    row = _row(place.device)
    start = (place * (len(row) - size * size - 1)).long()
    return row.unfold(0, size * size, 1).index_select(0, start).view(-1, size, size)


@lru_cache(8)
def _row(device: torch.device) -> Tensor:
    return torch.randn(2**18, generator=torch.Generator().manual_seed(2)).to(device)


def _smooth(plane: Tensor, sigma_x: float, sigma_y: float) -> Tensor:
    """Periodic Gaussian filter of one plane."""
    across, along = (_bell(sigma) for sigma in (sigma_x, sigma_y))
    return along @ plane @ across.T


def _bell(sigma: float) -> Tensor:
    step = torch.arange(SIDE, dtype=torch.float32)
    off = (step[:, None] - step + SIDE / 2) % SIDE - SIDE / 2
    weight = torch.exp(-0.5 * (off / sigma) ** 2)
    return weight / weight.sum(1, keepdim=True)
