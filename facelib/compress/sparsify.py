"""Magnitude pruning: the weights nearest to 0 become 0 and stay so while the others train on.

After Han et al. 2015 (https://arxiv.org/abs/1506.02626); which weights go, `torch.nn.utils.prune`
decides. Zeros take the time of other numbers; what they save is the file's size (`share`).
"""

import copy

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.nn.utils import prune as torch_prune

from facelib.compress.layers import find_layers, make_plain, parametrized_by, refuse_made


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


def sparsify(model: nn.Module, share: float) -> tuple[nn.Module, dict[str, float]]:
    """A copy of `model` in which this share of the weights of convolutions and linear layers is 0,
    and what share of each layer's, by name.

    The smallest of all layers together go, so that layers with many small weights lose more. What
    is 0 stays 0 in training. `decode` makes plain weights of it. Call it again with a larger share
    to prune in several rounds.

    Raises:
        ValueError: a share not above 0 and below 1, or below that of an earlier round, no layer, or
            one whose weights are shared by a codebook, NaN or infinite.
    """
    if not 0 < share < 1:
        raise ValueError(f"want a share of the weights above 0 and below 1, got {share}")
    sparse = copy.deepcopy(model)
    chosen = find_layers(sparse)
    for name, layer in chosen.items():
        if parametrized_by(layer) is Masked:
            make_plain(layer)  # an earlier round's zeros are the smallest and go first again
        refuse_made(name, layer, "sparsify")
        layer.weight.data = layer.weight.data.contiguous()  # training leaves it in another order
    before = torch.cat([(layer.weight == 0).flatten() for layer in chosen.values()])
    if (already := float(before.double().mean())) > share:
        raise ValueError(
            f"{already:.1%} of the weights are 0 already: ask for a share above that, got "
            f"{share:.1%}"
        )
    places = [(layer, "weight") for layer in chosen.values()]
    torch_prune.global_unstructured(places, torch_prune.L1Unstructured, amount=share)
    for layer in chosen.values():
        mask = layer.weight_mask
        torch_prune.remove(layer, "weight")
        parametrize.register_parametrization(layer, "weight", Masked(mask))
    return sparse, {name: float((one.weight == 0).double().mean()) for name, one in chosen.items()}
