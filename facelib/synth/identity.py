"""Who is seen: the numbers that stay the same in every photograph of a person.

The face is MakeHuman's; the first factors are its parameters. Lengths are in units of
11 cm, half the height of a head; the eyes' line is at height 0 and down is positive. Numbers
without a unit run from 0 (none, little) to 1 (much), or from -1 to 1.
"""

import math

import torch
from torch import Tensor

from facelib.synth.factors import Choice, Factor, Factors, draw
from facelib.synth.mesh import names

SPREAD = 0.42  # standard deviation of the mesh's parameters
# Where photographs' average lies, if not at 0: shorter noses, wider mouths, fuller faces.
AVERAGE = {"nose_trans": 0.7, "nose_scale_vert": -0.6, "nose_point": 0.4, "mouth_scale_horiz": 0.6,
           "head_fat": 0.3, "cheek_volume": 0.3}  # fmt: skip
IDENTITY = {
    **{
        name: Factor(-1.0, 1.0, f"MakeHuman's {name}, {AVERAGE.get(name, 0):g} on average")
        for name in names("shape")
    },
    # The head.
    "african": Factor(0.0, 1.0, "share of African heads in the shape"),
    "asian": Factor(0.0, 1.0, "share of Asian heads in what is left; the others are European"),
    "masculine": Factor(0.0, 1.0, "share of men's heads; draws brows, hair and beard along"),
    "crooked": Factor(0.0, 1.0, "in which way the two sides differ, once around a circle"),
    "neck": Factor(0.34, 0.50, "half the width of the neck"),
    # Eyes, brows and mouth.
    "bag_dark": Factor(0.0, 1.0, "dark bags under the eyes"),
    "socket": Factor(0.0, 1.0, "shade in the sockets"),
    "iris": Factor(0.0, 1.0, "colour of the iris: brown, hazel, green, blue, grey"),
    "lash": Factor(0.2, 1.0, "how dark the lashes are"),
    "brow_y": Factor(0.135, 0.205, "from the eyes up to the brows"),
    "brow_x": Factor(0.24, 0.31, "middle of a brow"),
    "brow_width": Factor(0.14, 0.23, "half the length of a brow"),
    "brow_thick": Factor(0.016, 0.055, "half the thickness of a brow"),
    "brow_arch": Factor(-0.5, 2.8, "curvature of the brows"),
    "brow_tilt": Factor(-0.22, 0.28, "slope of the brows, outer end up"),
    "brow_taper": Factor(0.1, 0.9, "how much thinner the outer end is"),
    "brow_dark": Factor(0.5, 1.0, "density of the brows"),
    "crooked_brow": Factor(-1.0, 1.0, "which brow is higher"),
    "nostril": Factor(0.0, 1.0, "how dark the nostrils are"),
    "lip_dark": Factor(0.15, 1.0, "contrast of the lips with the skin"),
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
    "hairline": Factor(-0.80, -0.50, "height of the hairline"),
    "hair_curve": Factor(-0.9, 1.3, "curvature of the hairline, sides up or down"),
    "hair_part": Factor(-0.45, 0.45, "where the hair is parted"),
    "fringe": Factor(0.2, 1.0, "hair falling over the forehead", 0.3),
    "hair_volume": Factor(0.02, 0.18, "thickness of the hair"),
    "curl": Factor(0.0, 1.0, "from smooth to frizzy"),
    "beard": Factor(0.15, 1.0, "density of the beard", 0.25),
    "beard_shape": Factor(0.0, 1.0, "from a goatee to the whole jaw"),
    "moustache": Factor(0.2, 1.0, "density of the moustache", 0.3),
    "glasses": Factor(0.5, 1.0, "owns glasses, as dark and thick as this", 0.28),
    "glasses_width": Factor(0.17, 0.22, "half the width of a lens"),
    "glasses_shape": Factor(0.0, 1.0, "from low and angular to high and round"),
}


def identities(people: int, seed: int | torch.Generator = 0, **choices: Choice) -> Factors:
    """People who don't exist: `people` rows of the factors in IDENTITY.

    `identities(100, skin=(0.0, 0.3), age=0.9)`; arguments and errors as in `factors.draw`.
    """
    return draw(IDENTITY, people, seed, choices, _couple)


def skin_group(people: Factors, groups: int = 4) -> Tensor:
    """int64 (N,): 0 for the darkest of `groups` equal ranges of skin reflectance, and so on."""
    return (people["skin"] * groups).long().clamp(0, groups - 1)


# Shares of their ranges by which a man's features lie higher and a woman's lower.
PULLS = {"brow_thick": 0.3, "brow_arch": -0.25, "lash": -0.3, "lip_dark": -0.3, "neck": 0.5}


def _couple(p: dict[str, Tensor]) -> None:
    """Make some factors depend on others, as they do in people: independent ones look odd."""
    p["skin"] = p["skin"] ** 0.8
    for name in names("shape"):  # most people are near the middle: bell curves, not evenly spread
        spread = SPREAD * (0.55 if name.startswith(("head", "forehead")) else
                           0.7 if name.startswith(("chin", "cheek")) else 1.0)  # fmt: skip
        off = spread * math.sqrt(2) * torch.erfinv(0.999 * p[name])
        p[name] = (AVERAGE.get(name, 0.0) + off).clamp(-1, 1)
    p["bag_dark"] = p["bag_dark"] * (0.3 + 0.7 * p["age"])
    _follow(p)
    p["african"] = torch.sigmoid(9 * (p["african"] - 0.35 - 0.6 * p["skin"]))
    p["asian"] = torch.sigmoid(9 * (p["asian"] - 0.65))
    p["masculine"] = torch.sigmoid(12 * (p["masculine"] - 0.5))


def _follow(p: dict[str, Tensor]) -> None:
    """Features drawn along with sex; colours, hair and beard that fit age, skin and sex."""
    man, age, skin = p["masculine"], p["age"], p["skin"]
    strong = ((man - 0.5) * 4).clamp(-1, 1)  # most people are clearly one or the other
    for name, pull in PULLS.items():
        low, high = IDENTITY[name][:2]
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
    low, high = IDENTITY["hairline"][:2]
    p["hairline"] = torch.where(
        man > 0.5, p["hairline"] - 0.1 * age * p["hair_curve"].clamp(0, 1), p["hairline"]
    ).clamp(low, high)
    for name in ("beard", "moustache"):
        p[name] = torch.where(man > 0.5, p[name], 0.0)
