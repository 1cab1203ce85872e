"""The embedding that comes with the course."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from facelib.models import io
from facelib.models.faceresnet import FaceResNet

WEIGHTS = Path(__file__).parent / "weights" / "face_embedding.safetensors"


def face_embedding() -> FaceResNet:
    """A FaceResNet trained on people who don't exist and on nobody else, in evaluation mode.

    Grey faces of 64 x 64 pixels -> 128 numbers. What it was trained on, how well it works and what
    it is not for: the model card, weights/README.md beside this file.

    Raises:
        FileNotFoundError, ValueError: the file is missing or damaged: install the package again.
    """
    return cast(FaceResNet, io.load(WEIGHTS))
