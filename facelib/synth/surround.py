"""What is seen around the face: ears, neck, hair behind, clothes, background; and the block."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from facelib.synth import noise
from facelib.synth.canvas import Canvas, Numbers, edge, wave


def paint_block(canvas: Canvas, p: Numbers, x: Tensor, y: Tensor, size: int) -> None:
    """A square in front of everything; x and y run over the image from -1 to 1."""
    inside = p["block"] - torch.maximum((x - p["block_x"]).abs(), (y - p["block_y"]).abs())
    canvas.put("block", edge(inside, 0.5 * size) * (p["block"] > 0), 1.0)


class Ear(NamedTuple):
    """cover, light: tensors (N, H, W). near: (N, 1, 1), 1 for an ear turned to the camera."""

    cover: Tensor
    light: Tensor
    near: Tensor


def ears(p: Numbers, x: Tensor, y: Tensor) -> list[Ear]:
    """The left and the right one: ellipses, wider the more the head shows that side."""
    found = []
    for name in ("left", "right"):
        across = (x - p[f"{name}_ear_x"]) * p[f"{name}_ear_per_x"]
        down = (y - p["ear_y"]) * p["ear_per_y"]
        radius = (across * across + down * down + 1e-4).sqrt()
        cover = edge((1 - radius) * 0.08, p["sharp"]) * p[f"{name}_ear_seen"]
        light = p[f"{name}_ear_light"] * (0.62 + 0.38 * (radius * 1.3).clamp(max=1))
        found.append(Ear(cover, light, p[f"{name}_ear_near"]))
    return found


def put_ear(canvas: Canvas, cover: Tensor, light: Tensor) -> None:
    canvas.add("red", 0.12 * canvas.left * cover * light)
    canvas.put("skin", cover, light)


def paint_surround(
    canvas: Canvas,
    p: Numbers,
    x: Tensor,
    y: Tensor,
    both_ears: list[Ear],
    table: Tensor,
    strand: Tensor,
) -> None:
    """Everything that the head leaves free, from front to back."""
    for cover, light, _ in both_ears:
        put_ear(canvas, cover, light)
    paint_body(canvas, p, x, y, clothed(p, x, y), strand)
    _paint_background(canvas, p, x, y, table)


def paint_body(
    canvas: Canvas, p: Numbers, x: Tensor, y: Tensor, cloth: Tensor, strand: Tensor
) -> None:
    """Short hair in front of the neck, the neck, long hair over it; clothes where `clothed`."""
    cover, light = _hair_behind(p, x, y, strand)
    canvas.put("hair", cover * p["ears_seen"], light)
    _paint_neck(canvas, p, x, y, 1 - cloth)
    canvas.put("hair", cover, light)
    light = p["fill"] + p["key"] * (0.35 * x * p["light_x"] + p["cloth_front"]).clamp(min=0)
    canvas.put("stripe", cloth * (4 * wave(2.2 * x + 0.5 * y)).clamp(0, 1) * p["striped"], light)
    canvas.put("cloth", cloth, light)


def _hair_behind(p: Numbers, x: Tensor, y: Tensor, strand: Tensor) -> tuple[Tensor, Tensor]:
    """A shell around the head, from the top down to the hair's length."""
    half = p["shell_x"] + p["shell_flare"] * y.clamp(min=0)
    across, up = x / half, y * p["per_shell_y"]
    up2 = up * up
    # First-order distance to the curve across^2 + (up^2 + up^4) / 2 = 1.
    slope = (across / half).square() + (up * (0.5 + up2) * p["per_shell_y"]).square()
    top = (1 - across * across - up2 * (0.5 + 0.5 * up2)) * 0.5 * (slope + 1e-3).rsqrt()
    bottom = torch.minimum(half - x.abs(), 3 * (p["shell_end"] - y))
    inside = torch.where(y < 0, top, bottom) + 0.8 * p["rough_edge"] * strand
    cover = edge(inside, 0.7 * p["sharp"]) * p["shell_on"]
    toward = 0.5 * across * p["light_x"] + 0.4 * up * p["light_y"] + 0.45
    light = p["fill"] + p["key"] * toward.clamp(min=0)
    return cover, light * (0.75 + 0.22 * strand).clamp(min=0.3)


def _paint_neck(canvas: Canvas, p: Numbers, x: Tensor, y: Tensor, free: Tensor) -> None:
    """An upright cylinder in the shadow of the chin, wider where the shoulders begin."""
    across = (x - p["neck_x"]) / p["neck"]
    front = (1 - across * across).clamp(min=0).sqrt()
    light = p["fill"] + p["key"] * (across * p["light_x"] + front * p["light_z"] + 0.1).clamp(min=0)
    shadow = (0.5 + (y - p["chin_y"]) * 1.6).clamp(0.4, 1)
    inside = (1 - across.abs()) * p["neck"] + 0.6 * (y - 1.05).clamp(min=0)
    canvas.put("skin", edge(inside, p["sharp"]) * edge(y - 0.45, 6) * free, light * shadow)


def clothed(p: Numbers, x: Tensor, y: Tensor) -> Tensor:
    """Below the shoulders and outside the neckline."""
    shoulders, neckline = 1.16 + 0.24 * x * x, p["neckline"] - 0.9 * x.abs()
    return edge(y - torch.maximum(shoulders, neckline), p["sharp"])


def _paint_background(canvas: Canvas, p: Numbers, x: Tensor, y: Tensor, table: Tensor) -> None:
    place = p["back_place"]
    clutter = noise.cut(table[:, :1], 0.55 * x, 0.55 * y, place, 1 - place)[:, 0]
    slope = p["slope_x"] * x + p["slope_y"] * y
    canvas.put("clutter", (0.5 + 0.8 * clutter + slope).clamp(0, 1) * p["back_clutter"], 1.0)
    canvas.put("back", torch.ones_like(x), (0.9 + slope).clamp(min=0.1))
