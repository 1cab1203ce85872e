"""Time and memory of networks that run in onnxruntime."""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from facelib.models.faceresnet import SHAPE
from facelib.models.runtime import OnnxModel

CALLS = 20  # a turn, of which the fastest counts


def call(model: OnnxModel) -> Callable[[], object]:
    """One image through onnxruntime, without the way from torch and back."""
    image = np.random.default_rng(0).random((1, *SHAPE), np.float32)
    return lambda: model.session.run(None, {model.names[0]: image})


def resident_megabytes(content: bytes) -> float:
    """How much more memory a process holds once it has loaded a file and run one image.

    Weights, and room for the largest activations, which onnxruntime keeps.

    Args:
        content: of an ONNX file.
    """
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "model.onnx"
        path.write_bytes(content)
        code = _MEMORY.format(path=str(path), shape=(1, *SHAPE))
        said = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    return float(said.stdout)


_MEMORY = """
import numpy, onnxruntime, psutil
def resident():
    return psutil.Process().memory_info().rss / 1e6
options, before = onnxruntime.SessionOptions(), resident()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession({path!r}, options, ["CPUExecutionProvider"])
session.run(None, {{session.get_inputs()[0].name: numpy.zeros({shape}, "f")}})
print(resident() - before)
"""
