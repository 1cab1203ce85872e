"""One file to ship a network of 8 bits in: codes for its weights, scales for its activations."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import Tensor, nn

from facelib import files
from facelib.compress.codebook import share
from facelib.compress.coding import CODES, encode, restore
from facelib.compress.export import to_onnx
from facelib.compress.layers import decode
from facelib.compress.quantize import calibrate, check_images
from facelib.models import io

KEPT = ("activations.scale", "activations.zero_point")  # float32 and uint8, in the graph's order
MOST = 2**20  # numbers of an image, so that a forged shape takes no memory


def ship(model: nn.Module, path: str | Path, images: Tensor) -> int:
    """Write all that a network of 8 bits is made of to one safetensors file; return its bytes.

    Args:
        model: on the CPU, of an architecture that `facelib.models.save` knows; not changed. One
            from `share` keeps its codebooks, another gets some of 64 values.
        path: where to write; the folder must exist.
        images: uint8 (N, C, H, W), faces to calibrate on, as in `quantize`; of a million numbers
            each at most.

    Raises:
        TypeError, ValueError: as `share`, `save_shared`, `export` and `quantize`.
        OSError: it can't be written; nothing is left behind.
    """
    check_images(images)
    shape = list(images.shape[1:])
    if not any(name.endswith(CODES) for name in model.state_dict()):
        model, _ = share(model, 64)
    tensors, about = encode(model)
    _, *numbers = _activations(calibrate(_graph(model, shape, path), images))
    io.save_tensors(path, tensors | dict(zip(KEPT, numbers, strict=True)), about | {"shape": shape})
    return Path(path).stat().st_size


def unship(path: str | Path, target: str | Path) -> None:
    """Write to `target` the ONNX file of 8 bits that `path`, from `ship`, stands for.

    No face is needed: with the same torch and onnxruntime it is what `ship` made, byte for byte.

    Raises:
        FileNotFoundError, ValueError: as `load_shared`, or its scales don't fit its graph.
        OSError: the target can't be written; nothing is left behind.
    """
    tensors, about = io.load_tensors(path)
    if missing := sorted({*KEPT, "shape"} - {*tensors, *about}):
        raise ValueError(f"{path} lacks {missing}: want a file that ship() wrote")
    scales, zeros = (tensors.pop(name) for name in KEPT)
    plain = _graph(restore(tensors, about, path), about["shape"], path)
    blank = torch.zeros(1, *about["shape"], dtype=torch.uint8)
    names, *like = _activations(calibrate(plain, blank))  # only for the names
    kinds, wanted = ([(one.dtype, one.shape) for one in two] for two in ((scales, zeros), like))
    if kinds != wanted or not ((scales > 0) & scales.isfinite()).all():
        raise ValueError(
            f"{path} has scales that its graph can't use, want {len(names)} above 0 in float32, "
            "and as many zero points in uint8: ship the network again"
        )
    kept = {name: [{"scale": scale.numpy(), "zero_point": zero.numpy()}]
            for name, scale, zero in zip(names, scales, zeros, strict=True)}  # fmt: skip
    files.write(target, calibrate(plain, blank, scales=kept))


def _graph(model: nn.Module, shape: list[int], path: str | Path) -> bytes:
    """The ONNX file of 32 bits of a shared model."""
    sides = shape if isinstance(shape, list) else []
    if not all(isinstance(side, int) and side > 0 for side in sides) or (
        len(sides) != 3 or math.prod(sides) > MOST
    ):
        raise ValueError(
            f"{path} is for images of the shape {shape!r}, want (C, H, W) of {MOST} numbers at most"
        )
    try:
        return to_onnx(decode(model), shape)[0]
    except (RuntimeError, ValueError) as error:  # from the network, which such images don't fit
        raise ValueError(f"{path}: not for images of shape {shape}: {error}") from error


def _activations(data: bytes) -> tuple[list[str], Tensor, Tensor]:
    """Names of the activations in a file of 8 bits, in its order, their scales and zero points."""
    import onnx

    graph = onnx.load_from_string(data).graph
    value = {one.name: onnx.numpy_helper.to_array(one) for one in graph.initializer}
    inputs = [node.input for node in graph.node if node.op_type == "QuantizeLinear"]
    scales, zeros = (torch.stack([torch.tensor(value[one[n]]) for one in inputs]) for n in (1, 2))
    return [one[1].removesuffix("_scale") for one in inputs], scales, zeros
