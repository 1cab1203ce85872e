"""Files of shared models: each layer's codes at fixed length or in Huffman coding, and codebooks.

Huffman coding is deflate's (RFC 1951), through zlib, so that any language can read it. It spends a
bit on a code at least; where most weights are pruned, deflate's coding of runs is shorter.
"""

import math
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.utils import parametrize

from facelib.compress.codebook import Codebook, code_width
from facelib.models import io

CODES = ".parametrizations.weight.0.codes"  # where a shared layer keeps them in its state dict


def save_shared(model: nn.Module, path: str | Path) -> None:
    """Write a shared model to one safetensors file.

    A layer's codes are written at fixed length or in Huffman coding, whichever is shorter (few
    codes of equal frequency gain nothing from Huffman coding).

    Raises:
        TypeError: the architecture is none that `facelib.models.save` knows.
        ValueError: nothing in it is shared.
        OSError: it can't be written; nothing is left behind.
    """
    tensors = model.state_dict()
    coded = [name for name in tensors if name.endswith(CODES)]
    if not coded:
        raise ValueError("no layer of this model is shared: call share() first, or save it as is")
    huffman = {}
    for name in coded:
        codes, values = tensors[name].cpu().numpy().flatten(), len(tensors[_centroids(name)])
        packed, squeezed = _packed(codes, values), _squeezed(codes)
        huffman[name] = len(squeezed) < len(packed)
        data = squeezed if huffman[name] else packed
        tensors[name] = torch.frombuffer(bytearray(data), dtype=torch.uint8)
    io.save_tensors(path, tensors, io.about(model) | {"huffman": huffman})


def load_shared(path: str | Path) -> nn.Module:
    """The model that `save_shared` wrote, on the CPU and in evaluation mode.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is truncated, altered, or holds no shared model.
    """
    tensors, about = io.load_tensors(path)
    if not isinstance(about.get("huffman"), dict):
        raise ValueError(f"{path} holds no shared model; facelib.models.load reads the others")
    model, shared = io.build(about, path), {}
    for name, squeezed in about["huffman"].items():
        try:
            layer = name.removesuffix(CODES)
            values = tensors.pop(_centroids(name))
            read, like = _unsqueezed if squeezed else _unpacked, model.get_submodule(layer).weight
            codes = read(tensors.pop(name).numpy(), like.numel(), len(values))
        except (AttributeError, KeyError, TypeError, ValueError, zlib.error) as error:
            raise ValueError(
                f"{path} holds codes of {name!r} that can't be read: {error}"
            ) from error
        shared[layer] = torch.from_numpy(codes).view(like.shape), values
        tensors[f"{layer}.weight"] = values[shared[layer][0].int()]
    io.load_weights(model, tensors, path)
    for name, (codes, values) in shared.items():
        layer = model.get_submodule(name)
        parametrize.register_parametrization(layer, "weight", Codebook(codes, len(values)))
        layer.parametrizations.weight.original.data.copy_(values)
    return model.eval()


def _centroids(codes: str) -> str:
    """The name of the codebook that goes with the codes of this name."""
    return codes.removesuffix(".0.codes") + ".original"


def _packed(codes: np.ndarray, values: int) -> bytes:
    bits = np.unpackbits(codes[:, None], axis=1)[:, 8 - code_width(values) :]
    return np.packbits(bits).tobytes()


def _unpacked(data: np.ndarray, count: int, values: int) -> np.ndarray:
    width = code_width(values)
    if len(data) != math.ceil(count * width / 8):
        raise ValueError(f"want {count} codes of {width} bits, got {len(data)} bytes")
    bits = np.unpackbits(data, count=count * width).reshape(count, width)
    return _checked(np.packbits(np.pad(bits, ((0, 0), (8 - width, 0)))), count, values)


def _squeezed(codes: np.ndarray) -> bytes:
    found = []
    for strategy in (zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_DEFAULT_STRATEGY):
        squeeze = zlib.compressobj(9, strategy=strategy)
        found.append(squeeze.compress(codes.tobytes()) + squeeze.flush())
    return min(found, key=len)


def _unsqueezed(data: np.ndarray, count: int, values: int) -> np.ndarray:
    codes = zlib.decompressobj().decompress(data.tobytes(), count + 1)  # a bomb stays small
    return _checked(np.frombuffer(bytearray(codes), np.uint8), count, values)


def _checked(codes: np.ndarray, count: int, values: int) -> np.ndarray:
    if len(codes) != count or codes.max() >= values:
        raise ValueError(f"want {count} codes below {values}, got {len(codes)}")
    return codes
