"""Weight sharing by codebook: a layer's weights become a few values and a code a weight.

After Han, Mao & Dally (2016, "Deep Compression"): k-means with centroids that start evenly spread,
fine-tuning of the centroids by summed gradients, Huffman coding of the codes.
"""

import copy
import math
from collections import Counter
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from facelib.compress.layers import find_layers, make_plain, parametrized_by


class Codebook(nn.Module):
    """A parametrization: the weight is read from `centroids`, a vector, by `codes`.

    One centroid stands in many places of the weight, so autograd gives it the sum of their
    gradients. Training moves centroids; codes stay. A centroid of exactly 0, which is that of
    pruned weights, stays 0.

    Args:
        codes: uint8, the weight's shape; which centroid stands where.
        values: length of the codebook.
    """

    def __init__(self, codes: Tensor, values: int) -> None:
        super().__init__()
        self.values = values
        self.register_buffer("codes", codes)

    def forward(self, centroids: Tensor) -> Tensor:
        centroids = centroids * (centroids != 0)  # no gradient comes through to a 0
        # index_select() adds gradients up in one order, centroids[codes] in any: bits would vary.
        weight = centroids.index_select(0, self.codes.flatten().int()).view(self.codes.shape)
        return torch.empty_like(self.codes, dtype=weight.dtype).copy_(weight)  # as codes lie

    def right_inverse(self, weight: Tensor) -> Tensor:
        """The centroids of these codes: the mean of the weights that share one."""
        codes = self.codes.long().flatten()
        total = torch.zeros(self.values, dtype=torch.float64, device=weight.device)
        total.index_add_(0, codes, weight.flatten().double())  # half precision could not count
        return (total / codes.bincount(minlength=self.values)).to(weight.dtype)


@dataclass(frozen=True)
class ShareReport:
    """Attributes: bits, of a weight with codes of fixed length, the codebooks (32 bits a value)
    included."""

    bits: float


def share(model: nn.Module, values: int = 16) -> tuple[nn.Module, ShareReport]:
    """A copy of `model` whose convolutions and linear layers hold at most `values` different
    weights each, and a report.

    Biases and batch norm stay as they are, and weights that were pruned (are exactly 0) stay 0:
    what `sparsify` masked gets a codebook in place of the mask. Training moves the centroids.

    Raises:
        ValueError: not 2 to 256 values, no layer to share, one that is shared already or holds NaN,
            or layers that are tied (hold the same weight).
    """
    if not 2 <= values <= 256:
        raise ValueError(f"want 2 to 256 values (a code is a byte at most), got {values}")
    shared = copy.deepcopy(model)
    there = find_layers(shared)
    if done := [name for name, layer in there.items() if parametrized_by(layer) is Codebook]:
        raise ValueError(f"layers {done} have a codebook already: share decode(model) instead")
    for layer in there.values():
        if parametrized_by(layer):
            make_plain(layer)  # the mask's zeros are a value of their own and need it no longer
    holders = Counter(layer.weight for layer in there.values())  # tensors are told apart by id
    if tied := [name for name, layer in there.items() if holders[layer.weight] > 1]:
        raise ValueError(f"layers {tied} hold the same weight: untie them")
    stored = sum(_share(layer, values) for layer in there.values())
    return shared, ShareReport(stored / sum(layer.weight.numel() for layer in there.values()))


def _share(layer: nn.Module, values: int) -> int:
    """Give a layer its codebook; the bits that it and the codes take."""
    weight = layer.weight.detach()
    codes, size = _cluster(weight.flatten().float().cpu().numpy(), values)
    codes = torch.from_numpy(codes).view(weight.shape).to(weight.device)
    parametrize.register_parametrization(layer, "weight", Codebook(codes, size))
    return weight.numel() * code_width(size) + 32 * size


def code_width(values: int) -> int:
    """Bits of a code of fixed length."""
    return max(1, math.ceil(math.log2(values)))


def _cluster(weights: np.ndarray, values: int) -> tuple[np.ndarray, int]:
    """(codes uint8, size of the codebook); a layer with few different weights gets few values."""
    different = np.unique(weights)
    if len(different) <= values:
        return np.searchsorted(different, weights).astype(np.uint8), len(different)
    if not weights.all():  # the zeros have a value of their own
        codes = np.zeros(len(weights), np.uint8)
        others, size = _cluster(weights[weights != 0], values - 1)
        codes[weights != 0] = others + 1
        return codes, size + 1
    from sklearn.cluster import KMeans  # a second, and only codebooks need it
    from threadpoolctl import threadpool_limits

    # Evenly spread starts keep centroids out where the few large weights are, which matter most.
    start = np.linspace(weights.min(), weights.max(), values)[:, None]
    with threadpool_limits(1):  # several threads are slower on numbers in one dimension
        codes = KMeans(values, init=start, n_init=1).fit(weights[:, None]).labels_
    used, codes = np.unique(codes, return_inverse=True)
    return codes.astype(np.uint8), len(used)
