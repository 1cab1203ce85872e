"""Quantization: weights and activations as whole numbers of 8 bits, by onnxruntime.

A real number x is stored as q = round(x / scale) + zero_point, from 0 to 255 for activations and
-127 to 127 for weights (Jacob et al. 2018, https://doi.org/10.1109/CVPR.2018.00286).
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from facelib import files
from facelib.compress.quiet import quiet
from facelib.door.session import MOST
from facelib.models.runtime import OnnxModel

KINDS = ("Conv", "Gemm", "MatMul", "Add", "Relu")  # what is computed in whole numbers
BATCH, FEW_CHANNELS = 32, 4


@dataclass(frozen=True)
class QuantizeReport:
    """Attributes: path; bytes, before and after."""

    path: Path
    bytes: tuple[int, int]


def quantize(source: str | Path, path: str | Path, images: Tensor) -> QuantizeReport:
    """Write an ONNX file of 8 bits made from one of 32, which stays as it is.

    Each output of a layer has a scale of its own; activations have that of the largest seen.

    What standardises the pixels stays at 32 bits, and so does a first convolution that reads fewer
    than four channels: whole-number kernels want more products to add up (on one channel ours took
    four times as long as at 32 bits).

    Args:
        source: from `export`.
        path: where to write.
        images: uint8 (N, C, H, W), faces like those to come, never those reported on: their
            activations set scales and zero points (static quantization).

    Raises:
        FileNotFoundError: no source.
        ValueError: images that are none or not like the source's input, or a source that is
            damaged or no ONNX, is quantized already or has nothing to quantize.
        OSError: it can't be written; nothing is left behind.
    """
    content = files.read(source, "ONNX file", MOST)
    try:
        data = calibrate(content, images)
        with quiet():
            OnnxModel(data)  # it runs
    except (OSError, MemoryError):
        raise
    except Exception as error:  # onnx and onnxruntime have many, without a common one
        raise ValueError(
            f"{source} can't be quantized: {error}. Give a whole file that export wrote"
        ) from error
    files.write(path, data)
    return QuantizeReport(Path(path), (len(content), len(data)))


def calibrate(content: bytes, images: Tensor) -> bytes:
    """The ONNX file of 8 bits, from one of 32, as `quantize` writes it."""
    import onnx
    from onnxruntime import quantization as ort

    whole = onnx.load_from_string(content)
    left = _first_nodes(whole.graph)
    check_images(images)
    sides = [dim.dim_value for dim in whole.graph.input[0].type.tensor_type.shape.dim][1:]
    if list(images.shape[1:]) != sides:
        raise ValueError(f"it reads images {sides}, got {list(images.shape[1:])}")
    with tempfile.TemporaryDirectory() as folder, quiet():
        made = Path(folder) / "quantized.onnx"
        # One batch at a time; otherwise the activations of all images lie in memory together.
        ort.quantize_static(
            whole, made, _Reader(images, whole.graph.input[0].name), per_channel=True,
            quant_format=ort.QuantFormat.QDQ, activation_type=ort.QuantType.QUInt8,
            weight_type=ort.QuantType.QInt8, calibrate_method=ort.CalibrationMethod.MinMax,
            op_types_to_quantize=list(KINDS), nodes_to_exclude=left,
            extra_options={"CalibStridedMinMax": 1},
        )  # fmt: skip
        return made.read_bytes()


def _first_nodes(graph) -> list[str]:
    """Names of the first nodes, which stay at 32 bits."""
    from onnx.numpy_helper import to_array

    kinds = [node.op_type for node in graph.node]
    if {"QuantizeLinear", "DynamicQuantizeLinear"} & set(kinds):
        raise ValueError("it is quantized already: start from the file of 32 bits")
    first = next((node for node in graph.node if node.op_type in ("Conv", "Gemm", "MatMul")), None)
    if first is None:
        raise ValueError("there is no convolution or matrix product in it")
    for weight in graph.initializer:
        if not np.isfinite(to_array(weight)).all():
            raise ValueError(f"its weight {weight.name!r} holds numbers that are NaN or infinite")
    shapes = {weight.name: weight.dims for weight in graph.initializer}
    names = [node.name for node in graph.node]
    few = first.op_type == "Conv" and shapes[first.input[1]][1] < FEW_CHANNELS
    return names[: names.index(first.name) + few]


def check_images(images: Tensor) -> None:
    """Refuse faces to calibrate on that are none or not uint8 (N, C, H, W), by a ValueError."""
    if images.ndim != 4 or not len(images) or images.dtype != torch.uint8:
        raise ValueError(
            f"want uint8 (N, C, H, W) to calibrate on, 1 or more, got {images.dtype} "
            f"{tuple(images.shape)}"
        )


class _Reader:
    """Batches for onnxruntime, which asks for so many of them in a row."""

    def __init__(self, images: Tensor, name: str) -> None:
        self.parts, self.name = images.split(BATCH), name

    def __len__(self) -> int:
        return len(self.parts)

    def set_range(self, start_index: int, end_index: int) -> None:
        self.asked = iter(self.parts[start_index:end_index])

    def get_next(self) -> dict[str, np.ndarray] | None:
        part = next(self.asked, None)
        return None if part is None else {self.name: (part.float() / 255).cpu().numpy()}
