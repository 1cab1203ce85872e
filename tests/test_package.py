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
ROOMS = [  # those without torch first
    "door", "door.align", "door.recogniser", "door.register", "door.thresholds", "data", "synth",
    "models", "models.backbones", "models.runtime", "measure", "compress",
]  # fmt: skip


def test_a_room_is_entered_without_what_only_some_who_enter_need():
    script = "import sys, facelib\nprint(*sys.modules)\n"
    script += "".join(f"import facelib.{room}\nprint(*sys.modules)\n" for room in ROOMS)
    for room, loaded in zip(["", *ROOMS], run(script).splitlines(), strict=True):
        heavy = HEAVY if room and "door" not in room else HEAVY | {"torch"}
        assert not heavy & set(loaded.split()), room
