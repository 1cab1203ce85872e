"""The relief of a face: every bump and soft mark on the head, from brow ridge to chin."""

from __future__ import annotations

import torch
from torch import Tensor


def bumps(p: dict[str, Tensor]) -> Tensor:
    """The relief and the soft marks of every face, (N, 9, K), as `head.atlas` wants them."""
    zero = torch.zeros_like(p["width"])
    rows = [torch.stack([zero + value for value in row], 1) for row in _bump_rows(p)]
    return torch.stack(rows, 2)


def _bump_rows(p: dict[str, Tensor]) -> list[tuple[Tensor | float, ...]]:
    """(u, v, width u, width v, height, dark, red, beard, paired)"""
    eye_x, eye_y, nose, mouth = p["eye_x"], p["eye_y"], p["nose_y"], p["mouth_y"]
    brow, tip, wing, lean = p["brow_now"], p["tip_width"], p["nose_width"], 0.02 * p["crooked_nose"]
    chin, age, wide = p["chin"], p["age"], p["wide"]
    fold, folds_x = p["fold"], 0.03 * wide
    flush, beard, moustache = 0.3 * p["flush"], p["beard"], p["moustache"]
    jaw_beard = beard * p["beard_shape"]
    shade = 0.28 * (1 - p["ambient"])
    bridge = p["bridge"]
    # fmt: off
    return [
        # brow ridge, sockets, eyeballs, bags
        (0.22, brow + 0.03, 0.17, 0.055, p["brow_ridge"], 0, 0, 0, 1),
        (0, brow + 0.04, 0.06, 0.06, 0.4 * p["brow_ridge"] - 0.1 * p["frown"], 0.4 * p["frown"],
         0, 0, 0),
        (eye_x, eye_y - 0.01, 0.12, 0.085, -p["eye_depth"], 1.8 * p["eye_depth"], 0, 0, 1),
        (eye_x - 0.13, eye_y + 0.01, 0.05, 0.06, -0.02, 0.16, 0.03, 0, 1),
        (eye_x, eye_y, 0.09, 0.06, 0.05, 0, 0, 0, 1),
        (eye_x - 0.02, eye_y + 0.10, 0.09, 0.035, 0.012 * p["eye_bag"], 0.2 * p["eye_bag"],
         0.02, 0, 1),
        # nose: bridge, hump, tip, wings, the hollow beside it, its two shadows
        (0.3 * lean, eye_y + 0.02, p["bridge_width"], 0.10, bridge, 0, 0, 0, 0),
        (0.6 * lean, 0.5 * (nose + eye_y), 0.9 * tip, 0.085, 0.55 * (bridge + p["nose_tip"]) +
         p["hump"], 0, 0, 0, 0),
        (lean, nose - 0.08, tip, 0.075, p["nose_tip"], -0.02, 0.5 * flush, 0, 0),
        (wing - 0.035, nose - 0.035, 0.042, 0.045, 0.5 * p["nose_tip"], 0, 0.3 * flush, 0, 1),
        (wing + 0.03, nose - 0.03, 0.03, 0.055, -0.01, 0.24, 0.02, 0, 1),
        (0, nose + 0.03, wing * 0.75, 0.03, -0.03, 0.3, 0, 0, 0),
        (0.115, eye_y + 0.45 * nose, 0.045, 0.13, -0.025, 0.12, 0, 0, 1),
        (-0.17 * p["light_x"], nose - 0.1, 0.06, 0.14, 0, shade * p["light_x"].abs(), 0, 0, 0),
        # cheeks and temples
        (0.42, 0.27, 0.13, 0.10, p["cheekbone"] + 0.02 * wide, -0.03, 0, 0, 1),
        (0.36, 0.36, 0.15, 0.13, 0.03 * wide, 0, flush, 0, 1),
        (0.42, 0.60, 0.13, 0.14, p["cheek"], -0.6 * p["cheek"], 0, 0.9 * jaw_beard, 1),
        (0.55, -0.25, 0.09, 0.14, -0.03, 0.08, 0, 0, 1),
        (0, -0.48, 0.30, 0.15, p["forehead"], 0, 0, 0, 0),
        # mouth: the two lips, the groove between, the hollow of the corners
        (0, mouth - 0.5 * p["upper_lip"], 0.7 * p["mouth_half"], 0.04, 0.5 * p["upper_lip"] +
         0.01, 0, 0, 0, 0),
        (0, mouth + 0.6 * p["lower_lip"], 0.6 * p["mouth_half"], 0.045, 0.5 * p["lower_lip"], 0,
         0, 0, 0),
        (0, mouth, p["mouth_half"], 0.03, -0.02, 0, 0, 0, 0),
        (p["mouth_half"] + 0.02, mouth - p["curve_now"], 0.04, 0.045, -0.015, 0.14, 0, 0, 1),
        (0, nose + 0.5 * p["lip_gap"], 0.03, 0.06, -0.015, 0.07, 0, 0, 0),
        (0.13, mouth - 0.1, 0.1, 0.055, 0.015, 0, 0, 1.1 * moustache, 1),
        (p["mouth_half"] + 0.03, mouth + 0.08, 0.05, 0.1, 0, 0, 0, moustache * beard, 1),
        # chin
        (0, mouth + 0.165, 0.17, 0.045, -0.035, 0.16, 0, 0.35 * beard, 0),
        (0, chin - 0.13, 0.16, 0.10, p["chin_bump"], 0, 0, 1.1 * beard, 0),
        (0, chin - 0.12, 0.03, 0.06, -p["chin_cleft"], 1.6 * p["chin_cleft"], 0, 0, 0),
        (0.22, chin - 0.12, 0.13, 0.13, -0.01, 0, 0, 0.9 * jaw_beard, 1),
        (0.58, 0.35, 0.08, 0.26, 0, 0.06, 0, 0.8 * jaw_beard, 1),
        # folds from the nose past the mouth, in three steps
        (0.20, nose + 0.02, 0.035, 0.05, 0, 0.22 * fold, 0, 0, 1),
        (0.25 + folds_x, nose + 0.10, 0.035, 0.05, -0.02 * fold, 0.3 * fold, 0, 0, 1),
        (0.285 + folds_x, nose + 0.19, 0.035, 0.06, -0.01, 0.22 * fold, 0, 0, 1),
        (0.24, mouth + 0.14, 0.035, 0.08, -0.01 * age, 0.16 * age, 0, 0, 1),
        # jowls of age, mole
        (0.4, 0.82, 0.09, 0.07, 0.05 * age, 0, 0, 0, 1),
        (p["mole_u"], p["mole_v"], 0.03, 0.03, 0.01 * p["mole"], 0.8 * p["mole"], 0, 0, 0),
    ]
    # fmt: on
