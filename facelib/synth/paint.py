"""The picture: which layer every pixel sees, and how much light comes from it.

A feature is a signed distance to a curve on the head, positive inside. Both eyes, both brows and
both nostrils are painted at once, as functions of the distance from the middle of the face.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from facelib.synth import head, noise
from facelib.synth.canvas import Canvas, Numbers, edge, line, wave
from facelib.synth.surround import ears, paint_block, paint_surround, put_ear


class Spot(NamedTuple):
    """What the painter knows about every pixel on the head, tensors (N, H, W)."""

    u: Tensor  # right of the middle of the face
    v: Tensor  # below the eyes' line
    across: Tensor  # |u|
    side: Tensor  # sign of u
    light: Tensor  # that falls on it and comes back diffusely
    mirror: Tensor  # cosine of the angle to a mirror that would show the light
    dark: Tensor  # soft marks of the relief: hollows,
    red: Tensor  # blood,
    beard: Tensor  # and where it grows
    patch: Tensor  # noise of the size of a cheek,
    fleck: Tensor  # of freckles,
    grain: Tensor  # of pores,
    strand: Tensor  # and of strands of hair


def paint(p: Numbers, bumps: Tensor, colours: Tensor, table: Tensor, size: int) -> Tensor:
    """Light (N, C, size, size), linear in brightness, before it reaches the camera."""
    relief = head.atlas(bumps)
    # Depth varies slowly: it is found at half the resolution, the outline at the full one.
    rough = head.rough_depth(p, relief, *screen(p, size // 2))
    x, y = screen(p, size)
    surface = head.find(p, x, y, head.upsample(rough, size))
    # Hair falls straight down in the image, on the head and beside it.
    strand = noise.cut(table[:, 3:], x - 0.5 * p["sin_yaw"], y, p["skin_u"], p["skin_v"])[:, 0]
    spot = _look_closer(p, relief, surface, table[:, :3], strand)
    canvas = Canvas(x)
    paint_block(canvas, p, *grid(x, size), size)
    both_ears = ears(p, x, y)
    for ear in both_ears:
        put_ear(canvas, ear.cover * ear.near, ear.light)
    rest = canvas.left
    on_head = rest * edge(surface.inside, p["sharp"])
    canvas.left = on_head
    _paint_hair(canvas, p, spot)
    paint_mask(canvas, p, spot)
    _paint_glasses(canvas, p, spot)
    crease = _paint_eyes(canvas, p, spot)
    _paint_brows(canvas, p, spot)
    _paint_mouth(canvas, p, spot)
    _paint_skin(canvas, p, spot, crease)
    canvas.left = rest - on_head
    paint_surround(canvas, p, x, y, both_ears, table, strand)
    return canvas.mixed(colours)


def grid(like: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Middles of the pixels, right and down, the image running from -1 to 1."""
    axis = (torch.arange(size, device=like.device) + 0.5) * (2 / size) - 1
    return axis.expand(1, size, size), axis[:, None].expand(1, size, size)


def screen(p: Numbers, size: int) -> tuple[Tensor, Tensor]:
    """Where the pixels' lines of sight pass the head: right of its axis and down, (N, H, W)."""
    x, y = grid(p["xx"], size)
    x, y = x - p["shift_x"], y - p["shift_y"]
    return p["xx"] * x + p["xy"] * y + p["x0"], p["xx"] * y - p["xy"] * x + p["y0"]


def _look_closer(
    p: Numbers, relief: Tensor, at: head.Surface, table: Tensor, strand: Tensor
) -> Spot:
    slope_u, slope_v, dark, red, beard = head.look_up(relief[:, 1:], at.u, at.v).unbind(1)
    # Towards its sides the head turns away: what is wrapped around it must not stretch there.
    wrapped = at.u * (1 + 0.8 * (at.u * at.u / p["width2"]).square())
    texture = noise.cut(table, wrapped, at.v, p["skin_u"], p["skin_v"]).unbind(1)
    nu, nv, nz = at.normal
    nu, nv = nu - nz * slope_u, nv - nz * slope_v
    per_length = (nu * nu + nv * nv + nz * nz).rsqrt()

    def facing(to: str) -> Tensor:
        """Cosine of the angle between the surface and a direction."""
        return (nu * p[f"{to}_u"] + nv * p[f"{to}_v"] + nz * p[f"{to}_w"]) * per_length

    # Light that enters skin comes out beside where it fell in: shadows have soft edges.
    direct = ((facing("light") + 0.2) * (1 / 1.2)).clamp(min=0)
    light = p["ambient"] * (0.85 + 0.2 * facing("sky")) + p["key"] * direct
    mirror = facing("half").clamp(min=0.1)
    side = torch.sign(at.u)
    return Spot(at.u, at.v, at.u * side, side, light, mirror, dark, red, beard, *texture, strand)


