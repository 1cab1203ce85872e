"""Lesson 08: a layer in whole numbers, training while rounded, and a recipe that is tried out."""

import tempfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from facecourse.ladder import student
from facecourse.ladder.student import FAR, STEPS
from facecourse.ladder.timing import CALLS, call
from facelib.compress import decode, round_weights, ship
from facelib.compress.quiet import quiet
from facelib.data import FaceSet
from facelib.measure import Interval, latency_ratio, macs
from facelib.measure.groups import ladder_faces
from facelib.measure.tail import Tail
from facelib.models import face_embedding, face_student
from facelib.models.faceresnet import SHAPE
from facelib.models.runtime import OnnxModel
from facelib.synth.people import pick_seed

TRIED = 150  # people, for a recipe


class Whole(NamedTuple):
    """A linear layer of eight bits, and what it read and made.

    Attributes:
        read, made: codes, uint8 (N, inputs) and (N, outputs).
        weight: int8 (outputs, inputs). bias: int32 (outputs,), in units of the products.
        read_scale, made_scale: float; read_zero, made_zero: uint8; weight_scale: float (outputs,).
    """

    read: Tensor
    read_scale: Tensor
    read_zero: Tensor
    weight: Tensor
    weight_scale: Tensor
    bias: Tensor
    made: Tensor
    made_scale: Tensor
    made_zero: Tensor


def open_layer(path: Path, images: Tensor) -> Whole:
    """The linear layer of a file that onnxruntime's quantizer wrote, at work on some images.

    Args:
        path: of an ONNX file.
        images: uint8 (N, C, H, W).
    """
    import onnx
    from onnx.numpy_helper import to_array

    model = onnx.load(path)
    graph = model.graph
    held = {one.name: torch.tensor(to_array(one)) for one in graph.initializer}
    maker = {node.output[0]: node for node in graph.node}
    gemm = next(node for node in graph.node if node.op_type == "Gemm")
    codes, weights, bias = (maker[name].input for name in gemm.input)
    rounder = next(node for node in graph.node if node.input[0] == gemm.output[0])
    for name in (codes[0], rounder.output[0]):
        info = onnx.helper.make_tensor_value_info(name, onnx.TensorProto.UINT8, None)
        graph.output.append(info)
    session = OnnxModel(model.SerializeToString()).session
    _, read, made = session.run(None, {graph.input[0].name: (images / 255).numpy()})
    return Whole(
        torch.tensor(read), *(held[name] for name in (*codes[1:], *weights[:2], bias[0])),
        torch.tensor(made), *(held[name] for name in rounder.input[1:]),
    )  # fmt: skip


def quantize_dynamic(plain: Path, path: Path) -> None:
    """Write an ONNX file of 8 bits that sets its scales for each face on the spot, made from one of
    32, by onnxruntime's own call."""
    from onnxruntime import quantization as ort

    with quiet():  # ConvInteger wants unsigned weights
        ort.quantize_dynamic(plain, path, weight_type=ort.QuantType.QUInt8)


def time_files(plain: Path, files: Mapping[str, Path], turns: int) -> dict[str, Interval]:
    """How many times faster than one ONNX file each of some others is: one face, one thread."""
    whole = call(OnnxModel(plain))
    return {
        name: latency_ratio(whole, call(OnnxModel(path)), pairs=turns, calls=CALLS)
        for name, path in files.items()
    }


def train_longer(bits: int, seed: int, rate: float, steps: int = STEPS) -> nn.Module:
    """The student trained on, and rounded afterwards."""
    return student.round_after(student.train_further(face_student(), seed, steps, rate), bits)


def train_rounded(bits: int, seed: int, rate: float, steps: int = STEPS) -> nn.Module:
    """The student trained on as long, rounded all the while; statistics as above."""
    model = student.train_further(round_weights(face_student(), bits), seed, steps, rate)
    return student.renew_statistics(decode(model))


class Tried(NamedTuple):
    """What a recipe gave: bytes of its zipped file of eight bits; points of TAR at a FAR of 0.1 %
    lost of the teacher's; multiply-accumulates a face."""

    bytes: int
    lost: float
    macs: int


@lru_cache(4)
def _meet(seed: int) -> tuple[FaceSet, Tail]:
    faces = ladder_faces(TRIED, seed=pick_seed("tried", seed))
    return faces, student.embed_tail(face_embedding(), faces, FAR)


_DONE: dict[int, Tried] = {}  # what was tried already, so that a second look takes no time


def try_out(model: nn.Module, seed: int = 0) -> Tried:
    """Ship a network, weigh its file, and judge it on people who are there to choose by.

    Args:
        model: embeds grey faces of 64 x 64 pixels; its weights may be rounded.
        seed: other people; from 0.
    """
    state = decode(model).state_dict().values()
    key = hash((seed, str(model), *(tensor.numpy().tobytes() for tensor in state)))
    if key not in _DONE:
        faces, before = _meet(seed)
        with tempfile.TemporaryDirectory() as place:
            path = Path(place) / "model.onnx.zip"
            size = ship(model, path, student.calibration_faces(16))
            after = student.embed_tail(OnnxModel(path), faces, FAR)
        lost = round(100 * float(before.tars([FAR]) - after.tars([FAR])), 2)
        _DONE[key] = Tried(size, lost, macs(decode(model), SHAPE))
    return _DONE[key]
