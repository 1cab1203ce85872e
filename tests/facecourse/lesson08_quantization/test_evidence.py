"""The evidence of lesson 08 at its smallest: every file, type, rank and codebook."""

import pytest
import torch

from facecourse.kit import evidence
from facecourse.ladder import student as taught
from facecourse.ladder import timing
from facecourse.lesson08_quantization import evidence as lesson08
from facecourse.lesson08_quantization import experiment as rounding
from facelib.models import FaceResNet


def student():
    torch.manual_seed(0)
    return FaceResNet(8, 8, (0, 0, 1)).eval()


@pytest.fixture
def small(monkeypatch):
    for module in (taught, timing, lesson08, rounding):
        monkeypatch.setattr(module, "face_student", student)
    monkeypatch.setattr(taught, "face_embedding", lambda: FaceResNet(2, 8).eval())
    for module in (taught, rounding):
        monkeypatch.setattr(module, "BATCH", 16)
    monkeypatch.setattr(taught, "KEPT", 1)
    monkeypatch.setattr(lesson08, "BITS", (3, 2))
    monkeypatch.setattr(lesson08, "ZEROS", (0.8,))
    monkeypatch.setattr(lesson08, "times_faster", lambda models, pairs: dict.fromkeys(models, 1.0))
    monkeypatch.setattr(rounding, "calibration_faces", lambda people=8: FACES)
    for cached in (taught.teacher_batches, taught._reference):
        cached.cache_clear()
    yield
    for cached in (taught.teacher_batches, taught._reference):
        cached.cache_clear()


FACES = taught.calibration_faces(4)


@pytest.mark.usefixtures("small")
def test_the_evidence_of_lesson_08_has_every_way_to_round_and_to_split(tmp_path):
    lesson08.main((0,), steps=3, longer=3, people=12, pairs=6, folder=tmp_path)
    stored = evidence.read("evidence", tmp_path)
    sizes = {name: row["bytes"] for name, row in stored["files"].items()}
    assert sizes["static, minmax"] < 0.5 * sizes["32 bits"]
    assert stored["files"]["32 bits"]["times faster"]["value"] == pytest.approx(1, abs=0.6)
    assert list(stored["eight bits"]) == [
        "the student", "the same with PReLU", "lesson 01's FaceCNN"
    ]  # fmt: skip
    assert list(stored["bits"]) == ["3"]
    assert all(len(runs["aware"]) == 1 for runs in stored["bits"].values())
    assert list(stored["scales"]["a layer"]) == ["3", "2"]
    assert stored["halves"]["float16"]["largest"] == 65504
    split = stored["ranks"]
    assert [(row["layers"], row["part"]) for row in split] == [
        (kind.__name__, part) for part, kind in lesson08.PARTS
    ]
    assert split[1]["macs"] > split[2]["macs"]
    assert [row["times faster"] for row in split] == [1.0] * len(split)
    stages = [row["bytes"] for row in stored["deep compression"]]
    assert len(stages) == 1 + 3 + 2
    assert stages[0] > stages[1] > stages[2] > stages[3]
    assert stages[4] < stages[2]  # with zeros, shorter at as many values
