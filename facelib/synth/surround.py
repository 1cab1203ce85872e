"""What is seen around the face: hair behind, neck, clothes, hat, background; and the block."""

import torch
from torch import Tensor

from facelib.synth import noise
from facelib.synth.canvas import Canvas, Numbers, edge, wave


def paint_block(canvas: Canvas, p: Numbers, x: Tensor, y: Tensor, size: int) -> None:
    """A square in front of everything; x and y run over the image from -1 to 1."""
    inside = p["block"] - torch.maximum((x - p["block_x"]).abs(), (y - p["block_y"]).abs())
    canvas.put("block", edge(inside, 0.5 * size) * (p["block"] > 0), 1.0)


def paint_hat(canvas: Canvas, p: Numbers, x: Tensor, y: Tensor) -> None:
    """A dome above the brows with a brim, which shades the face."""
    bend = 0.16 * x * x
    above = p["hat_edge"] - y + bend
    dome = torch.minimum(above, 0.80 - 0.12 * above.clamp(min=0) - (x - 0.4 * p["neck_x"]).abs())
    brim = torch.minimum(above + p["brim"], 0.9 - 0.1 * above - x.abs()) - 0.02
    canvas.put("cloth", edge(brim, p["sharp"]) * edge(0.02 - above, p["sharp"]) * p["hat"], 0.5)
    canvas.put("cloth", edge(dome, p["sharp"]) * p["hat"], 0.75 + 0.35 * x * p["light_x"])
    shade = p["hat"] * (1 + 2.5 * (above + p["brim"])).clamp(0, 1) * p["brim"] * 3
    canvas.put("dark", shade.clamp(0, 0.75) * edge(0.6 - x.abs(), 5), 0.3)


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


def paint_background(canvas: Canvas, p: Numbers, x: Tensor, y: Tensor, table: Tensor) -> None:
    place = p["back_place"]
    large, small = noise.cut(table[:, :2], 0.55 * x, 0.55 * y, place, 1 - place).unbind(1)
    slope = p["slope_x"] * x + p["slope_y"] * y
    things = (0.5 + 0.8 * large + 0.3 * small + slope).clamp(0, 1)
    canvas.put("clutter", things * p["back_clutter"], 1.0)
    canvas.put("back", torch.ones_like(x), (0.9 + slope).clamp(min=0.1))
