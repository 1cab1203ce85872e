"""What follows from the factors: every number the painter uses, computed once for each face.

The painter works on thousands of pixels a face; whatever is the same for all of them is done here.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from facelib.synth.factors import Factors

FRAME = 1.12  # half the side of the image in units of the head at scale 1
CENTRE = 0.08  # what is in its middle, below the eyes
FOLLOW = 0.7  # share of the face's swing at a turn that whoever cuts out the image makes good
FRONT = 0.8  # from the axis of the head to the face, for that swing

Columns = dict[str, Tensor]  # (N,) each


def scalars(person: Factors, photo: Factors, size: int) -> Columns:
    """Every number the painter uses, (N,) each: the factors of the person, and what follows."""
    i, n = (dict(zip(f.table, f.values.unbind(1), strict=True)) for f in (person, photo))
    p = dict(i)
    for part in (_pose, _light, _head, _eyes, _mouth, _skin, _hair, _around, _camera):
        p.update(part(i, n))
    p["sharp"] = size / (2 * FRAME) * n["scale"]  # pixels to a unit of length
    p["hair_soft"] = (0.5 * p["sharp"]).clamp(max=12)
    p["blur"] = n["blur"].clamp(min=0.05) * (size / 64)
    return p


def _pose(i: Columns, n: Columns) -> Columns:
    cos, sin, cos_pitch, sin_pitch = _turns(n)
    roll = n["roll"] * (math.pi / 180)
    unit = FRAME / n["scale"]
    return {
        "cos_yaw": cos, "sin_yaw": sin, "cos2": cos * cos, "sin2": sin * sin,
        "sin_pitch": sin_pitch, "per_cos_pitch": 1 / cos_pitch,
        "xx": unit * roll.cos(), "xy": unit * roll.sin(),
        "x0": FOLLOW * FRONT * sin, "y0": CENTRE - FOLLOW * FRONT * sin_pitch,
        "shift_x": n["shift_x"], "shift_y": n["shift_y"],
    }  # fmt: skip


def _light(i: Columns, n: Columns) -> Columns:
    """Where the light is, half way between it and the camera, and up, as the head sees it."""
    azimuth, elevation = (n[name] * (math.pi / 180) for name in ("azimuth", "elevation"))
    x, y, z = azimuth.sin() * elevation.cos(), -elevation.sin(), azimuth.cos() * elevation.cos()
    length = (x * x + y * y + (z + 1) ** 2).sqrt().clamp(min=0.05)
    up = (torch.zeros_like(x), -torch.ones_like(x), torch.zeros_like(x))
    p = {
        "light_x": x, "light_y": y, "light_z": z, "ambient": n["ambient"],
        "key": 1.3 * (1 - n["ambient"]), "fill": 0.85 * n["ambient"],
    }  # fmt: skip
    directions = {"light": (x, y, z), "half": (x / length, y / length, (z + 1) / length), "sky": up}
    for name, direction in directions.items():
        p[f"{name}_u"], p[f"{name}_v"], p[f"{name}_w"] = _to_head(n, *direction)
    return p


def _turns(n: Columns) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    yaw, pitch = (n[name] * (math.pi / 180) for name in ("yaw", "pitch"))
    return yaw.cos(), yaw.sin(), pitch.cos(), pitch.sin()


def _to_head(n: Columns, x: Tensor, y: Tensor, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """A direction of the camera's (right, down, towards it) as one of the head's."""
    cos, sin, cos_pitch, sin_pitch = _turns(n)
    forward = cos_pitch * z - sin_pitch * y
    return cos * x - sin * forward, cos_pitch * y + sin_pitch * z, sin * x + cos * forward


def _head(i: Columns, n: Columns) -> Columns:
    jaw = i["jaw"]
    return {
        "width2": i["width"] ** 2, "depth2": i["depth"] ** 2,
        "jaw2": 1.45 - 0.95 * jaw, "jaw4": 0.95 * jaw - 0.45,
        "neg_per_crown": -1 / i["crown"], "per_chin": 1 / (i["chin"] + 0.05 * n["mouth_open"]),
    }  # fmt: skip


def _eyes(i: Columns, n: Columns) -> Columns:
    """Eyes, brows and glasses."""
    lid = 1.1 * (1 - n["blink"]) - 0.45 * n["blink"] + 0.12 * n["brow_raise"]
    wide = n["smile"].clamp(min=0)
    own = (i["glasses"] > 0).float()
    worn = torch.where(n["glasses"] == 0, own, n["glasses"].clamp(min=0))
    frown = 0.15 * (-n["brow_raise"]).clamp(min=0)
    height = i["glasses_width"] * (0.62 + 0.3 * i["glasses_shape"])
    return {
        "per_eye_width": 1 / i["eye_width"], "fold_of_lid": 0.35 * i["lid"],
        "lid_up": i["eye_height"] * lid * (1 - 0.12 * wide),
        "lid_low": i["eye_height"] * (0.6 - 0.25 * wide),
        "look_x": 0.03 * n["gaze_x"], "look_y": 0.008 + 0.015 * n["gaze_y"],
        "spark_x": 0.004 + 0.018 * (n["azimuth"] * (math.pi / 180)).sin(),
        "brow_now": i["eye_y"] - i["brow_y"] - 0.04 * n["brow_raise"], "frown": frown,
        "brow_slope": i["brow_tilt"] + frown, "per_brow_width": 1 / i["brow_width"],
        "brow_uneven": 0.012 * i["crooked_brow"],
        "per_lens_x": 1 / i["glasses_width"], "per_lens_y": 1 / height, "lens_y": i["eye_y"] + 0.03,
        # Glasses put on somebody who has none are of a middling kind.
        "frame": worn * (0.4 + 0.6 * torch.where(own > 0, i["glasses"], 0.75)), "glint": 0.2 * worn,
    }  # fmt: skip


def _mouth(i: Columns, n: Columns) -> Columns:
    smile, wide = n["smile"], n["smile"].clamp(min=0)
    half = i["mouth_width"] * (1 + 0.22 * smile)
    gap = 0.16 * n["mouth_open"]
    return {
        "mouth_y": i["nose_y"] + i["lip_gap"], "mouth_x": 0.02 * i["crooked_mouth"],
        "mouth_slope": 0.05 * i["crooked_mouth"], "mouth_half": half, "per_mouth_half": 1 / half,
        "curve_now": 0.055 * (i["mouth_curve"] + 1.1 * smile), "cupid_dip": 0.5 * i["cupid"],
        "gap": gap, "mouth_opens": (gap * 250).clamp(max=1), "teeth": (0.2 + wide).clamp(max=1),
        "lip_cover": 0.5 + 0.5 * i["lip_dark"], "wide": wide,
    }  # fmt: skip


def _skin(i: Columns, n: Columns) -> Columns:
    raised = n["brow_raise"].clamp(min=0)
    return {
        "hole_x": 0.55 * i["nose_width"], "hole_y": i["nose_y"] - 0.012,
        "hole_dark": 0.8 * i["nostril"], "fleck_dark": 0.3 * i["freckles"],
        "fold": 0.12 + 0.65 * i["age"] + 0.3 * n["smile"].clamp(min=0),
        "furrow": 0.5 * (0.25 * raised + 0.8 * (i["age"] - 0.4).clamp(min=0)),
        "patchy": 0.045 * i["mottle"], "spotty": 0.035 * i["mottle"],
        "coarse": 0.015 + 0.045 * i["age"],
        "gloss": 1.3 * (1 - n["ambient"]) * (0.04 + 0.14 * i["shine"]),
    }  # fmt: skip


def _hair(i: Columns, n: Columns) -> Columns:
    cover, length, day = i["hair_cover"], i["hair_length"], n["hair_day"]
    full = ((cover - 0.15) * 5).clamp(0, 1)  # 0 bald, 1 hair on the whole skull
    volume = (i["hair_volume"] + 0.22 * i["curl"] ** 3 + 0.02 * day).clamp(min=0.01) * full
    long = ((length - 0.35) * 4).clamp(0, 1)
    cos, sin, _, _ = _turns(n)
    outline = (sin**2 * i["depth"] ** 2 + cos**2 * i["width"] ** 2).sqrt()
    hairline = i["hairline"] - 0.9 * (1 - full) + 0.35 * i["fringe"] * full
    return {
        "hair_full": full.clamp(min=0.25) * (0.4 + 4 * cover).clamp(max=1),
        # A fringe ends above the brows.
        "hairline_now": torch.minimum(hairline, i["eye_y"] - i["brow_y"] - 0.05),
        "hair_bend": i["hair_curve"] * (1 - 0.8 * i["fringe"]),
        "part_now": i["hair_part"] + 0.04 * day,
        "side": i["width"] * (0.93 - 0.10 * full - 0.06 * long + 0.02 * day),
        "side_end": 0.25 * length + long - 0.02,
        "shell_x": outline + volume * (0.5 + 0.7 * long), "shell_on": (full > 0).float(),
        "per_shell_y": 1 / (i["crown"] + volume), "shell_flare": 0.12 * long,
        "shell_end": 0.08 + 0.35 * length + 0.9 * long + 0.03 * day,
        "ears_seen": 1 - long, "rough_edge": 0.008 + 0.025 * i["curl"],
    }  # fmt: skip


def _around(i: Columns, n: Columns) -> Columns:
    """Ears, neck, clothes, background, and what is in front of the face."""
    cos, sin, cos_pitch, sin_pitch = _turns(n)
    x, z = (n["azimuth"] * (math.pi / 180)).sin(), (n["azimuth"] * (math.pi / 180)).cos()
    key, fill = 1.3 * (1 - n["ambient"]), 0.85 * n["ambient"]
    high = (n["elevation"] * (math.pi / 180)).cos()
    long = ((i["hair_length"] - 0.35) * 4).clamp(0, 1)
    p = {
        "neck_x": -0.18 * sin, "chin_y": i["chin"] * cos_pitch - 0.5 * sin_pitch,
        "neckline": 1.12 + 0.55 * n["collar"], "striped": (n["stripes"] > 0).float(),
        "cloth_front": 0.75 * z * high, "ear_y": 0.14 * cos_pitch,
        "ear_per_y": 1 / (0.2 * i["ear"]),
        "back_place": n["back_place"], "back_clutter": n["back_clutter"],
        "slope_x": 0.35 * n["back_slope_x"], "slope_y": 0.35 * n["back_slope_y"],
        "mask_top": 1.25 - n["mask"] * (1.4 - i["nose_y"]), "mask_on": (n["mask"] > 0).float(),
        "block": n["block"], "block_x": n["block_x"], "block_y": n["block_y"],
    }  # fmt: skip
    for name, side in (("left", -1), ("right", 1)):
        near = (-side * sin).clamp(min=0)
        p[f"{name}_ear_x"] = side * (i["width"] + 0.01 + i["ear_out"]) * cos - 0.12 * sin
        p[f"{name}_ear_per_x"] = 1 / ((0.08 + 0.1 * near) * i["ear"])
        p[f"{name}_ear_seen"] = (1 - 5 * (side * sin).clamp(min=0)).clamp(min=0) * (1 - long)
        p[f"{name}_ear_near"] = (5 * near).clamp(max=1)
        p[f"{name}_ear_light"] = fill + key * (0.5 + 0.4 * side * x * high).clamp(min=0.05)
    return p


def _camera(i: Columns, n: Columns) -> Columns:
    # Whoever takes the picture, or the camera itself, exposes for the face.
    stops = n["exposure"] + 0.6 * (0.6 - i["skin"])
    return {
        "gain": 2**stops, "contrast": n["contrast"], "dim": 0.35 * n["vignette"],
        "noise": n["noise"],
    }  # fmt: skip
