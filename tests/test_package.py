import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("settings", "spins"),
    [({}, "10000"), ({"GOMP_SPINCOUNT": "5"}, "5"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "None")],
)
def test_idle_threads_spin_briefly_unless_the_user_has_said_otherwise(settings, spins):
    names = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")
    environment = {name: os.environ[name] for name in os.environ if name not in names} | settings
    script = "import os, facelib; print(os.environ.get('GOMP_SPINCOUNT'))"
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == spins


def test_importing_the_package_alone_does_not_load_torch():
    script = "import sys, facelib; print('torch' in sys.modules)"
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("room", ["data", "synth", "models", "models.backbones", "models.runtime"])
def test_faces_and_networks_are_had_without_what_only_some_of_them_need(room):
    heavy = "sklearn scipy skimage torchvision matplotlib IPython onnxruntime timm"
    script = f"import sys, facelib.{room}; print(*{{*'{heavy}'.split()}} & {{*sys.modules}})"
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
