"""The picture: which layer every pixel sees, and how much light comes from it.

A feature is a signed distance to a curve on the head at rest, positive inside. Both eyes and both
brows are painted at once, as functions of the distance from the middle of the face.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from facelib.synth import noise, surround
from facelib.synth.canvas import Canvas, Numbers, edge, line, wave
from facelib.synth.relief import EYE_U, look_up


class Spot(NamedTuple):
    """What the painter knows about every pixel on the head, tensors (N, H, W)."""

    u: Tensor  # right of the middle of the face
    v: Tensor  # below the eyes' line
    across: Tensor  # |u|
    side: Tensor  # sign of u
    light: Tensor  # that falls on it and comes back diffusely
    mirror: Tensor  # cosine of the angle to a mirror that would show the light
    lips: Tensor  # 1 on the lips,
    ears: Tensor  # the ears,
    eye: Tensor  # the eyeballs
    tooth: Tensor  # and the teeth
    sky: Tensor  # how open it lies
    dark: Tensor  # soft marks: hollows,
    red: Tensor  # blood,
    beard: Tensor  # and where it grows
    patch: Tensor  # noise of the size of a cheek,
    fleck: Tensor  # of freckles,
    grain: Tensor  # of pores,
    strand: Tensor  # and of strands of hair


def paint(p: Numbers, maps: Tensor, atlas: Tensor, colours: Tensor, table: Tensor) -> Tensor:
    """Light (N, C, H, W), linear in brightness, before it reaches the camera.

    maps: what `head.surface` found; atlas: of `relief`.
    """
    size = maps.shape[-1]
    x, y = screen(p, size)
    # Hair falls straight down in the image, on the head and beside it.
    strand = noise.cut(table[:, 3:], x - 0.5 * p["sin_yaw"], y, p["skin_u"], p["skin_v"])[:, 0]
    spot = _look_closer(p, atlas, maps, table[:, :3], strand)
    cloth = surround.clothed(p, x, y)
    cover = maps[:, -1] * (1 - cloth * edge(spot.v - 1.08, 12))
    canvas = Canvas(x)
    surround.paint_block(canvas, p, *grid(x, size), size)
    surround.paint_hat(canvas, p, x, y)
    rest = canvas.left
    on_head = rest * cover
    canvas.left = on_head
    _paint_hair(canvas, p, spot)
    _paint_mask(canvas, p, spot)
    _paint_glasses(canvas, p, spot)
    _paint_eyes(canvas, p, spot)
    _paint_brows(canvas, p, spot)
    _paint_mouth(canvas, p, spot)
    _paint_skin(canvas, p, spot)
    canvas.left = rest - on_head
    surround.paint_body(canvas, p, x, y, cloth, strand)
    surround.paint_background(canvas, p, x, y, table)
    return canvas.mixed(colours)


def grid(like: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Middles of the pixels, right and down, the image running from -1 to 1."""
    axis = (torch.arange(size, device=like.device) + 0.5) * (2 / size) - 1
    return axis.expand(1, size, size), axis[:, None].expand(1, size, size)


def screen(p: Numbers, size: int) -> tuple[Tensor, Tensor]:
    """Where the pixels' lines of sight pass the head: right of its axis and down, (N, H, W)."""
    x, y = grid(p["xx"], size)
    x, y = 0.5 * (x + 1) - p["left"], 0.5 * (y + 1) - p["top"]
    return p["xx"] * x + p["xy"] * y, p["xx"] * y - p["xy"] * x


def _look_closer(p: Numbers, atlas: Tensor, maps: Tensor, table: Tensor, strand: Tensor) -> Spot:
    u, v, lips, ears, sky, eye, tooth, right, down, toward, _ = maps.unbind(1)
    dark, red, beard = look_up(atlas, u, v).unbind(1)
    # Towards its sides the head turns away: what is wrapped around it must not stretch there.
    wrapped = u * (1 + 3.8 * u.square().square())
    texture = noise.cut(table, wrapped, v, p["skin_u"], p["skin_v"]).unbind(1)

    def facing(to: str) -> Tensor:
        """Cosine of the angle between the surface and a direction."""
        return right * p[f"{to}_x"] + down * p[f"{to}_y"] + toward * p[f"{to}_z"]

    # Light that enters skin comes out beside where it fell in: shadows have soft edges.
    direct = ((facing("light") + 0.15) * (1 / 1.15)).clamp(min=0)
    open_ = 1.15 * sky * (0.3 + 0.7 * sky)
    light = p["ambient"] * (0.8 - 0.25 * down) * open_ + p["key"] * direct * (0.35 + 0.65 * open_)
    mirror = facing("half").clamp(min=0.1)
    side = torch.sign(u)
    return Spot(u, v, u * side, side, light, mirror, lips, ears, eye, tooth, sky, dark, red, beard,
                *texture, strand)  # fmt: skip


def _paint_hair(canvas: Canvas, p: Numbers, at: Spot) -> None:
    """Hair on the skull: above the hairline and at the temples."""
    ragged = (0.4 * at.strand + at.fleck) * p["rough_edge"]
    off = at.u - p["part_now"]
    top = p["hairline_now"] + (p["hair_bend"] * off * off).clamp(min=-0.18) - at.v
    temple = torch.minimum(at.across - p["side"], 0.5 * (p["side_end"] - at.v))
    inside = torch.maximum(top + ragged, temple + 0.4 * ragged)
    cover = edge(inside, p["hair_soft"]) * p["hair_full"] * (1 - at.ears * p["ears_seen"])
    shine = 0.25 * (1 - ((at.v + 0.68) * 4).square()).clamp(min=0)
    canvas.put("hair", cover, at.light * (0.85 + 0.22 * at.strand + shine).clamp(min=0.3))


