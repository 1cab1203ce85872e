"""The evidence of lesson 06 at its smallest: every loss, teacher, picture and student."""

import pytest

from facecourse.kit import orl, protocol, transfer
from facecourse.kit import verify as strangers
from facecourse.lesson06_distillation import evidence as lesson06
from facecourse.lesson06_distillation import experiment as distilling
from facecourse.lesson06_distillation import unlabelled
from facelib.models import FaceCNN, FaceResNet

pytestmark = pytest.mark.evidence


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(distilling, "train_teacher", lambda *_: FaceCNN(2, 8, 20).eval())
    monkeypatch.setattr(distilling, "face_embedding", lambda: FaceResNet(2).eval())
    monkeypatch.setattr(transfer, "adapt", lambda *_: FaceCNN(2, 8, 20).eval())
    monkeypatch.setattr(orl, "PHOTOS", (1, 2))
    monkeypatch.setattr(distilling, "FACES", 16)
    monkeypatch.setattr(protocol, "RESAMPLES", 100)
    monkeypatch.setattr(strangers, "RESAMPLES", 100)


def test_every_person_has_a_share_in_each_split_whoever_teaches(measure):
    settings = {"SEEDS": (0,), "FEW": (0,), "CHOICES": (100,)}
    stored = measure(lesson06, STEPS=2, BUDGETS=(1,), PEOPLE=8, **settings)
    assert len(stored["choices"]["soft targets"]) == len(lesson06.TEMPERATURES) * len(
        lesson06.WEIGHTS
    )
    for runs in (*stored["names"].values(), stored["temperatures"]):
        for shares in runs.values():
            assert [len(split) for split in shares] == [20]
            assert all(0 <= share <= 1 for share in shares[0])
    students = stored["embedders"]["1"]
    assert students["taught"].keys() == students["names"].keys()


def test_students_without_names_see_every_kind_of_picture(measure, monkeypatch):
    monkeypatch.setattr(distilling, "LONG", 2)
    found = measure(unlabelled, "unlabelled", SEEDS=(0,))["pictures"]
    assert {"teacher, fine-tuned", *distilling.PICTURES, *unlabelled.TUNED} < set(found)
    assert all([len(split) for split in shares] == [20] for shares in found.values())
