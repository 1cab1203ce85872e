"""What is seen around the face and differs from the first generation: hat and background."""

from __future__ import annotations

import torch
from torch import Tensor

from facelib.synth import noise
from facelib.synth.canvas import Canvas, Numbers, edge


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


def paint_background(canvas: Canvas, p: Numbers, x: Tensor, y: Tensor, table: Tensor) -> None:
    place = p["back_place"]
    large, small = noise.cut(table[:, :2], 0.55 * x, 0.55 * y, place, 1 - place).unbind(1)
    slope = p["slope_x"] * x + p["slope_y"] * y
    canvas.put(
        "clutter", (0.5 + 0.8 * large + 0.3 * small + slope).clamp(0, 1) * p["back_clutter"], 1.0
    )
    canvas.put("back", torch.ones_like(x), (0.9 + slope).clamp(min=0.1))
