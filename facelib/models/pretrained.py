"""The embeddings that come with the course: a network, and smaller ones that it has taught.

Grey faces of 64 x 64 pixels -> 128 numbers, in evaluation mode. What they were trained on, how well
they work and what they are not for: the model card, weights/README.md beside this file. A file that
is missing or damaged is a FileNotFoundError or a ValueError: install the package again.
"""

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
    """A FaceResNet trained on people who don't exist and on nobody else."""
    return cast(FaceResNet, io.load(WEIGHTS))


def face_student() -> FaceResNet:
    """What `face_embedding` says, by a sixth of its work: half as wide, two blocks fewer, and
    taught without a name."""
    return cast(FaceResNet, io.load(STUDENT))


def face_pruned() -> nn.Module:
    """`face_student` with half of its MACs pruned and a linear layer of low rank, taught again."""
    return io.load(PRUNED)


def face_compact() -> OnnxModel:
    """The smallest: as `face_pruned`, but taught while its weights had four bits; a zipped ONNX
    file of eight, which any onnxruntime opens once it is unzipped."""
    return OnnxModel(COMPACT)