def _paint_hair(canvas: Canvas, p: Numbers, at: Spot) -> None:
    """Hair on the skull: above the hairline and at the temples."""
    ragged = (0.4 * at.strand + at.fleck) * p["rough_edge"]
    off = at.u - p["part_now"]
    top = p["hairline_now"] + (p["hair_bend"] * off * off).clamp(min=-0.18) - at.v
    temple = torch.minimum(at.across - p["side"], 0.5 * (p["side_end"] - at.v))
    inside = torch.maximum(top + ragged, temple + 0.4 * ragged)
    cover = edge(inside, p["hair_soft"]) * p["hair_full"]
    shine = 0.25 * (1 - ((at.v + 0.68) * 4).square()).clamp(min=0)
    canvas.put("hair", cover, at.light * (0.85 + 0.22 * at.strand + shine).clamp(min=0.3))


def paint_mask(canvas: Canvas, p: Numbers, at: Spot) -> None:
    cover = edge(at.v - p["mask_top"] - 0.25 * at.across * at.across, p["sharp"])
    canvas.put("mask", cover * p["mask_on"], at.light * (1 + 0.05 * wave(8 * at.v)))


def _paint_glasses(canvas: Canvas, p: Numbers, at: Spot) -> None:
    """A lens ends where its coordinates' fourth powers sum to 1: a rounded rectangle."""
    off = at.across - p["eye_x"]
    x2 = (off * p["per_lens_x"]).square()
    y2 = ((at.v - p["lens_y"]) * p["per_lens_y"]).square()
    lens = (x2 * x2 + y2 * y2 + 1e-6).sqrt().sqrt()
    ring = (1.35 - (lens - 1).abs() * p["glasses_width"] * 50).clamp(0, 1)
    arm = (1.3 - (at.v - p["lens_y"] + 0.07).abs() * 50).clamp(0, 1) * (lens > 1)
    canvas.put("frame", torch.maximum(ring, arm) * p["frame"], 0.4 + 0.6 * at.light)
    streak = line(at.side * off + at.v - p["eye_y"] - 0.1 * p["light_x"], 0.04)
    canvas.put("glare", streak * (lens < 0.9) * p["glint"], at.light)


def _paint_eyes(canvas: Canvas, p: Numbers, at: Spot) -> Tensor:
    """Lashes, pupil, iris and white between two arcs; returns the fold of the upper lid."""
    off = at.across - p["eye_x"]
    down = at.v - p["eye_y"] + p["eye_tilt"] * off
    bow = 1 - (off * p["per_eye_width"]).square()
    under_lid, over_lid = down + p["lid_up"] * bow, p["lid_low"] * bow - down
    opening = edge(torch.minimum(under_lid, over_lid), p["sharp"])
    near = bow > -0.15
    canvas.put("dark", (1.3 - under_lid.abs() * 55).clamp(0, 1) * near * 0.9, at.light)
    canvas.put("dark", (0.45 - over_lid.abs() * 40).clamp(min=0) * near, at.light)
    x, y = at.side * off - p["look_x"], down - p["look_y"]
    from_middle = (x * x + y * y + 1e-6).sqrt()
    x, y = x - p["spark_x"], y + 0.018
    canvas.put("glare", opening * (1.1 - (x * x + y * y) * 8000).clamp(0, 1), 0.3 + 0.7 * at.light)
    canvas.put("dark", opening * edge(0.024 - from_middle, p["sharp"]), at.light)
    shadow = (0.45 + under_lid * 10).clamp(max=1)
    rim = (1.5 - from_middle * 18).clamp(max=1)
    canvas.put(
        "iris", opening * edge(0.056 - from_middle, p["sharp"]), (0.1 + at.light) * rim * shadow
    )
    canvas.put("white", opening, at.light * shadow * (1 - 1.2 * off.abs()))
    return line(under_lid + 0.03 + 0.02 * bow, 0.025) * near * p["fold_of_lid"]


