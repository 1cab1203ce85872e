"""The head as a surface: an ellipse in every cross-section, and a relief of smooth bumps on it.

A point of the head is (u, v, z): right, down and towards the camera when it looks straight ahead.
Turned by yaw and pitch it is seen at (x, y). An ellipse turned about its axis is met by a line of
sight in closed form, so the outline of the head is exact at any angle; only the relief, which moves
what is seen by a little, needs steps (parallax mapping, Kaneko et al. 2001).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from facelib.synth.noise import sample

ATLAS = 64  # cells a side of the relief; its narrowest bump is 0.03 wide
RELIEF_U, RELIEF_TOP, RELIEF_BOTTOM = 0.75, -0.75, 1.15  # the part of the head it covers
CHANNELS = 6  # of the atlas: height, its slopes along u and v, dark, red, beard


class Surface(NamedTuple):
    """What a line of sight meets; every tensor (N, H, W)."""

    u: Tensor  # where it is seen from the front; on the back of the head further out
    v: Tensor
    normal: tuple[Tensor, Tensor, Tensor]  # unit length, in the head's own directions
    inside: Tensor  # signed distance to the outline, positive on the head


class Profile(NamedTuple):
    """Squared half axes of the cross-section at height v, and their slopes along v."""

    width: Tensor
    width_slope: Tensor
    depth: Tensor
    depth_slope: Tensor


def profile(p: dict[str, Tensor], v: Tensor) -> Profile:
    """The cross-section at height v; squares go below 0 above the skull and below the chin."""
    up = (v * p["neg_per_crown"]).clamp_(min=0)
    down = (v * p["per_chin"]).clamp_(0, 1.3)  # below the chin the quartic would rise again
    up2, down2 = up * up, down * down
    down4 = down2 * down2
    width = p["width2"] * (1 - up2 * (0.45 + 0.55 * up2) - down2 * (p["jaw2"] + p["jaw4"] * down2))
    depth = p["depth2"] * (1 - up2 * (0.3 + 0.7 * up2) - down4 * (0.12 + 0.88 * down4))
    per_crown, per_chin = p["neg_per_crown"], p["per_chin"]
    width_slope = p["width2"] * (
        -per_crown * up * (0.9 + 2.2 * up2)
        - per_chin * down * (2 * p["jaw2"] + 4 * p["jaw4"] * down2)
    )
    depth_slope = p["depth2"] * (
        -per_crown * up * (0.6 + 2.8 * up2) - per_chin * down * down2 * (0.48 + 7.04 * down4)
    )
    return Profile(width, width_slope, depth, depth_slope)


def _meet(p: dict[str, Tensor], x: Tensor, at: Profile) -> tuple[Tensor, Tensor, Tensor]:
    """Where the line of sight x meets the cross-section: depth, and the squares used."""
    cos, sin = p["cos_yaw"], p["sin_yaw"]
    width, depth = at.width.clamp(min=1e-3), at.depth.clamp(min=1e-3)
    outline = p["sin2"] * depth + p["cos2"] * width
    root = (width * depth * (outline - x * x).clamp_(min=0)).sqrt_()
    return (x * (sin * cos) * (depth - width) + root) / outline, width, depth


def find(p: dict[str, Tensor], x: Tensor, y: Tensor, rough: Tensor) -> Surface:
    """The surface seen at (x, y), given `rough` (N, 2, H, W): height of the relief and depth."""
    relief, depth = rough.unbind(1)
    cos, sin = p["cos_yaw"], p["sin_yaw"]
    v = (y + p["sin_pitch"] * (depth + cos * relief)) * p["per_cos_pitch"]
    at = profile(p, v)
    x_base = x - sin * relief
    depth, width2, depth2 = _meet(p, x_base, at)
    u = cos * x_base - sin * depth
    z = sin * x_base + cos * depth
    nu, nz = u / width2, z / depth2
    nv = -0.5 * (nu * nu * at.width_slope + nz * nz * at.depth_slope)
    outline2 = p["sin2"] * at.depth + p["cos2"] * at.width
    slope = p["sin2"] * at.depth_slope + p["cos2"] * at.width_slope
    # First-order distance to the curve x^2 = outline2(v).
    inside = (outline2 - x * x) * (4 * x * x + slope * slope + 1e-4).rsqrt()
    # Behind the ears u would run back to the middle; go on around the head instead.
    around = torch.where(z < 0, 2 * torch.sign(u) * width2.sqrt() - u, u)
    return Surface(around, v, (nu, nv, nz), inside)


def rough_depth(p: dict[str, Tensor], atlas: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Height of the relief and depth of what is seen at (x, y), (N, 2, H, W), in three steps."""
    cos, sin, sin_pitch = p["cos_yaw"], p["sin_yaw"], p["sin_pitch"]
    per_cos = p["per_cos_pitch"]
    depth = 0.85 * p["depth"]
    relief = torch.zeros_like(x)
    for _ in range(3):
        v = (y + sin_pitch * (depth + cos * relief)) * per_cos
        x_base = x - sin * relief
        depth, _, _ = _meet(p, x_base, profile(p, v))
        relief = look_up(atlas[:, :1], cos * x_base - sin * depth, v)[:, 0]
    return torch.stack([relief, depth], 1)


def look_up(atlas: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """The atlas (N, C, ATLAS, ATLAS) at points of the head (N, H, W) -> (N, C, H, W)."""
    middle, half = (RELIEF_TOP + RELIEF_BOTTOM) / 2, (RELIEF_BOTTOM - RELIEF_TOP) / 2
    grid = torch.stack([u * (1 / RELIEF_U), v * (1 / half) - middle / half], -1)
    return sample(atlas, grid)


def atlas(bumps: Tensor) -> Tensor:
    """The relief and the soft marks of every face (N, CHANNELS, ATLAS, ATLAS).

    Every bump is a product of two bell curves, so that all of them together are one product of
    matrices; a bump off the middle stands on both sides.

    Args:
        bumps: (N, 9, K): place u, v, widths in u, v, height, dark, red, beard, and 1 if paired.
    """
    place_u, place_v, wide_u, wide_v, height, dark, red, beard, pair = bumps.unsqueeze(2).unbind(1)
    u = torch.linspace(-RELIEF_U, RELIEF_U, ATLAS, device=bumps.device)[:, None]
    v = torch.linspace(RELIEF_TOP, RELIEF_BOTTOM, ATLAS, device=bumps.device)[:, None]
    per_u, per_v = 1 / (wide_u * wide_u), 1 / (wide_v * wide_v)
    right, left = u - place_u, u + place_u
    right_bell = bell(per_u * right * right)
    left_bell = bell(per_u * left * left) * pair
    across = right_bell + left_bell
    across_slope = -per_u * (right * right_bell + left * left_bell)
    off = v - place_v
    along = bell(per_v * off * off)
    rows = torch.cat(
        [along * height, -per_v * off * along * height, along * dark, along * red, along * beard], 1
    )
    n = len(bumps)
    maps = torch.bmm(rows, across.mT).view(n, CHANNELS - 1, ATLAS, ATLAS)
    slope_u = torch.bmm(along * height, across_slope.mT)[:, None]
    return torch.cat([maps[:, :1], slope_u, maps[:, 1:]], 1)


def bell(square: Tensor) -> Tensor:
    """exp(-square / 2), not below 1e-13: a CPU takes far longer for denormal numbers."""
    return (-0.5 * square).clamp(min=-30).exp()


def upsample(rough: Tensor, size: int) -> Tensor:
    return interpolate(rough, (size, size), mode="bilinear", align_corners=False)
