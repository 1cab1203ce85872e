"""The evidence of lesson 06 at its smallest: every loss, teacher, picture and student."""

import pytest

from facecourse.kit import evidence, orl, protocol, transfer
from facecourse.kit import verify as strangers
from facecourse.lesson06_distillation import evidence as lesson06
from facecourse.lesson06_distillation import experiment as distilling
from facecourse.lesson06_distillation import unlabelled
from facelib.models import FaceCNN, FaceResNet


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(distilling, "train_teacher", lambda *_: FaceCNN(2, 8, 20).eval())
    monkeypatch.setattr(distilling, "face_embedding", lambda: FaceResNet(2).eval())
    monkeypatch.setattr(transfer, "adapt", lambda *_: FaceCNN(2, 8, 20).eval())
    monkeypatch.setattr(orl, "PHOTOS", (1, 2))
    monkeypatch.setattr(distilling, "FACES", 16)
    monkeypatch.setattr(protocol, "RESAMPLES", 100)
    monkeypatch.setattr(strangers, "RESAMPLES", 100)


@pytest.mark.usefixtures("small")
def test_the_evidence_of_lesson_06_has_every_loss_and_teacher(tmp_path):
    lesson06.main((0,), (0,), (100,), steps=2, budgets=(1,), people=8, folder=tmp_path)
    stored = evidence.read("evidence", tmp_path)
    settings = len(lesson06.TEMPERATURES) * len(lesson06.WEIGHTS)
    assert len(stored["choices"]["soft targets"]) == settings
    rates = len(distilling.TAUGHT_BY) * len(lesson06.RATES)
    assert len(stored["choices"]["rates"]) == rates
    for runs in (*stored["names"].values(), stored["temperatures"]):
        for shares in runs.values():
            assert [len(split) for split in shares] == [20]
            assert all(0 <= share <= 1 for share in shares[0])
    assert list(stored["names"]["2"]) == ["teacher", *distilling.TAUGHT_BY]
    assert list(stored["teachers"]) == list(distilling.TEACHERS)
    metrics = stored["embedders"]["1"]
    assert metrics["taught"].keys() == metrics["names"].keys()
    assert all(len(values) == 1 for values in metrics["taught"].values())


@pytest.mark.usefixtures("small")
def test_the_evidence_without_names_has_every_picture_and_teacher(tmp_path):
    unlabelled.main((0,), steps=2, folder=tmp_path)
    found = evidence.read("unlabelled", tmp_path)["pictures"]
    assert set(distilling.PICTURES) < set(found)
    assert {"teacher", "teacher, fine-tuned", *unlabelled.TUNED} < set(found)
    assert all([len(split) for split in shares] == [20] for shares in found.values())
