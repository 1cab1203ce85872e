"""The embedding that comes with the course."""

from __future__ import annotations

from importlib import resources
from typing import cast

from facelib.models import io
from facelib.models.faceresnet import FaceResNet


def face_embedding() -> FaceResNet:
    """A FaceResNet trained on people who don't exist and on nobody else, in evaluation mode.

    What it was trained on, how well it works and what it is not for: weights/README.md beside this
    file, the model card.

    Raises:
        FileNotFoundError, ValueError: the file is missing or damaged: install the package again.
    """
    with resources.as_file(resources.files("facelib.models") / "weights") as folder:
        return cast(FaceResNet, io.load(folder / "face_embedding.safetensors"))
