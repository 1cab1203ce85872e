"""Lesson 08: numbers of fewer bits, and matrices of lower rank.

They change the student of lesson 06, which is judged as in lesson 07: by the points of TAR it has
lost of its teacher's.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from facecourse.ladder.student import STEPS, calibration_faces, train_further
from facelib.compress import decode, export, factorize, quantize, round_weights, ship
from facelib.compress.layers import find_layers
from facelib.models import face_student
from facelib.models.faceresnet import SHAPE
from facelib.models.runtime import OnnxModel

RATE = 1e-3  # of training while rounded, and of its rival


def round_weight(weight: Tensor, bits: int, per_channel: bool = True) -> Tensor:
    """A weight as `bits` bits give it back, symmetric around 0; by torch.

    Args:
        weight: float (outputs, ...).
        bits: 2 to 8.
        per_channel: a scale for each output; else one for all.
    """
    most = 2 ** (bits - 1) - 1
    flat = weight.detach().flatten(1) if per_channel else weight.detach().reshape(1, -1)
    scale = (flat.abs().amax(1) / most).clamp(min=1e-12)
    zero = torch.zeros(len(scale), dtype=torch.int32)
    rounded = torch.fake_quantize_per_channel_affine(flat, scale, zero, 0, -most, most)
    return rounded.view_as(weight)


def round_student(bits: int, per_channel: bool = True) -> nn.Module:
    """The student with its weights rounded; what they read is not."""
    model = face_student()
    for layer in find_layers(model).values():
        layer.weight.data = round_weight(layer.weight, bits, per_channel)
    return model


# Pictures that could set the scales, uint8 (N, 1, 64, 64).
CALIBRATED_ON: Mapping[str, Callable[[], Tensor]] = {
    "256 faces": lambda: calibration_faces(64),
    "8 faces": lambda: calibration_faces(2),
    "256 dark faces": lambda: calibration_faces(64) // 4,
    "noise": lambda: torch.randint(
        256, (256, 1, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    ),
}


def export_files(folder: Path) -> dict[str, Path]:
    """The student in ONNX: of 32 bits and of 8 in several ways."""
    plain, some = export(face_student(), folder / "plain.onnx", SHAPE).path, calibration_faces()
    ways = {
        "dynamic": {"images": None},
        "static, minmax": {"images": some},
        "static, percentile": {"images": some, "ranges": "percentile"},
        "static, a scale a layer": {"images": some, "per_channel": False},
    }
    return {"32 bits": plain} | {
        name: quantize(plain, folder / f"{name}.onnx", **settings).path
        for name, settings in ways.items()
    }


def count_weights(path: Path) -> int:
    """How many weights the layers of an ONNX file have, of however many bits."""
    import onnx

    stored = onnx.load(path).graph.initializer
    return sum(math.prod(weight.dims) for weight in stored if len(weight.dims) > 1)


def measure_angle(embeddings: Tensor, before: Tensor) -> float:
    """By how many degrees, on average, embeddings of length 1 have turned.

    Args:
        embeddings, before: float (N, D), of the same images.
    """
    cosine = (embeddings * before).sum(1)
    return float(cosine.clamp(-1, 1).acos().rad2deg().mean())


def cast_student(dtype: torch.dtype) -> nn.Module:
    """The student with all its numbers cut to 16 bits, and computing with 32 as before."""
    return face_student().to(dtype).float()


def build_prelu_student() -> nn.Module:
    """The student with PReLU in place of ReLU, as MobileFaceNet has it: for timing."""
    model = face_student()
    for name, part in list(model.named_modules()):
        if isinstance(part, nn.ReLU):
            model.set_submodule(name, nn.PReLU())
    return model.eval()


def train_rounded(bits: int, seed: int, steps: int = STEPS) -> nn.Module:
    """The student after training while its weights had so many bits."""
    return decode(train_further(round_weights(face_student(), bits), seed, steps, RATE))


def run_shipped(model: nn.Module, bits: int) -> OnnxModel:
    """What a network's zipped file of 8 bits, with weights of so many, computes."""
    with tempfile.TemporaryDirectory() as place:
        ship(model, Path(place) / "small", calibration_faces(), bits)
        return OnnxModel(Path(place) / "small")


def reduce_rank(part: float, kind: type[nn.Module]) -> tuple[nn.Module, dict]:
    """The student with its layers of one kind split in two; and what each keeps, by name.

    Args:
        part: of each layer's full rank.
        kind: nn.Linear or nn.Conv2d. The first convolution, of rank 9, stays.
    """
    model, ranks = face_student(), {}
    for name, layer in find_layers(model).items():
        rows, columns = layer.weight.flatten(1).shape
        if isinstance(layer, kind) and columns > 9:
            ranks[name] = max(1, round(part * min(rows, columns)))
    return factorize(model, ranks)
