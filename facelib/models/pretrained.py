"""The embeddings that come with the course: a network, and smaller ones that it has taught."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from torch import nn

from facelib.door.recogniser import COMPACT
from facelib.models import io
from facelib.models.faceresnet import FaceResNet
from facelib.models.runtime import OnnxModel

WEIGHTS = Path(__file__).parent / "weights" / "face_embedding.safetensors"
STUDENT = WEIGHTS.with_name("face_student.safetensors")
PRUNED = WEIGHTS.with_name("face_pruned.safetensors")


def face_embedding() -> FaceResNet:
    """A FaceResNet trained on people who don't exist and on nobody else, in evaluation mode.

    Grey faces of 64 x 64 pixels -> 128 numbers. What it was trained on, how well it works and what
    it is not for: the model card, weights/README.md beside this file.

    Raises:
        FileNotFoundError, ValueError: the file is missing or damaged: install the package again.
    """
    return cast(FaceResNet, io.load(WEIGHTS))


def face_student() -> FaceResNet:
    """What `face_embedding` says, by a sixth of its work: 128 numbers in the same directions.

    Half as wide, two blocks fewer, taught without a name; the model card is in weights/README.md.

    Raises:
        FileNotFoundError, ValueError: as `face_embedding`.
    """
    return cast(FaceResNet, io.load(STUDENT))


def face_pruned() -> nn.Module:
    """`face_student` with half of its MACs pruned and a linear layer of low rank, taught again.

    The model card is in weights/README.md.

    Raises:
        FileNotFoundError, ValueError: as `face_embedding`.
    """
    return io.load(PRUNED)


def face_compact() -> OnnxModel:
    """The smallest: as `face_pruned`, but taught while its weights had four bits; a zipped ONNX
    file of eight, which any onnxruntime opens once it is unzipped.

    The model card is in weights/README.md.

    Raises:
        FileNotFoundError, ValueError: as `face_embedding`.
    """
    return OnnxModel(COMPACT)
