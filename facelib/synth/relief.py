"""Soft marks on the skin: what is darker, redder or bearded, as bell curves on the head at rest."""

import torch
from torch import Tensor

from facelib.synth.noise import sample

# Of the mesh at rest: eyes, nostrils, mouth and chin.
EYE_U, NOSE_V, MOUTH_V, CHIN_V = 0.28, 0.44, 0.617, 1.03
CELLS, HALF_U, TOP, BOTTOM = 64, 0.75, -0.75, 1.15  # of the atlas, and the part it covers


def _marks(p: dict[str, Tensor]) -> list[tuple[Tensor | float, ...]]:
    """Of each: place u, v, widths in u, v, dark, red, beard, and 1 if it stands on both sides."""
    age, fold, folds_u = p["age"], p["fold"], 0.03 * p["wide"]
    flush, beard, moustache = 0.3 * p["flush"], p["beard"], p["moustache"]
    jaw, corner = beard * p["beard_shape"], 0.24 + folds_u
    # fmt: off
    return [
        (0, p["brow_now"] + 0.04, 0.06, 0.06, 0.4 * p["frown"], 0, 0, 0),
        (EYE_U - 0.02, 0.0, 0.13, 0.08, 0.12 + 0.3 * p["socket"], 0, 0, 1),
        (EYE_U - 0.13, 0.01, 0.05, 0.06, 0.2 * p["socket"], 0.03, 0, 1),
        (EYE_U - 0.02, 0.10, 0.09, 0.035, 0.2 * p["bag_dark"], 0.02, 0, 1),
        (0, NOSE_V - 0.08, 0.08, 0.075, -0.02, 0.5 * flush, 0, 0),
        (0.075, NOSE_V - 0.01, 0.035, 0.022, 0.25 + 0.5 * p["nostril"], 0, 0, 1),
        (0.36, 0.36, 0.15, 0.13, 0, flush, 0, 1),
        # moustache, chin, jaw, sideburns
        (0.10, 0.51, 0.09, 0.035, 0, 0, 1.2 * moustache, 1),
        (corner + 0.03, MOUTH_V + 0.06, 0.05, 0.1, 0, 0, moustache * beard, 1),
        (0, MOUTH_V + 0.165, 0.17, 0.045, 0.06, 0, 0.35 * beard, 0),
        (0, CHIN_V - 0.13, 0.16, 0.12, 0, 0, 1.1 * beard, 0),
        (0.22, CHIN_V - 0.12, 0.13, 0.13, 0, 0, 0.9 * jaw, 1),
        (0.42, 0.66, 0.13, 0.14, 0, 0, 0.9 * jaw, 1),
        (0.60, 0.35, 0.08, 0.26, 0, 0, 0.8 * jaw, 1),
        # folds from the nose past the mouth, in three steps; of the corners of the mouth
        (0.18, NOSE_V + 0.02, 0.035, 0.05, 0.15 * fold, 0, 0, 1),
        (0.22 + folds_u, NOSE_V + 0.09, 0.035, 0.05, 0.22 * fold, 0, 0, 1),
        (0.255 + folds_u, NOSE_V + 0.17, 0.035, 0.06, 0.16 * fold, 0, 0, 1),
        (corner, MOUTH_V + 0.13, 0.035, 0.08, 0.16 * age, 0, 0, 1),
        (p["mole_u"], p["mole_v"], 0.03, 0.03, 0.8 * p["mole"], 0, 0, 0),
    ]
    # fmt: on


def atlas(p: dict[str, Tensor]) -> Tensor:
    """dark, red, beard of every face, (N, 3, CELLS, CELLS): one product of matrices.

    Every mark is a product of two bell curves.
    """
    zero = torch.zeros_like(p["age"])
    marks = torch.stack([torch.stack([zero + x for x in row], 1) for row in _marks(p)], 2)
    place_u, place_v, wide_u, wide_v, *kinds, pair = marks.unsqueeze(2).unbind(1)
    u = torch.linspace(-HALF_U, HALF_U, CELLS, device=marks.device)[:, None]
    v = torch.linspace(TOP, BOTTOM, CELLS, device=marks.device)[:, None]
    right, left = (bell(((u - place) / wide_u).square()) for place in (place_u, -place_u))
    across = right + pair * left
    along = bell(((v - place_v) / wide_v).square())
    rows = torch.cat([along * kind for kind in kinds], 1)
    return torch.bmm(rows, across.mT).view(len(marks), len(kinds), CELLS, CELLS)


def look_up(atlas: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """The atlas at points of the head (N, H, W) -> (N, 3, H, W)."""
    middle, half = (TOP + BOTTOM) / 2, (BOTTOM - TOP) / 2
    return sample(atlas, torch.stack([u * (1 / HALF_U), v * (1 / half) - middle / half], -1))


def bell(square: Tensor) -> Tensor:
    """exp(-square / 2), not below 1e-13: a CPU takes far longer for denormal numbers."""
    return (-0.5 * square).clamp(min=-30).exp()
