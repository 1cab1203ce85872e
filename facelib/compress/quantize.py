"""Quantization: weights and activations as whole numbers of 8 bits, by onnxruntime.

A real number x is stored as q = round(x / scale) + zero_point, from 0 to 255 for activations and
-127 to 127 for weights (Jacob et al. 2018, https://doi.org/10.1109/CVPR.2018.00286).
"""

from __future__ import annotations

import io
import logging
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor

from facelib import files

RANGES = ("minmax", "percentile")
KINDS = ("Conv", "Gemm", "MatMul", "Add", "Relu")  # what is computed in whole numbers
BATCH, FEW_CHANNELS = 32, 4


@dataclass(frozen=True)
class QuantizeReport:
    """Attributes: path; bytes, before and after; layers, how many convolutions and matrix products
    there are, and how many of them became whole numbers."""

    path: Path
    bytes: tuple[int, int]
    layers: tuple[int, int]


def quantize(
    source: str | Path,
    path: str | Path,
    images: Tensor | None = None,
    *,
    ranges: str = "minmax",
    per_channel: bool = True,
) -> QuantizeReport:
    """Write an ONNX file of 8 bits made from one of 32, which stays as it is.

    What standardises the pixels stays at 32 bits, and so does a first convolution that reads fewer
    than four channels: whole-number kernels want more products to add up (on one channel ours took
    four times as long as at 32 bits).

    Args:
        source: from `export`.
        path: where to write; the folder must exist.
        images: uint8 (N, C, H, W), faces like those to come, never those reported on: their
            activations set scales and zero points (static). None sets them anew for every batch
            (dynamic) and leaves convolutions as they are, for which that is slow.
        ranges: "minmax" covers all activations seen; "percentile" 99.999 % of them. (onnxruntime's
            "entropy" is left out: with as few bins as it takes, its scales are those of "minmax",
            https://github.com/microsoft/onnxruntime/issues/9597.)
        per_channel: a scale for each output of a layer instead of one for all its weights.

    Raises:
        FileNotFoundError: no source.
        ValueError: images that are none or not like the source's input, unknown ranges, or a
            source that is no ONNX, is quantized already or has nothing to quantize.
        OSError: it can't be written; nothing is left behind.
    """
    import onnx
    from google.protobuf.message import DecodeError
    from onnxruntime import quantization as ort

    source, path = Path(source), Path(path)
    if not source.is_file():
        raise FileNotFoundError(f"no ONNX file at {source}: export the model first")
    if ranges not in RANGES:
        raise ValueError(f"want ranges {' or '.join(RANGES)}, got {ranges!r}")
    try:
        whole = onnx.load(source, "protobuf")
    except DecodeError as error:
        raise ValueError(
            f"{source} can't be read as an ONNX model: {error}. Give the file that export wrote"
        ) from error
    graph = whole.graph
    layers, _ = _nodes(graph)
    if images is not None:
        _check(images, graph)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "quantized.onnx"
        if images is None:
            with _silence():
                ort.quantize_dynamic(
                    whole, made, op_types_to_quantize=["Gemm", "MatMul"], per_channel=per_channel,
                    weight_type=ort.QuantType.QInt8,
                )  # fmt: skip
        else:
            calibrated(whole, made, images, ranges, per_channel)
        data = made.read_bytes()
    files.write(path, data)
    done = sum(weight.data_type == onnx.TensorProto.INT8 and len(weight.dims) > 1
               for weight in onnx.load_from_string(data).graph.initializer)  # fmt: skip
    return QuantizeReport(path, (source.stat().st_size, len(data)), (len(layers), done))


def calibrated(
    whole,  # an onnx.ModelProto
    path: Path,
    images: Tensor,
    ranges: str = "minmax",
    per_channel: bool = True,
    scales: Mapping[str, list] | None = None,
) -> None:
    """Write a network with static scales, as `quantize` does.

    Args:
        scales: of activations by name, as onnxruntime's TensorQuantOverrides; what images show
            doesn't count for these.
    """
    from onnxruntime import quantization as ort

    methods = {
        "minmax": ort.CalibrationMethod.MinMax, "percentile": ort.CalibrationMethod.Percentile
    }  # fmt: skip
    with _silence():
        ort.quantize_static(
            whole, path, _Reader(images, whole.graph.input[0].name),
            quant_format=ort.QuantFormat.QDQ, activation_type=ort.QuantType.QUInt8,
            weight_type=ort.QuantType.QInt8, per_channel=per_channel,
            calibrate_method=methods[ranges], op_types_to_quantize=list(KINDS),
            nodes_to_exclude=_nodes(whole.graph)[1],
            extra_options={"TensorQuantOverrides": dict(scales)} if scales else None,
        )  # fmt: skip


@contextmanager
def _silence() -> Iterator[None]:
    """Without onnxruntime's prints, and its advice to optimise what the exporter has optimised."""
    logging.disable(logging.WARNING)
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.disable(logging.NOTSET)


def _nodes(graph) -> tuple[list[str], list[str]]:
    """Names of the layers, and of the first nodes, which stay at 32 bits."""
    kinds = [node.op_type for node in graph.node]
    if {"QuantizeLinear", "DynamicQuantizeLinear"} & set(kinds):
        raise ValueError("the source is quantized already: start from the file of 32 bits")
    layers = [node for node in graph.node if node.op_type in ("Conv", "Gemm", "MatMul")]
    if not layers:
        raise ValueError("the source has no convolution or matrix product to quantize")
    shapes = {weight.name: weight.dims for weight in graph.initializer}
    first, names = layers[0], [node.name for node in graph.node]
    few = first.op_type == "Conv" and shapes[first.input[1]][1] < FEW_CHANNELS
    return [node.name for node in layers], names[: names.index(first.name) + few]


def _check(images: Tensor, graph) -> None:
    sides = [dim.dim_value for dim in graph.input[0].type.tensor_type.shape.dim][1:]
    if images.ndim != 4 or not len(images) or str(images.dtype) != "torch.uint8":
        raise ValueError(
            f"want uint8 (N, C, H, W) of at least 1 image to calibrate on, got {images.dtype} "
            f"{tuple(images.shape)}"
        )
    if list(images.shape[1:]) != sides:
        raise ValueError(f"the source reads images {sides}, got {list(images.shape[1:])}")


class _Reader:
    """Batches for onnxruntime, which asks for them one by one, and may begin again."""

    def __init__(self, images: Tensor, name: str) -> None:
        self.images, self.name = images, name
        # Histograms want batches of one size: the largest that leaves no rest.
        self.size = max(n for n in range(1, BATCH + 1) if len(images) % n == 0)
        self.batches = self._all()

    def _all(self) -> Iterator[dict[str, np.ndarray]]:
        for part in self.images.split(self.size):
            yield {self.name: (part.float() / 255).cpu().numpy()}

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self.batches, None)

    def rewind(self) -> None:
        self.batches = self._all()
