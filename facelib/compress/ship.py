"""One file to ship a network of 8 bits in: codes for its weights, scales for its activations."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from facelib import files
from facelib.compress.codebook import share
from facelib.compress.coding import CODES, load_shared, save_shared
from facelib.compress.export import export
from facelib.compress.layers import decode
from facelib.compress.quantize import calibrated, quantize
from facelib.models import io

KEPT = ("activations.scale", "activations.zero_point")  # float32 and uint8, in the graph's order


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
        images: uint8 (N, C, H, W), faces to calibrate on, as in `quantize`.
        values: size of each layer's codebook, 2 to 256; a model from `share` keeps its own.

    Raises:
        TypeError, ValueError: as `share`, `save_shared`, `export` and `quantize`.
        OSError: it can't be written; nothing is left behind.
    """
    path, shape = Path(path), list(images.shape[1:])
    if not any(name.endswith(CODES) for name in model.state_dict()):
        model, _ = share(model, values)
    with tempfile.TemporaryDirectory() as folder:
        codes, plain, made = (Path(folder) / name for name in ("codes", "plain", "made"))
        save_shared(model, codes)
        export(decode(model), plain, shape)
        names, *numbers = _activations(quantize(plain, made, images).path)
        tensors, about = io.load_tensors(codes)
    io.save_tensors(path, tensors | dict(zip(KEPT, numbers, strict=True)), about | {"shape": shape})
    return ShipReport(path, path.stat().st_size, len(names))


def unship(path: str | Path, target: str | Path) -> None:
    """Write to `target` the ONNX file of 8 bits that `path`, from `ship`, stands for.

    No face is needed: with the same torch and onnxruntime it is what `ship` made, byte for byte.

    Raises:
        FileNotFoundError, ValueError: as `load_shared`, or its scales don't fit its graph.
        OSError: the target can't be written; nothing is left behind.
    """
    import onnx

    tensors, about = io.load_tensors(path)
    if missing := sorted({*KEPT, "shape"} - {*tensors, *about}):
        raise ValueError(f"{path} lacks {missing}: want a file that ship() wrote")
    scales, zeros = (tensors.pop(name) for name in KEPT)
    with tempfile.TemporaryDirectory() as folder:
        codes, plain, made = (Path(folder) / name for name in (Path(path).name, "plain", "made"))
        io.save_tensors(codes, tensors, about)
        export(decode(load_shared(codes)), plain, about["shape"])
        blank = torch.zeros(1, *about["shape"], dtype=torch.uint8)
        names, *_ = _activations(quantize(plain, made, blank).path)  # only for the names
        if not len(scales) == len(zeros) == len(names) or not (scales > 0).all():
            raise ValueError(
                f"{path} holds {len(scales)} scales and {len(zeros)} zero points, its graph wants "
                f"{len(names)} of each and scales above 0: ship the network again"
            )
        kept = {name: [{"scale": scale.numpy(), "zero_point": zero.numpy()}]
                for name, scale, zero in zip(names, scales, zeros, strict=True)}  # fmt: skip
        calibrated(onnx.load(plain), made, blank, scales=kept)
        files.write(target, made.read_bytes())


def _activations(path: Path) -> tuple[list[str], Tensor, Tensor]:
    """Names of the activations in a file of 8 bits, in its order, their scales and zero points."""
    import onnx

    graph = onnx.load(path).graph
    value = {one.name: onnx.numpy_helper.to_array(one) for one in graph.initializer}
    inputs = [node.input for node in graph.node if node.op_type == "QuantizeLinear"]
    scales, zeros = (torch.stack([torch.tensor(value[one[n]]) for one in inputs]) for n in (1, 2))
    return [one[1].removesuffix("_scale") for one in inputs], scales, zeros
