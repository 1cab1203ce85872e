"""The evidence of lesson 10 at its smallest."""

import pytest
import torch

from facecourse.kit import evidence
from facecourse.lesson10_harm import evidence as lesson10
from facecourse.lesson10_harm import fairness, variation
from facelib.data import corrupt
from facelib.models import FaceResNet


@pytest.fixture
def small(monkeypatch):
    torch.manual_seed(0)
    models = {name: FaceResNet(4, 16, (0, 0, 1)).eval() for name in ("teacher", "student")}
    monkeypatch.setattr(lesson10, "networks", lambda steps, calibrated_on: models)
    monkeypatch.setattr(variation, "AMOUNTS", {name: variation.AMOUNTS[name][::3] for name in
                                               ("smile", "blur, pixels")})  # fmt: skip
    monkeypatch.setattr(variation, "SPOILT", {"blur, pixels": corrupt.blur})
    monkeypatch.setattr(variation, "ILLS", {"blurred": ("blur, pixels", 2)})
    monkeypatch.setattr(variation.verify, "RESAMPLES", 100)
    monkeypatch.setattr(fairness, "FAR", 0.02)
    monkeypatch.setattr(variation, "FAR", 0.02)
    monkeypatch.setattr(fairness, "PEOPLE", 40)
    fairness.load_others.cache_clear()
    yield
    fairness.load_others.cache_clear()


def test_the_evidence_of_lesson_10_has_every_network_group_and_factor(small, tmp_path):
    lesson10.main((0, 1), (0, 1), 60, 12, 40, steps=1, epochs=1, folder=tmp_path)
    stored = evidence.read("evidence", tmp_path)
    assert list(stored["sweeps"]) == ["teacher", "student"]
    assert list(stored["sweeps"]["student"]) == ["smile", "blur, pixels"]
    assert list(stored["sweeps, ORL"]["student"]) == ["blur, pixels"]
    assert set(stored["cures"]) == set(variation.CURES)
    assert len(stored["cures"]["both"]) == 2
    assert list(stored["groups"]["teacher"]) == ["0", "1", "2", "3"]
    assert sum(e["fnmr"]["n"] for e in stored["groups"]["student"].values()) == 60
    assert all(change["value"] == 0 for change in stored["changes"]["teacher"])
    assert any(change["value"] != 0 for change in stored["changes"]["student"])
    one, each = stored["thresholds"]["one"], stored["thresholds"]["each"]
    assert len(set(one["at"])) == 1 < len(set(each["at"]))
    assert one["errors"] == stored["groups"]["teacher"]
    assert list(stored["sources"]) == list(fairness.SOURCES)
    assert len(stored["sources"]["everybody"]["fmr"][1]) == 4


def test_each_network_stands_at_32_and_at_8_bits(monkeypatch):
    monkeypatch.setattr(lesson10, "train_further", lambda model, steps: model)
    names = list(lesson10.networks(steps=1, calibrated_on=4))
    assert names == ["teacher", "teacher, int8", "student", "student, int8", "pruned",
                     "pruned, int8"]  # fmt: skip
