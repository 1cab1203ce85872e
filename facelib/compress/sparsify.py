"""Magnitude pruning: the weights nearest to 0 become 0 and stay so while the others train on.

After Han et al. 2015 (https://arxiv.org/abs/1506.02626); which weights go, `torch.nn.utils.prune`
decides. Zeros take the time of other numbers; what they save is the file's size (`share`).
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.nn.utils import prune as torch_prune

from facelib.compress.layers import find_layers, make_plain, parametrized_by


class Masked(nn.Module):
    """A parametrization: the weight where the mask is 1, and 0 where it is 0.

    Args:
        mask: the weight's shape; its zeros get no gradient.
    """

    def __init__(self, mask: Tensor) -> None:
        super().__init__()
        self.register_buffer("mask", mask)

    def forward(self, weight: Tensor) -> Tensor:
        return weight * self.mask


@dataclass(frozen=True)
class SparseReport:
    """Attributes: zeros, the share of each layer's weights that are 0, by name; weights, how many
    each has."""

    zeros: dict[str, float]
    weights: dict[str, int]

    @property
    def share(self) -> float:
        """Of all weights together."""
        total = sum(self.weights.values())
        return sum(self.zeros[name] * count for name, count in self.weights.items()) / total


def sparsify(
    model: nn.Module, share: float, layers: Iterable[str] | None = None
) -> tuple[nn.Module, SparseReport]:
    """A copy of `model` in which this share of the weights is 0, and a report.

    The smallest of all layers together go, so that layers with many small weights lose more. Train
    the copy as any model: what is 0 stays 0. `decode` makes plain weights of it. Call it again
    with a larger share to prune in several rounds.

    Args:
        model: trained; not changed.
        share: above 0 and below 1; with an earlier round's zeros counted in.
        layers: names from `model.named_modules()`; every convolution and linear layer if not given.

    Raises:
        ValueError: a share out of range or below that of an earlier round, a layer that isn't
            there, or one whose weights are shared by a codebook.
    """
    if not 0 < share < 1:
        raise ValueError(f"want a share of the weights above 0 and below 1, got {share}")
    sparse = copy.deepcopy(model)
    chosen = find_layers(sparse, layers)
    for name, layer in chosen.items():
        _bare(layer, name)
        layer.weight.data = layer.weight.data.contiguous()  # training leaves it in another order
    before = sum(int((layer.weight == 0).sum()) for layer in chosen.values())
    weights = {name: layer.weight.numel() for name, layer in chosen.items()}
    if before > share * sum(weights.values()):
        raise ValueError(
            f"{before / sum(weights.values()):.1%} of the weights are 0 already: ask for a share "
            f"above that, got {share:.1%}"
        )
    places = [(layer, "weight") for layer in chosen.values()]
    torch_prune.global_unstructured(places, torch_prune.L1Unstructured, amount=share)
    for layer in chosen.values():
        mask = layer.weight_mask
        torch_prune.remove(layer, "weight")
        parametrize.register_parametrization(layer, "weight", Masked(mask))
    zeros = {name: float((part.weight == 0).double().mean()) for name, part in chosen.items()}
    return sparse, SparseReport(zeros, weights)


def _bare(layer: nn.Module, name: str) -> None:
    """Take an earlier round's mask off; its zeros are the smallest weights and go first again."""
    if kind := parametrized_by(layer):
        if kind is not Masked:
            raise ValueError(
                f"layer {name!r} has a weight made by {kind.__name__}, want a plain or masked one: "
                "sparsify decode(model), then share"
            )
        make_plain(layer)
