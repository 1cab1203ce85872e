"""From PyTorch to ONNX, the file that onnxruntime runs on laptops, phones and in browsers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from facelib import files
from facelib.compress.quiet import quiet
from facelib.models.embed import evaluating
from facelib.models.runtime import OnnxModel

OPSET = 20
BATCHES = (1, 2, 5)  # checked against PyTorch
TOLERANCE = 1e-4  # largest difference allowed, of embeddings of unit length


@dataclass(frozen=True)
class ExportReport:
    """Attributes: path; bytes; difference, the largest between the embeddings of unit length that
    PyTorch and onnxruntime give."""

    path: Path
    bytes: int
    difference: float


class Embedder(nn.Module):
    """A model's `embed` as its `forward`."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        return self.model.embed(images)


def export(model: nn.Module, path: str | Path, shape: Sequence[int]) -> ExportReport:
    """Write what a model embeds by to an ONNX file, for batches of any size, and check it.

    Input "images", float32 (N, C, H, W) in [0, 1]; output "embedding", float32 (N, D), any length.

    Args:
        model: on the CPU; left in the mode it came in.
        path: where to write, usually `….onnx`.
        shape: of one image, (C, H, W).

    Raises:
        ValueError: an operator that ONNX lacks, embeddings that are NaN or infinite, a file that
            takes batches of one size only, or one that doesn't give what PyTorch gives.
        OSError: it can't be written; nothing is left behind.
    """
    with evaluating(model):
        data, difference = to_onnx(model, shape)
    files.write(path, data)
    return ExportReport(Path(path), len(data), difference)


def to_onnx(model: nn.Module, shape: Sequence[int]) -> tuple[bytes, float]:
    """The ONNX file's content, and the difference in what it gives; the model is put in evaluation
    mode. Errors as of `export`."""
    name, plain = type(model).__name__, Embedder(model).eval()
    try:
        with quiet():
            program = torch.onnx.export(
                plain, (torch.zeros(2, *shape),), dynamo=True, opset_version=OPSET, verbose=False,
                input_names=["images"], output_names=["embedding"],
                dynamic_shapes={"images": {0: torch.export.Dim("batch", min=1, max=2**16)}},
            )  # fmt: skip
    except torch.onnx.OnnxExporterError as error:
        reason = str(error.__cause__ or error).split(". See")[0].strip()
        raise ValueError(f"{name} can't become ONNX: {reason}") from error
    data = _bare(program.model_proto)
    difference = max(_difference(plain, data, (n, *shape)) for n in BATCHES)
    if not difference <= TOLERANCE:
        raise ValueError(
            f"{name} in ONNX gives other embeddings than in PyTorch, by {difference:.2g} at most: "
            "an operator is translated wrongly"
        )
    return data, difference


def _bare(proto) -> bytes:  # an onnx.ModelProto
    """Without the exporter's notes on every node: lines of code, paths, and shapes that would be
    wrong once `quantize` has transposed a weight."""
    graph = proto.graph
    for part in (proto, graph, *graph.node, *graph.input, *graph.output, *graph.initializer):
        part.doc_string = ""
        if hasattr(part, "metadata_props"):
            del part.metadata_props[:]
    del graph.value_info[:]
    return proto.SerializeToString()


def _difference(model: Embedder, data: bytes, shape: tuple[int, ...]) -> float:
    name = type(model.model).__name__
    images = torch.rand(shape, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        wanted = model(images)
    if not wanted.isfinite().all():
        raise ValueError(f"{name} gives embeddings that are NaN or infinite: train it again")
    try:
        found = OnnxModel(data).embed(images)
    except Exception as error:  # onnxruntime has many, without a common one
        raise ValueError(
            f"{name} in ONNX can't read a batch of {shape[0]}, as it can one of 2: {error}. Does "
            "it take the number of images as a Python int?"
        ) from error
    if found.shape != wanted.shape:
        return math.inf
    return float((normalize(found) - normalize(wanted)).abs().max())
