"""The evidence of lesson 08 at its smallest."""

import pytest
import torch

from facecourse.ladder import student as taught
from facecourse.ladder import timing
from facecourse.lesson08_quantization import evidence as lesson08
from facecourse.lesson08_quantization import experiment as rounding
from facelib.models import FaceResNet


def student():
    torch.manual_seed(0)
    return FaceResNet(8, 8, (0, 0, 1)).eval()


@pytest.fixture
def small(monkeypatch, small_ladder):
    for module in (taught, timing, lesson08, rounding):
        monkeypatch.setattr(module, "face_student", student)
    monkeypatch.setitem(lesson08.KINDS, "the student", student)
    monkeypatch.setattr(lesson08, "times_faster", lambda models, pairs: dict.fromkeys(models, 1.0))
    monkeypatch.setattr(rounding, "calibration_faces", lambda people=8: FACES)


FACES = taught.calibration_faces(4)


@pytest.mark.evidence
@pytest.mark.usefixtures("small")
def test_fewer_bits_ranks_and_values_make_smaller_files(measure):
    settings = {"BITS": (3, 2), "ZEROS": (0.8,), "PAIRS": 6}
    stored = measure(lesson08, SEEDS=(0,), STEPS=3, LONGER=3, PEOPLE=12, **settings)
    sizes = {name: row["bytes"] for name, row in stored["files"].items()}
    assert sizes["static, minmax"] < 0.5 * sizes["32 bits"]
    assert stored["files"]["32 bits"]["times faster"]["value"] == pytest.approx(1, abs=0.6)
    assert list(stored["bits"]) == ["3"]
    assert stored["halves"]["float16"]["largest"] == 65504
    assert stored["ranks"][1]["macs"] > stored["ranks"][2]["macs"]
    stages = [row["bytes"] for row in stored["deep compression"]]
    assert stages[0] > stages[1] > stages[2] > stages[3]
    assert stages[4] < stages[2]  # with zeros, shorter at as many values
