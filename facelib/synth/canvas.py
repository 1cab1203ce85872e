"""Layers put one behind the other, and the edges between them."""

import torch
from torch import Tensor

LAYERS = (
    "white", "iris", "dark", "lip", "hair", "skin", "red", "glare", "frame", "mask", "block",
    "cloth", "stripe", "back", "clutter",
)  # fmt: skip

Numbers = dict[str, Tensor]  # what `prepare.scalars` gives, each (N, 1, 1)


class Canvas:
    """How much of each layer's colour reaches the camera from every pixel.

    Layers are put from front to back. What one leaves of a pixel goes to the next, so no layer has
    to be touched twice, and colours are mixed in one product at the end.
    """

    def __init__(self, like: Tensor) -> None:
        self.left = torch.ones_like(like)
        self.planes: Numbers = {}

    def put(self, layer: str, cover: Tensor, light: Tensor | float) -> None:
        """Cover a part (N, H, W) in 0..1 of what is left, lit by `light`."""
        seen = self.left * cover
        self.left = self.left - seen
        self.add(layer, seen * light)

    def add(self, layer: str, light: Tensor) -> None:
        """Light in the layer's colour, over what else is seen."""
        self.planes[layer] = self.planes[layer] + light if layer in self.planes else light

    def mixed(self, colours: Tensor) -> Tensor:
        """Light (N, C, H, W), given the layers' colours (N, C, len(LAYERS))."""
        planes = torch.stack([self.planes[name] for name in LAYERS], 1)
        return torch.bmm(colours, planes.flatten(2)).view(len(planes), -1, *planes.shape[2:])


def edge(distance: Tensor, sharp: Tensor | float) -> Tensor:
    """1 inside (distance > 0), 0 outside, between them a ramp 1 / sharp wide."""
    return (distance * sharp + 0.5).clamp(0, 1)


def wave(phase: Tensor) -> Tensor:
    """A triangle wave of period 1, 1 at 0 and -1 at 0.5: what a cosine is for, at less cost."""
    return 1 - 4 * (phase - phase.round()).abs()


def line(distance: Tensor, half_width: float) -> Tensor:
    """1 on a curve, falling to 0 at `half_width` from it."""
    return (1 - distance.abs() * (1 / half_width)).clamp(min=0)
