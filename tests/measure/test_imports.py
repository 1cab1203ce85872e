"""Measuring and compressing load what they need when they need it, not when they are imported."""

import subprocess
import sys

import pytest

HEAVY = {
    "IPython", "matplotlib", "onnx", "onnxruntime", "scipy", "skimage", "sklearn",
    "torch_pruning", "torchao", "torchvision",
}  # fmt: skip


@pytest.mark.parametrize("room", ["facelib.measure", "facelib.compress"])
def test_importing_a_room_loads_no_heavy_package(room):
    code = f"import sys, {room}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert not HEAVY & set(loaded.stdout.split())