def _paint_brows(canvas: Canvas, p: Numbers, at: Spot) -> None:
    off = at.across - p["brow_x"]
    down = at.v - p["brow_now"] + p["brow_slope"] * off - p["brow_arch"] * off * off
    down = down + at.side * p["brow_uneven"]
    reach = off * p["per_brow_width"]
    thick = p["brow_thick"] * (1.05 - 0.45 * reach - 0.5 * reach * reach).clamp(min=0.12)
    cover = edge(thick - down.abs() + 0.004 * at.strand, 0.8 * p["sharp"]) * edge(
        1 - reach.abs(), 4
    )
    canvas.put(
        "hair", cover * p["brow_dark"] * (0.8 + 0.15 * at.strand).clamp(0, 1), 0.7 * at.light
    )


def _paint_mouth(canvas: Canvas, p: Numbers, at: Spot) -> None:
    off = at.u - p["mouth_x"]
    x2 = (off * p["per_mouth_half"]).square()
    bow = 1 - x2
    down = at.v - p["mouth_y"] + p["curve_now"] * x2 + p["mouth_slope"] * off
    gap = p["gap"] * bow
    above = down + 0.3 * gap
    dip = 1 - p["cupid_dip"] * (1 - x2 * 25).clamp(min=0)
    hollow = edge(torch.minimum(above, 0.7 * gap - down), p["sharp"]) * p["mouth_opens"]
    teeth = edge(0.18 * gap + 0.01 - down, p["sharp"]) * p["teeth"] * (1 - 0.5 * x2)
    canvas.put("white", hollow * teeth, 1.5 * at.light)
    canvas.put("dark", hollow, 0.5 + at.light)
    canvas.put("dark", 0.65 * line(above, 0.022) * edge(bow + 0.1, 8), at.light)
    upper = above + p["upper_lip"] * bow * dip
    lower = p["lower_lip"] * bow + 0.7 * gap - down
    gloss = 0.25 * at.mirror.square().square().square()
    canvas.put(
        "lip",
        edge(torch.minimum(upper, lower), 0.6 * p["sharp"]) * p["lip_cover"],
        at.light * (0.9 + 0.1 * (down * 40).clamp(-1, 1)) + gloss,
    )


def _paint_skin(canvas: Canvas, p: Numbers, at: Spot, crease: Tensor) -> None:
    """Nostrils, beard, and what is left: skin with its pattern, folds and shine."""
    across, down = (at.across - p["hole_x"]) * (1 / 0.035), (at.v - p["hole_y"]) * (1 / 0.022)
    hole = (1 - across.square() - down.square()).clamp(min=0)
    canvas.put("dark", p["hole_dark"] * hole, at.light)
    grown = at.beard * (1 + 0.12 * at.grain) - 0.16
    canvas.put("hair", (grown * 2.6).clamp(0, 0.94), at.light * (0.9 + 0.15 * at.grain))
    furrow = wave(8.8 * at.v + 0.24 * at.patch).clamp(min=0) * (1 - (at.u * 2.2).square()).clamp(
        min=0
    )
    furrow = furrow * p["furrow"] * edge(p["brow_now"] - 0.06 - at.v, 10)
    flecks = (at.fleck - 0.7).clamp(0, 1) * (1 - 2 * (at.v - 0.2).square()).clamp(min=0)
    flecks = p["fleck_dark"] * flecks
    tone = 1 + p["patchy"] * at.patch + p["spotty"] * at.fleck + p["coarse"] * at.grain
    tone = (tone - at.dark - crease - furrow - flecks).clamp(min=0.1)
    skin = canvas.left * at.light * tone
    canvas.add("skin", skin)
    canvas.add("red", skin * (at.red + 1.3 * p["patchy"] * at.patch + 0.4 * flecks))
    # A wide and a narrow highlight: the skin and the film of oil on it (Phong 1975).
    wide = at.mirror.square().square()
    narrow = wide.square().square() * wide
    gleam = canvas.left * p["gloss"] * (0.25 * wide + narrow)
    canvas.add("glare", gleam * (1 - 2 * at.dark).clamp(0, 1))