def _paint_mask(canvas: Canvas, p: Numbers, at: Spot) -> None:
    cover = edge(at.v - p["mask_top"] - 0.25 * at.across * at.across, p["sharp"])
    canvas.put("mask", cover * p["mask_on"], at.light * (1 + 0.05 * wave(8 * at.v)))


def _paint_glasses(canvas: Canvas, p: Numbers, at: Spot) -> None:
    """A lens ends where its coordinates' fourth powers sum to 1: a rounded rectangle."""
    off = at.across - EYE_U
    x2 = (off * p["per_lens_x"]).square()
    y2 = ((at.v - 0.03) * p["per_lens_y"]).square()
    lens = (x2 * x2 + y2 * y2 + 1e-6).sqrt().sqrt()
    ring = (1.35 - (lens - 1).abs() * p["glasses_width"] * 50).clamp(0, 1)
    arm = (1.3 - (at.v + 0.04).abs() * 50).clamp(0, 1) * (lens > 1)
    canvas.put("frame", torch.maximum(ring, arm) * p["frame"], 0.4 + 0.6 * at.light)
    streak = line(at.side * off + at.v - 0.1 * p["light_x"], 0.04)
    canvas.put("glare", streak * (lens < 0.9) * p["glint"], at.light)


def _paint_eyes(canvas: Canvas, p: Numbers, at: Spot) -> None:
    """Lashes on the rims of the lids; pupil, iris and white on the eyeballs."""
    off = at.across - EYE_U
    skin = (1 - at.eye) * edge(0.17 - off.abs(), 12)
    upper = line(at.v + 0.068 - 1.75 * off * off, 0.04) * skin
    lower = line(at.v - 0.068 + 1.45 * off * off, 0.025) * skin
    canvas.put("dark", (0.9 * upper + 0.35 * lower).clamp(max=1) * p["lash"], at.light)
    x, y = at.side * off - p["look_x"], at.v - p["look_y"]
    from_middle = (x * x + y * y + 1e-6).sqrt()
    x, y = x - p["spark_x"], y + 0.018
    spark = (1.1 - (x * x + y * y) * 8000).clamp(0, 1)
    canvas.put("glare", at.eye * spark, 0.2 + 0.4 * at.light)
    canvas.put("dark", at.eye * edge(0.022 - from_middle, p["sharp"]), at.light)
    rim = (1.5 - from_middle * 18).clamp(max=1)
    shadow = (0.55 + 8 * (at.v + 0.06)).clamp(0.4, 1)
    iris = at.eye * edge(0.052 - from_middle, p["sharp"])
    canvas.put("iris", iris, (0.1 + at.light) * rim * shadow)
    canvas.put("white", at.eye, at.light * shadow * (1 - 1.5 * off.abs()))


def _paint_brows(canvas: Canvas, p: Numbers, at: Spot) -> None:
    off = at.across - p["brow_x"]
    down = at.v - p["brow_now"] + p["brow_tilt"] * off - p["brow_arch"] * off * off
    down = down + at.side * p["brow_uneven"]
    reach = off * p["per_brow_width"]
    thick = p["brow_thick"] * (1.05 - p["brow_taper"] * reach - 0.5 * reach * reach).clamp(min=0.12)
    cover = edge(thick - down.abs() + 0.004 * at.strand, 0.8 * p["sharp"]) * edge(
        1 - reach.abs(), 4
    )
    canvas.put(
        "hair", cover * p["brow_dark"] * (0.8 + 0.15 * at.strand).clamp(0, 1), 0.55 * at.light
    )


def _paint_mouth(canvas: Canvas, p: Numbers, at: Spot) -> None:
    """Teeth, the hollow behind the lips, and lips with their shine."""
    canvas.put("white", at.tooth, 1.3 * at.light)
    canvas.put("dark", (1.6 - 10 * at.sky).clamp(0, 1) * (1 - at.eye), at.light)
    gloss = 0.2 * at.mirror.square().square().square()
    canvas.put("lip", at.lips * p["lip_cover"], at.light + gloss)


def _paint_skin(canvas: Canvas, p: Numbers, at: Spot) -> None:
    """Beard, and what is left: skin with its pattern, folds and shine."""
    grown = at.beard * (1 + 0.12 * at.grain) - 0.16
    canvas.put("hair", (grown * 2.6).clamp(0, 0.94), at.light * (0.9 + 0.15 * at.grain))
    middle = (1 - (at.u * 2.2).square()).clamp(min=0)
    furrow = wave(8.8 * at.v + 0.24 * at.patch).clamp(min=0) * middle
    furrow = furrow * p["furrow"] * edge(p["brow_now"] - 0.06 - at.v, 10)
    flecks = (at.fleck - 0.7).clamp(0, 1) * (1 - 2 * (at.v - 0.2).square()).clamp(min=0)
    flecks = p["fleck_dark"] * flecks
    tone = 1 + p["patchy"] * at.patch + p["spotty"] * at.fleck + p["coarse"] * at.grain
    tone = (tone - at.dark - furrow - flecks).clamp(min=0.1)
    skin = canvas.left * at.light * tone
    canvas.add("skin", skin)
    canvas.add("red", skin * (at.red + 1.3 * p["patchy"] * at.patch + 0.4 * flecks))
    # A wide and a narrow highlight: the skin and the film of oil on it (Phong 1975).
    wide = at.mirror.square().square()
    narrow = wide.square().square() * wide
    gleam = canvas.left * p["gloss"] * (0.18 * wide + 0.8 * narrow)
    canvas.add("glare", gleam * (1 - 2 * at.dark).clamp(0, 1))
