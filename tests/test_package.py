import subprocess
import sys

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
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout
    for room, loaded in zip(["", *ROOMS], said.splitlines(), strict=True):
        heavy = HEAVY if room and "door" not in room else HEAVY | {"torch"}
        assert not heavy & set(loaded.split()), room
