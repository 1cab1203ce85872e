"""Times of networks that run in onnxruntime, in turns."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from torch import nn

from facelib.compress import export
from facelib.measure import Interval, latency_ratio
from facelib.models import face_student
from facelib.models.faceresnet import SHAPE
from facelib.models.runtime import OnnxModel


def call(model: OnnxModel) -> Callable[[], object]:
    """One image through onnxruntime, without the way from torch and back."""
    image = np.random.default_rng(0).random((1, *SHAPE), np.float32)
    return lambda: model.session.run(None, {model.names[0]: image})


def times_faster(models: Mapping[str, nn.Module], pairs: int) -> dict[str, Interval]:
    """How many times faster than the student each is in onnxruntime."""
    with tempfile.TemporaryDirectory() as place:
        whole = OnnxModel(export(face_student(), Path(place) / "whole", SHAPE).path)
        found = {}
        for name, model in models.items():
            file = OnnxModel(export(model, Path(place) / f"without {name}", SHAPE).path)
            found[name] = latency_ratio(call(whole), call(file), pairs=pairs)
    return found
