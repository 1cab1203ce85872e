"""The evidence of lesson 07 at its smallest: every share, ratio, importance, width and block."""

import pytest
import torch
from torch import nn

from facecourse.kit import evidence
from facecourse.ladder import student as taught
from facecourse.ladder import timing
from facecourse.lesson07_pruning import evidence as lesson07
from facecourse.lesson07_pruning import experiment as pruning
from facelib.models import FaceResNet


def student():
    model = FaceResNet(8, 8, (0, 0, 1)).eval()
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):  # equal scales would all go or all stay
            layer.weight.data = torch.rand_like(layer.weight)
    return model


@pytest.fixture
def small(monkeypatch):
    for module in (pruning, lesson07, taught, timing):
        monkeypatch.setattr(module, "face_student", student)
    monkeypatch.setattr(taught, "face_embedding", lambda: FaceResNet(2, 8).eval())
    monkeypatch.setattr(taught, "BATCH", 16)
    monkeypatch.setattr(taught, "KEPT", 1)
    monkeypatch.setattr(pruning, "SHARES", (0.5, 0.9))
    monkeypatch.setattr(lesson07, "ROUND_TO", (1, 4))
    for cached in (taught.teacher_batches, taught._reference):
        cached.cache_clear()
    yield
    for cached in (taught.teacher_batches, taught._reference):
        cached.cache_clear()


@pytest.mark.usefixtures("small")
def test_the_evidence_of_lesson_07_has_every_way_to_prune(tmp_path):
    lesson07.main((0,), (0,), steps=4, epochs=2, people=12, pairs=6, folder=tmp_path)
    stored = evidence.read("evidence", tmp_path)
    for share, runs in stored["weights"].items():
        assert len(runs["trained on"]) == len(runs["in rounds"]) == 1, share
        assert runs["at once"]["n"] == 12, share
    for ratio, importances in stored["channels"].items():
        assert list(importances) == list(lesson07.IMPORTANCE), ratio
        assert [name for name, runs in importances.items() if "from nothing" in runs] == ["L1"]
    macs = [runs["L1"]["macs"] for runs in stored["channels"].values()]
    assert macs == sorted(macs, reverse=True)
    assert all(width % 4 == 0 for width in stored["widths"]["4"]["widths"])
    assert list(stored["sensitivity"]) == [
        *(f"features.{place}" for place in (0, 3, 6)),
        "features.9.change.0", "features.9.change.3", "features.10", "embedding.1",
    ]  # fmt: skip
    assert list(stored["blocks"]) == ["features.9"]
    shares = ["before", "0", *(f"{share:g}" for share in lesson07.NAMER_SHARES)]
    assert [name for name in stored["names"] if "," not in name] == shares
    best, honest = stored["optimism"].values()
    assert best[0] >= honest[0]
