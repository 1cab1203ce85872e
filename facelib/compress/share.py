"""Weight sharing by codebook: a layer's weights become a few values and a code a weight.

After Han, Mao & Dally (2016, "Deep Compression"): k-means with centroids that start evenly spread,
fine-tuning of the centroids by summed gradients, Huffman coding of the codes.
"""

from __future__ import annotations

import copy
import math
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from sklearn.cluster import KMeans
from torch import Tensor, nn
from torch.nn.utils import parametrize

from facelib.models import io

LAYERS = (nn.Conv2d, nn.Linear)
CODES = ".parametrizations.weight.0.codes"  # where a shared layer keeps them in its state dict


class Codebook(nn.Module):
    """A parametrization: the weight is read from `centroids`, a vector, by `codes`.

    One centroid stands in many places of the weight, so autograd gives it the sum of their
    gradients. Training moves centroids; codes stay.

    Args:
        codes: uint8, the weight's shape; which centroid stands where.
        values: length of the codebook.
    """

    def __init__(self, codes: Tensor, values: int) -> None:
        super().__init__()
        self.values = values
        self.register_buffer("codes", codes)

    def forward(self, centroids: Tensor) -> Tensor:
        return centroids[self.codes.long()]

    def right_inverse(self, weight: Tensor) -> Tensor:
        """The centroids of these codes: the mean of the weights that share one."""
        codes = self.codes.long().flatten()
        total = weight.new_zeros(self.values).index_add_(0, codes, weight.flatten())
        return total / codes.bincount(minlength=self.values).clamp(min=1)


@dataclass(frozen=True)
class SharedLayer:
    """Attributes: name; weights, how many; values, how many different; entropy, the bits a weight
    needs on average when frequent codes are written shorter (Shannon 1948)."""

    name: str
    weights: int
    values: int
    entropy: float


@dataclass(frozen=True)
class ShareReport:
    """What was shared. Attributes: layers, one `SharedLayer` each."""

    layers: tuple[SharedLayer, ...]

    @property
    def bits(self) -> float:
        """Bits a weight with codes of fixed length, the codebooks (32 bits a value) included."""
        codes = sum(n.weights * math.ceil(math.log2(n.values)) for n in self.layers)
        return (codes + 32 * sum(n.values for n in self.layers)) / self._weights

    @property
    def entropy(self) -> float:
        """Bits a weight that no coding of single codes can go below, codebooks not included."""
        return sum(n.weights * n.entropy for n in self.layers) / self._weights

    @property
    def _weights(self) -> int:
        return sum(n.weights for n in self.layers)


def share(
    model: nn.Module, values: int = 16, layers: Iterable[str] | None = None
) -> tuple[nn.Module, ShareReport]:
    """A copy of `model` whose layers hold at most `values` different weights each, and a report.

    Biases and batch norm stay as they are. Train the copy as any model to fine-tune its centroids.

    Args:
        model: trained; not changed.
        values: size of each codebook, 2 to 256.
        layers: names from `model.named_modules()`; every convolution and linear layer if not given.

    Raises:
        ValueError: a size out of range, a layer that isn't there or has no weight to share, or
            one that is shared already.
    """
    if not 2 <= values <= 256:
        raise ValueError(f"want 2 to 256 values (a code is a byte at most), got {values}")
    shared = copy.deepcopy(model)
    there = {name: layer for name, layer in shared.named_modules() if isinstance(layer, LAYERS)}
    names = list(there) if layers is None else list(layers)
    if unknown := [name for name in names if name not in there]:
        raise ValueError(f"no convolution or linear layer {unknown}, there are {list(there)}")
    if not names:
        raise ValueError(f"{type(model).__name__} has no convolution or linear layer to share")
    return shared, ShareReport(tuple(_share(name, there[name], values) for name in names))


def _share(name: str, layer: nn.Module, values: int) -> SharedLayer:
    if parametrize.is_parametrized(layer, "weight"):
        raise ValueError(f"layer {name!r} has a parametrized weight already: share it once")
    weight = layer.weight.detach()
    if not weight.isfinite().all():
        raise ValueError(f"layer {name!r} has weights that are NaN or infinite: train it again")
    codes, size = _cluster(weight.flatten().float().cpu().numpy(), values)
    codes = torch.from_numpy(codes).view(weight.shape).to(weight.device)
    parametrize.register_parametrization(layer, "weight", Codebook(codes, size))
    return SharedLayer(name, weight.numel(), size, _entropy(codes))


def _cluster(weights: np.ndarray, values: int) -> tuple[np.ndarray, int]:
    """(codes uint8, size of the codebook); a layer with few different weights gets few values."""
    different = np.unique(weights)
    if len(different) <= values:
        return np.searchsorted(different, weights).astype(np.uint8), len(different)
    # Evenly spread starts keep centroids out where the few large weights are, which matter most.
    start = np.linspace(weights.min(), weights.max(), values)[:, None]
    codes = KMeans(values, init=start, n_init=1).fit(weights[:, None]).labels_
    used, codes = np.unique(codes, return_inverse=True)
    return codes.astype(np.uint8), len(used)


def _entropy(codes: Tensor) -> float:
    share = codes.flatten().bincount().double() / codes.numel()
    return float(-torch.xlogy(share, share).sum() / math.log(2))


def decoded(model: nn.Module) -> nn.Module:
    """A copy with plain weights in place of codes: larger, and as fast as before sharing."""
    model = copy.deepcopy(model)
    for module in model.modules():
        if parametrize.is_parametrized(module, "weight"):
            # remove_parametrizations() would take `weight` from the class, which copies have in
            # common, and so from `model` itself.
            weight, kind = module.weight.detach(), parametrize.type_before_parametrizations(module)
            del module.parametrizations
            module.__class__ = kind
            module.weight = nn.Parameter(weight)
    return model


def save_shared(model: nn.Module, path: str | Path) -> None:
    """Write a shared model to one safetensors file, its codes in Huffman coding.

    Args:
        model: from `share`, of an architecture that `facelib.models.save` knows.
        path: where to write; the folder must exist.

    Raises:
        TypeError: the architecture is not known.
        ValueError: nothing in it is shared.
        OSError: it can't be written; nothing is left behind.
    """
    tensors = model.state_dict()
    coded = [name for name in tensors if name.endswith(CODES)]
    if not coded:
        raise ValueError("no layer of this model is shared: call share() first, or save it as is")
    for name in coded:
        squeeze = zlib.compressobj(9, strategy=zlib.Z_HUFFMAN_ONLY)
        data = squeeze.compress(tensors[name].cpu().numpy().tobytes()) + squeeze.flush()
        tensors[name] = torch.frombuffer(bytearray(data), dtype=torch.uint8)
    io.save_tensors(path, tensors, io.about(model) | {"shared": coded})


def load_shared(path: str | Path) -> nn.Module:
    """The model that `save_shared` wrote, on the CPU and in evaluation mode.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is truncated, altered, or holds no shared model.
    """
    tensors, about = io.load_tensors(path)
    if "shared" not in about:
        raise ValueError(f"{path} holds no shared model; facelib.models.load reads the others")
    model = io.build(about, path)
    for name in about["shared"]:
        layer = model.get_submodule(name.removesuffix(CODES))
        data = bytearray(zlib.decompress(tensors[name].numpy().tobytes()))
        codes = torch.frombuffer(data, dtype=torch.uint8).view(layer.weight.shape)
        values = len(tensors[name.removesuffix(".0.codes") + ".original"])
        parametrize.register_parametrization(layer, "weight", Codebook(codes, values))
        tensors[name] = codes
    io.load_weights(model, tensors, path)
    return model.eval()
