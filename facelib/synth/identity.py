"""Who is seen: the numbers that stay the same in every photograph of a person.

Lengths are in units of about 11 cm, half the height of a head; the eyes' line is at height 0 and
down is positive. Numbers without a unit run from 0 (none, little) to 1 (much), or from -1 to 1.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from facelib.synth.factors import Choice, Factor, Factors, Table, draw

IDENTITY = {
    # The head.
    "width": Factor(0.60, 0.73, "half the width of the head"),
    "crown": Factor(0.84, 0.98, "from the eyes up to the top of the skull"),
    "chin": Factor(0.90, 1.10, "from the eyes down to the chin"),
    "depth": Factor(0.76, 0.92, "from the axis of the head to its front"),
    "jaw": Factor(0.0, 1.0, "from pointed to square"),
    "masculine": Factor(0.0, 1.0, "draws jaw, brows, hair and beard along; not painted itself"),
    "cheekbone": Factor(0.0, 0.09, "height of the cheekbones"),
    "cheek": Factor(-0.07, 0.07, "from hollow to full"),
    "chin_bump": Factor(0.02, 0.13, "height of the chin"),
    "chin_cleft": Factor(0.0, 0.05, "depth of the dimple in the chin", 0.3),
    "forehead": Factor(-0.03, 0.06, "from flat to domed"),
    "ear": Factor(0.75, 1.25, "size of the ears, as a factor"),
    "ear_out": Factor(0.0, 0.06, "how far the ears stand out"),
    "neck": Factor(0.34, 0.50, "half the width of the neck"),
    # Eyes and brows.
    "eye_x": Factor(0.245, 0.315, "half the distance between the eyes"),
    "eye_y": Factor(-0.04, 0.05, "height of the eyes"),
    "eye_width": Factor(0.115, 0.158, "half the width of an eye"),
    "eye_height": Factor(0.046, 0.078, "half the height of an open eye"),
    "eye_tilt": Factor(-0.18, 0.28, "slope of the eyes, outer corner up"),
    "eye_depth": Factor(0.02, 0.13, "depth of the sockets"),
    "lid": Factor(0.0, 1.0, "how clear the fold of the upper lid is"),
    "eye_bag": Factor(0.0, 1.0, "dark bags under the eyes"),
    "iris": Factor(0.0, 1.0, "colour of the iris: brown, hazel, green, blue, grey"),
    "brow_y": Factor(0.135, 0.225, "from the eyes up to the brows"),
    "brow_x": Factor(0.24, 0.31, "middle of a brow"),
    "brow_width": Factor(0.14, 0.20, "half the length of a brow"),
    "brow_thick": Factor(0.014, 0.05, "half the thickness of a brow"),
    "brow_arch": Factor(-0.5, 2.8, "curvature of the brows"),
    "brow_tilt": Factor(-0.22, 0.28, "slope of the brows, outer end up"),
    "brow_dark": Factor(0.3, 1.0, "density of the brows"),
    "brow_ridge": Factor(0.0, 0.08, "height of the bone above the eyes"),
    # Nose and mouth.
    "nose_y": Factor(0.34, 0.50, "from the eyes down to the nostrils"),
    "nose_width": Factor(0.085, 0.16, "half the width of the nose at the nostrils"),
    "bridge": Factor(0.03, 0.14, "height of the nose between the eyes"),
    "bridge_width": Factor(0.045, 0.085, "half the width of the bridge"),
    "nose_tip": Factor(0.10, 0.24, "height of the tip of the nose"),
    "tip_width": Factor(0.055, 0.10, "half the width of the tip of the nose"),
    "hump": Factor(-0.03, 0.05, "from a hollow to a humped bridge"),
    "nostril": Factor(0.25, 1.0, "how much of the nostrils is seen"),
    "lip_gap": Factor(0.155, 0.25, "from the nostrils down to the mouth"),
    "mouth_width": Factor(0.16, 0.27, "half the width of the mouth"),
    "upper_lip": Factor(0.028, 0.085, "thickness of the upper lip"),
    "lower_lip": Factor(0.045, 0.11, "thickness of the lower lip"),
    "cupid": Factor(0.0, 0.8, "depth of the bow of the upper lip"),
    "mouth_curve": Factor(-0.5, 0.4, "from drooping to rising corners at rest"),
    "lip_dark": Factor(0.15, 1.0, "contrast of the lips with the skin"),
    "crooked_brow": Factor(-1.0, 1.0, "which brow is higher"),
    "crooked_mouth": Factor(-1.0, 1.0, "to which side the mouth is shifted and turned"),
    "crooked_nose": Factor(-1.0, 1.0, "to which side the nose leans"),
    # Skin.
    "skin": Factor(0.0, 1.0, "reflectance, from 0 the darkest to 1 the lightest"),
    "undertone": Factor(-1.0, 1.0, "from yellow to pink"),
    "flush": Factor(0.0, 1.0, "redness of cheeks and nose"),
    "mottle": Factor(0.0, 1.0, "unevenness of the skin"),
    "freckles": Factor(0.3, 1.0, "freckles", 0.2),
    "shine": Factor(0.0, 1.0, "how much the skin shines"),
    "age": Factor(0.0, 1.0, "wrinkles, folds, coarser skin, grey hair"),
    "skin_u": Factor(0.0, 1.0, "where the skin's pattern is cut from the noise, across"),
    "skin_v": Factor(0.0, 1.0, "the same, down"),
    "mole_u": Factor(-0.45, 0.45, "place of a mole, across"),
    "mole_v": Factor(-0.3, 0.8, "the same, down"),
    "mole": Factor(0.4, 1.0, "darkness of the mole", 0.45),
    # Hair.
    "hair": Factor(0.0, 1.0, "from black through brown to blond"),
    "hair_red": Factor(0.2, 1.0, "red in the hair", 0.2),
    "grey": Factor(0.0, 1.0, "share of grey hair"),
    "hair_cover": Factor(0.0, 1.0, "from bald and shaved (below 0.15) to full"),
    "hair_length": Factor(0.0, 1.0, "from short to below the shoulders"),
    "hairline": Factor(-0.68, -0.42, "height of the hairline"),
    "hair_curve": Factor(-0.9, 1.3, "curvature of the hairline, sides up or down"),
    "hair_part": Factor(-0.45, 0.45, "where the hair is parted"),
    "fringe": Factor(0.2, 1.0, "hair falling over the forehead", 0.35),
    "hair_volume": Factor(0.02, 0.16, "thickness of the hair"),
    "curl": Factor(0.0, 1.0, "from smooth to frizzy"),
    "beard": Factor(0.15, 1.0, "density of the beard", 0.4),
    "beard_shape": Factor(0.0, 1.0, "from a goatee to the whole jaw"),
    "moustache": Factor(0.2, 1.0, "density of the moustache", 0.45),
    "glasses": Factor(0.5, 1.0, "owns glasses, as dark and thick as this", 0.28),
    "glasses_width": Factor(0.17, 0.22, "half the width of a lens"),
    "glasses_shape": Factor(0.0, 1.0, "from low and angular to high and round"),
}


def identities(people: int, seed: int | torch.Generator = 0, **choices: Choice) -> Factors:
    """People who don't exist: `people` rows of the factors in IDENTITY.

    The first people are the same whatever their number. A factor given by name is a number, a
    tensor (people,) or a (low, high) to draw from: `identities(100, skin=(0.0, 0.3), age=0.9)`.

    Raises:
        ValueError: no people, no such factor, or a value out of its range.
    """
    return draw(IDENTITY, people, seed, choices, _couple)


def skin_group(people: Factors, groups: int = 4) -> Tensor:
    """int64 (N,): 0 for the darkest of `groups` equal ranges of skin reflectance, and so on."""
    return (people["skin"] * groups).long().clamp(0, groups - 1)


PULLS = {
    "jaw": 0.25, "brow_thick": 0.3, "brow_ridge": 0.35, "chin_bump": 0.2, "neck": 0.5,
    "upper_lip": -0.2, "lower_lip": -0.15, "lip_dark": -0.3, "eye_height": -0.2,
    "brow_arch": -0.25, "width": 0.15,
}  # fmt: skip


def _couple(p: dict[str, Tensor]) -> None:
    """Make some factors depend on others, as they do in people: independent ones look odd."""
    p["skin"] = p["skin"] ** 0.8
    p["eye_bag"] = p["eye_bag"] * (0.3 + 0.7 * p["age"])
    follow(p, IDENTITY, PULLS)


def follow(p: dict[str, Tensor], table: Table, pulls: Mapping[str, float]) -> None:
    """Features drawn along with sex; colours, hair and beard that fit age, skin and sex.

    pulls: shares of their ranges by which a man's features lie higher and a woman's lower.
    """
    man, age, skin = p["masculine"], p["age"], p["skin"]
    strong = ((man - 0.5) * 4).clamp(-1, 1)  # most people are clearly one or the other
    for name, pull in pulls.items():
        low, high = table[name][:2]
        p[name] = (p[name] + pull * strong * (high - low)).clamp(low, high)
    # Dark skin mostly goes with dark hair and eyes.
    p["hair"] = p["hair"] * (skin * 1.6 - 0.25).clamp(0.1, 1)
    p["iris"] = torch.where(skin > 0.55, p["iris"], p["iris"] * 0.3)
    p["hair_red"] = torch.where(skin > 0.6, p["hair_red"], 0.0)
    p["freckles"] = torch.where(skin > 0.5, p["freckles"], 0.0)
    p["curl"] = (p["curl"] + 0.5 * (0.35 - skin).clamp(min=0)).clamp(max=1)
    p["grey"] = p["grey"] * ((age - 0.45) * 2.5).clamp(0, 1)
    # Few men wear long hair, hardly a woman is bald; a beard needs a man.
    p["hair_length"] = torch.where(
        man > 0.5, p["hair_length"] ** 4 * 0.6, 0.15 + 0.85 * p["hair_length"]
    )
    bald = p["hair_cover"] ** 0.6 * (1.3 - 0.5 * age)
    p["hair_cover"] = torch.where(man > 0.5, bald, 0.4 + p["hair_cover"]).clamp(0.0, 1.0)
    low, high = table["hairline"][:2]
    p["hairline"] = torch.where(
        man > 0.5, p["hairline"] - 0.1 * age * p["hair_curve"].clamp(0, 1), p["hairline"]
    ).clamp(low, high)
    for name in ("beard", "moustache"):
        p[name] = torch.where(man > 0.5, p[name], 0.0)
