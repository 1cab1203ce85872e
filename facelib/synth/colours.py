"""The colours of a person and of what is around."""

import math

import torch
from torch import Tensor

from facelib.data.preprocess import LUMA
from facelib.synth.canvas import LAYERS
from facelib.synth.factors import Factors

# sRGB, from dark to light, brown to grey, black to blond.
SKIN = (
    (58, 38, 31),
    (104, 70, 52),
    (158, 112, 84),
    (206, 158, 128),
    (230, 188, 162),
    (246, 217, 199),
)
IRIS = ((38, 22, 14), (74, 48, 26), (78, 82, 44), (66, 98, 128), (98, 112, 122))
HAIR = ((16, 13, 13), (38, 26, 20), (74, 50, 34), (126, 94, 60), (196, 164, 112))
RED_HAIR, GREY_HAIR = (140, 66, 32), (186, 184, 182)


def colours(person: Factors, photo: Factors, channels: int) -> Tensor:
    """The colour of every layer, (N, channels, len(LAYERS)), in linear light.

    Linear in brightness only: hue and saturation stay those of sRGB, so that the tone curve can
    work on brightness, and a grey image is the brightness of the coloured one.
    """
    i, n = person, photo
    one = torch.ones_like(i["skin"])
    skin = _ramp(SKIN, i["skin"])
    under = i["undertone"][:, None]
    skin = skin * (1 + under * skin.new_tensor((0.02, -0.015, 0.05)))
    hair = _ramp(HAIR, i["hair"])
    hair = torch.lerp(hair, _rgb(skin, RED_HAIR), 0.8 * i["hair_red"][:, None])
    hair = torch.lerp(hair, _rgb(skin, GREY_HAIR), 0.85 * i["grey"][:, None])
    lip = skin * skin.new_tensor((0.88, 0.56, 0.55)) + skin.new_tensor((0.03, 0.0, 0.015))
    lip = torch.lerp(skin, lip, (0.5 + 0.5 * i["lip_dark"])[:, None])
    back = _tint(n["back_tone"], n["back_hue"], n["back_colour"])
    other = _tint((n["back_tone"] * 1.9 + 0.3) % 1, (n["back_hue"] + 0.3) % 1, n["back_colour"])
    cloth = _tint(n["cloth_tone"], n["cloth_hue"], 0.5 * one)
    stripe = _tint(1 - 0.8 * n["cloth_tone"], (n["cloth_hue"] + 0.4) % 1, 0.3 * one)
    thick = torch.where(i["glasses"] > 0, i["glasses"], 0.75)
    frame = torch.lerp(0.35 * one, 0.05 * one, thick)
    layers = {
        "white": _rgb(skin, (158, 152, 147)), "iris": _ramp(IRIS, i["iris"]),
        "dark": _rgb(skin, (30, 18, 16)), "lip": lip, "hair": hair, "skin": skin,
        "glare": torch.ones_like(skin),
        "frame": frame[:, None] * skin.new_tensor((1.0, 0.9, 0.8)),
        "mask": _tint(0.75 * one, 0.43 * one, 0.15 * one),
        "block": _rgb(skin, (96, 92, 88)), "cloth": cloth, "stripe": stripe, "back": back,
        "clutter": other,
    }  # fmt: skip
    layers = {name: _linear(rgb) for name, rgb in layers.items()}
    # Blood takes green and blue away: a difference, not a colour.
    layers["red"] = layers["skin"] * skin.new_tensor((0.1, -0.45, -0.38))
    light = 1 + n["warmth"][:, None] * skin.new_tensor((0.09, 0.0, -0.12))
    rgb = torch.stack([layers[name] * light for name in LAYERS], 2)
    return rgb if channels == 3 else (rgb.new_tensor(LUMA) @ rgb)[:, None]


def _rgb(like: Tensor, colour: tuple[int, int, int]) -> Tensor:
    return (like.new_tensor(colour) / 255).expand_as(like)


def _ramp(colours: tuple[tuple[int, int, int], ...], at: Tensor) -> Tensor:
    """Between neighbours of a row of colours: at in 0..1, (N,) -> (N, 3)."""
    row = at.new_tensor(colours) / 255
    place = at.clamp(0, 1) * (len(row) - 1)
    left = place.long().clamp(max=len(row) - 2)
    return torch.lerp(row[left], row[left + 1], (place - left)[:, None])


def _tint(tone: Tensor, hue: Tensor, saturation: Tensor) -> Tensor:
    angle = 2 * math.pi * (hue[:, None] + tone.new_tensor((0.0, 1 / 3, 2 / 3)))
    return (0.04 + 0.9 * tone)[:, None] * (1 + saturation[:, None] * angle.cos()).clamp(min=0)


def _linear(rgb: Tensor) -> Tensor:
    brightness = (rgb @ rgb.new_tensor(LUMA)).clamp(min=1e-3)
    return rgb * (brightness**1.2)[:, None]
