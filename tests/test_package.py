import os
import subprocess
import sys

import pytest


def run(script, **settings):
    names = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")
    environment = {name: os.environ[name] for name in os.environ if name not in names} | settings
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("settings", "spins"),
    [({}, "10000"), ({"GOMP_SPINCOUNT": "5"}, "5"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "None")],
)
def test_idle_threads_spin_briefly_unless_the_user_has_said_otherwise(settings, spins):
    script = "import os, facelib; print(os.environ.get('GOMP_SPINCOUNT'))"
    assert run(script, **settings) == spins


HEAVY = {
    "sklearn", "scipy", "skimage", "torchvision", "matplotlib", "IPython", "onnx", "onnxruntime",
    "timm", "torch_pruning",
}  # fmt: skip
ROOMS = [
    "door", "door.align", "data", "synth", "models", "models.backbones", "models.runtime",
    "measure", "compress",
]  # fmt: skip


@pytest.mark.parametrize("room", ["", *(f".{room}" for room in ROOMS)])
def test_a_room_is_entered_without_what_only_some_who_enter_need(room):
    heavy = HEAVY if room and "door" not in room else HEAVY | {"torch"}
    loaded = run(f"import sys, facelib{room}; print(*sys.modules)")
    assert not heavy & set(loaded.split())
