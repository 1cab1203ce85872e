"""What follows from the factors: every number the painter uses, computed once for each face.

The painter works on thousands of pixels a face; whatever is the same for all of them is done here.
"""

import math

import torch
from torch import Tensor

from facelib.synth.factors import Factors
from facelib.synth.mesh import names

WIDTH, CROWN, DEPTH = 0.676, 1.10, 0.84  # half the width of the mesh's skull, its height, its depth

SHAPES = frozenset(names("shape"))
Columns = dict[str, Tensor]  # (N,) each


def scalars(person: Factors, photo: Factors, frame: Columns, size: int) -> Columns:
    """Every number the painter uses, (N,) each: the factors of the person, and what follows.

    frame: where `head.surface` has put the head.
    """
    i, n = (dict(zip(f.table, f.values.unbind(1), strict=True)) for f in (person, photo))
    p = {name: i[name] for name in i if name not in SHAPES} | frame
    for part in (_light, _eyes, _mouth, _skin, _hair, _around, _camera):
        p.update(part(i, n))
    p["sharp"] = size * frame["unit"]  # pixels to a unit of length
    p["hair_soft"] = (0.5 * p["sharp"]).clamp(max=12)
    p["blur"] = n["blur"].clamp(min=0.05) * (size / 64)
    return p


def _light(i: Columns, n: Columns) -> Columns:
    """Where the light is, and what is half way between it and the camera."""
    azimuth, elevation = (n[name] * (math.pi / 180) for name in ("azimuth", "elevation"))
    x, y, z = azimuth.sin() * elevation.cos(), -elevation.sin(), azimuth.cos() * elevation.cos()
    length = (x * x + y * y + (z + 1) ** 2).sqrt().clamp(min=0.05)
    return {
        "light_x": x, "light_y": y, "light_z": z, "ambient": n["ambient"],
        "key": 1.3 * (1 - n["ambient"]), "fill": 0.85 * n["ambient"],
        "half_x": x / length, "half_y": y / length, "half_z": (z + 1) / length,
    }  # fmt: skip


def _eyes(i: Columns, n: Columns) -> Columns:
    """Eyes, brows and glasses."""
    own = (i["glasses"] > 0).float()
    worn = torch.where(n["glasses"] == 0, own, n["glasses"].clamp(min=0))
    frown = 0.15 * (-n["brow_raise"]).clamp(min=0)
    height = i["glasses_width"] * (0.62 + 0.3 * i["glasses_shape"])
    return {
        "look_x": 0.03 * n["gaze_x"], "look_y": 0.008 + 0.015 * n["gaze_y"],
        "spark_x": 0.004 + 0.018 * (n["azimuth"] * (math.pi / 180)).sin(),
        "brow_now": -i["brow_y"], "frown": frown, "per_brow_width": 1 / i["brow_width"],
        "brow_uneven": 0.012 * i["crooked_brow"],
        "per_lens_x": 1 / i["glasses_width"], "per_lens_y": 1 / height,
        # Glasses put on somebody who has none are of a middling kind.
        "frame": worn * (0.4 + 0.6 * torch.where(own > 0, i["glasses"], 0.75)), "glint": 0.1 * worn,
    }  # fmt: skip


def _mouth(i: Columns, n: Columns) -> Columns:
    return {"lip_cover": 0.2 + 0.6 * i["lip_dark"], "wide": n["smile"].clamp(min=0)}


def _skin(i: Columns, n: Columns) -> Columns:
    raised = n["brow_raise"].clamp(min=0)
    return {
        "fleck_dark": 0.3 * i["freckles"],
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
    yaw = n["yaw"] * (math.pi / 180)
    outline = (yaw.sin() ** 2 * DEPTH**2 + yaw.cos() ** 2 * WIDTH**2).sqrt()
    hairline = i["hairline"] - 0.9 * (1 - full) + 0.35 * i["fringe"] * full
    return {
        "hair_full": full.clamp(min=0.25) * (0.4 + 4 * cover).clamp(max=1),
        # A fringe ends above the brows.
        "hairline_now": torch.minimum(hairline, -i["brow_y"] - 0.05),
        "hair_bend": i["hair_curve"] * (1 - 0.8 * i["fringe"]),
        "part_now": i["hair_part"] + 0.04 * day,
        "side": WIDTH * (0.93 - 0.10 * full - 0.06 * long + 0.02 * day),
        "side_end": 0.25 * length + long - 0.02,
        "shell_x": outline + volume * (0.5 + 0.7 * long), "shell_on": (full > 0).float(),
        "per_shell_y": 1 / (CROWN + volume), "shell_flare": 0.12 * long,
        "shell_end": 0.08 + 0.35 * length + 0.9 * long + 0.03 * day,
        "ears_seen": 1 - long, "rough_edge": 0.008 + 0.025 * i["curl"],
    }  # fmt: skip


def _around(i: Columns, n: Columns) -> Columns:
    """Ears, neck, clothes, background, and what is in front of the face."""
    sin = (n["yaw"] * (math.pi / 180)).sin()
    z = (n["azimuth"] * (math.pi / 180)).cos() * (n["elevation"] * (math.pi / 180)).cos()
    return {
        "neck_x": -0.18 * sin, "sin_yaw": sin, "neckline": 1.12 + 0.55 * n["collar"],
        "striped": (n["stripes"] > 0).float(), "cloth_front": 0.75 * z,
        "back_place": n["back_place"], "back_clutter": n["back_clutter"],
        "slope_x": 0.35 * n["back_slope_x"], "slope_y": 0.35 * n["back_slope_y"],
        "hat": (n["hat"] > 0).float(), "hat_edge": -n["hat_y"], "brim": 0.25 * n["hat"],
        "mask_top": 0.79 - 0.54 * n["mask"], "mask_on": (n["mask"] > 0).float(),
        "block": n["block"], "block_x": n["block_x"], "block_y": n["block_y"],
    }  # fmt: skip


def _camera(i: Columns, n: Columns) -> Columns:
    # Whoever takes the picture, or the camera itself, exposes for the face.
    stops = n["exposure"] - 1.5 * (0.27 + 1.17 * i["skin"]).log2()
    return {
        "gain": 2**stops, "contrast": n["contrast"], "dim": 0.35 * n["vignette"],
        "noise": n["noise"],
    }  # fmt: skip
