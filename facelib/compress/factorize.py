"""Low rank: one layer becomes two thinner ones whose product is nearest to it.

A layer is a matrix from its inputs to its outputs (a convolution's inputs are the pixels of a
window). The best matrix of rank r is the first r terms of the singular value decomposition (Eckart
& Young 1936, https://doi.org/10.1007/BF02288367); for convolutional networks after Denton et al.
2014 (https://arxiv.org/abs/1404.0736) and Zhang et al. 2016
(https://doi.org/10.1109/TPAMI.2015.2502579).
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral

import torch
from torch import nn

from facelib.compress.layers import find_layers, refuse_made
from facelib.models.shapes import LowRank


@dataclass(frozen=True)
class Factor:
    """Attributes: energy, the share of the squared singular values that is kept; weights, before
    and after."""

    energy: float
    weights: tuple[int, int]


def factorize(model: nn.Module, ranks: Mapping[str, int]) -> tuple[nn.Module, dict[str, Factor]]:
    """A copy of `model` with some layers split in two, and what each split keeps, by layer.

    A convolution of k x k becomes one of k x k with `rank` outputs and one of 1 x 1; a linear
    layer, two of them. Two layers are smaller only where rank * (inputs + outputs) is below inputs
    * outputs.

    Args:
        ranks: by name of a convolution or linear layer.

    Raises:
        ValueError: no such layer, one that is factorised, masked, shared, tied, grouped or all 0,
            weights that are NaN or infinite, or a rank beyond the matrix's or below 1.
    """
    found, factorized = {}, copy.deepcopy(model)
    for name, rank in ranks.items():
        layer = _layer(factorized, name)
        matrix = layer.weight.detach().flatten(1).double()
        u, s, v = torch.linalg.svd(matrix, full_matrices=False)
        if not isinstance(rank, Integral) or not 1 <= rank <= len(s):
            raise ValueError(f"want a rank from 1 to {len(s)} for {name!r}, got {rank!r}")
        halves = [(v[:rank] * s[:rank, None].sqrt()), u[:, :rank] * s[:rank].sqrt()]
        parts = _parts(layer, rank)
        for part, half in zip(parts, halves, strict=True):
            part.weight.data.copy_(half.reshape(part.weight.shape))
            part.weight.requires_grad_(layer.weight.requires_grad)
        if layer.bias is not None:
            parts[1].bias = nn.Parameter(layer.bias.detach().clone(), layer.bias.requires_grad)
        factorized.set_submodule(name, parts.train(layer.training))
        weights = layer.weight.numel(), sum(part.weight.numel() for part in parts)
        energy = float(s[:rank].square().sum() / s.square().sum())
        found[name] = Factor(energy, weights)
    return factorized, found


def _layer(model: nn.Module, name: str) -> nn.Conv2d | nn.Linear:
    there = find_layers(model)
    if name not in there:
        raise ValueError(f"no convolution or linear layer {name!r}, there are {list(there)}")
    layer = there[name]
    refuse_made(name, layer, "factorise")
    if getattr(layer, "groups", 1) != 1:
        raise ValueError(f"layer {name!r} has groups: each would be a matrix of its own")
    if not layer.weight.any():
        raise ValueError(f"layer {name!r} is all 0: there is no share of it to keep")
    weights = dict(model.named_parameters(remove_duplicate=False))
    if len(tied := [key for key, weight in weights.items() if weight is layer.weight]) > 1:
        raise ValueError(f"{' and '.join(tied)} are one weight: half of a split would be forgotten")
    if isinstance(model.get_submodule(name.rpartition(".")[0]), LowRank):
        raise ValueError(f"layer {name!r} is half of a factorised layer already")
    return layer


def _parts(layer: nn.Conv2d | nn.Linear, rank: int) -> LowRank:
    """Two untrained layers in place of one, on its device."""
    like = {"device": layer.weight.device, "dtype": layer.weight.dtype}
    bias = layer.bias is not None
    with torch.random.fork_rng([]):
        if isinstance(layer, nn.Linear):
            first = nn.Linear(layer.in_features, rank, bias=False, **like)
            return LowRank(first, nn.Linear(rank, layer.out_features, bias=bias, **like))
        first = nn.Conv2d(
            layer.in_channels, rank, layer.kernel_size, layer.stride, layer.padding,
            layer.dilation, bias=False, padding_mode=layer.padding_mode, **like,
        )  # fmt: skip
        return LowRank(first, nn.Conv2d(rank, layer.out_channels, 1, bias=bias, **like))
