"""Weights of few bits: rounded wherever they are used, and trained on nevertheless.

Rounding has no gradient worth the name, so training takes that of the weight as it was before
(the straight-through estimator, Bengio et al. 2013, https://arxiv.org/abs/1308.3432).
"""

import copy

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from facelib.compress.layers import find_layers, refuse_made

BITS = range(2, 9)


class Rounded(nn.Module):
    """A parametrization: for each output of a layer 2^bits - 1 evenly spaced values, symmetric
    about 0, the outermost as far from it as the largest weight."""

    def __init__(self, bits: int) -> None:
        super().__init__()
        self.most = 2 ** (bits - 1) - 1

    def forward(self, weight: Tensor) -> Tensor:
        with torch.no_grad():
            largest = weight.flatten(1).abs().amax(1).view(-1, *[1] * (weight.ndim - 1))
            step = largest / self.most
            step = torch.where(step > 0, step, 1)  # a row of zeros
            change = (weight / step).round() * step - weight
        return weight + change


def round_weights(model: nn.Module, bits: int) -> nn.Module:
    """A copy of `model` that rounds its weights to 2 to 8 bits, except in its first layer, which
    has few. `decode` makes plain weights of it.

    Raises:
        ValueError: another number of bits, one layer alone, or weights that are made or NaN.
    """
    if bits not in BITS:
        raise ValueError(f"want {BITS[0]} to {BITS[-1]} bits, got {bits}")
    model = copy.deepcopy(model)
    _, *rest = find_layers(model).items()
    if not rest:
        raise ValueError(f"{type(model).__name__} has one layer, and the first isn't rounded")
    for name, layer in rest:
        refuse_made(name, layer, "round_weights")
        parametrize.register_parametrization(layer, "weight", Rounded(bits))
    return model
