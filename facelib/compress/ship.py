"""One file to ship a network of 8 bits in: codes for its weights, scales for its activations."""

from __future__ import annotations

import math
from dataclasses import dataclass
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


@dataclass(frozen=True)
class ShipReport:
    """Attributes: path; bytes; activations, how many have a scale in it."""

    path: Path
    bytes: int
    activations: int


def ship(model: nn.Module, path: str | Path, images: Tensor, values: int = 64) -> ShipReport:
    """Write all that a network of 8 bits is made of to one safetensors file.

    Args:
        model: on the CPU, of an architecture that `facelib.models.save` knows; not changed.
        path: where to write; the folder must exist.
        images: uint8 (N, C, H, W), faces to calibrate on, as in `quantize`; of a million numbers
            each at most.
        values: size of each layer's codebook, 2 to 256; a model from `share` keeps its own.

    Raises:
        TypeError, ValueError: as `share`, `save_shared`, `export` and `quantize`.
        OSError: it can't be written; nothing is left behind.
    """
    check_images(images)
    path, shape = Path(path), list(images.shape[1:])
    if not any(name.endswith(CODES) for name in model.state_dict()):
        model, _ = share(model, values)
    tensors, about = encode(model)
    names, *numbers = _activations(calibrate(_graph(model, shape, path), images))
    io.save_tensors(path, tensors | dict(zip(KEPT, numbers, strict=True)), about | {"shape": shape})
    return ShipReport(path, path.stat().st_size, len(names))


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
    kinds = scales.dtype, zeros.dtype
    if kinds != (torch.float32, torch.uint8) or not ((scales > 0) & scales.isfinite()).all():
        raise ValueError(
            f"{path} has scales not above 0 or not of float32 and uint8: ship it again"
        )
    plain = _graph(restore(tensors, about, path), about["shape"], path)
    blank = torch.zeros(1, *about["shape"], dtype=torch.uint8)
    names, *_ = _activations(calibrate(plain, blank))  # only for the names
    if not scales.shape == zeros.shape == (len(names),):
        raise ValueError(
            f"{path} holds {scales.numel()} scales and {zeros.numel()} zero points, its graph "
            f"wants {len(names)} of each: ship the network again"
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
    except RuntimeError as error:  # from the network, which such images don't fit
        raise ValueError(f"{path} holds no network for images of shape {shape}: {error}") from error


def _activations(data: bytes) -> tuple[list[str], Tensor, Tensor]:
    """Names of the activations in a file of 8 bits, in its order, their scales and zero points."""
    import onnx

    graph = onnx.load_from_string(data).graph
    value = {one.name: onnx.numpy_helper.to_array(one) for one in graph.initializer}
    inputs = [node.input for node in graph.node if node.op_type == "QuantizeLinear"]
    scales, zeros = (torch.stack([torch.tensor(value[one[n]]) for one in inputs]) for n in (1, 2))
    return [one[1].removesuffix("_scale") for one in inputs], scales, zeros
