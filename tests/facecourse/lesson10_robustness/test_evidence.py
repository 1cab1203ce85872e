"""The evidence of lesson 10 at its smallest."""

import pytest
import torch
from facecourse.lesson10_harm import evidence as lesson10
from facecourse.lesson10_harm import fairness, variation

from facelib.data import corrupt
from facelib.models import FaceResNet


@pytest.fixture
def small(monkeypatch):
    torch.manual_seed(0)
    models = {name: FaceResNet(4, 16, (0, 0, 1)).eval() for name in ("teacher", "student")}
    monkeypatch.setattr(lesson10, "networks", lambda: models)
    monkeypatch.setattr(variation, "AMOUNTS", {name: variation.AMOUNTS[name][::3] for name in
                                               ("smile", "blur, pixels")})  # fmt: skip
    monkeypatch.setattr(variation, "SPOILT", {"blur, pixels": corrupt.blur})
    monkeypatch.setattr(variation, "ILLS", {"blurred": ("blur, pixels", 2)})
    monkeypatch.setattr(variation.verify, "RESAMPLES", 100)
    monkeypatch.setattr(fairness, "FAR", 0.02)
    monkeypatch.setattr(variation, "FAR", 0.02)
    monkeypatch.setattr(fairness, "PEOPLE", 40)
    monkeypatch.setattr(fairness, "STEPS", 1)
    fairness.load_others.cache_clear()
    yield
    fairness.load_others.cache_clear()


@pytest.mark.evidence
@pytest.mark.usefixtures("small")
def test_changes_are_those_from_the_teacher_and_thresholds_are_one_or_each(measure):
    settings = {"PEOPLE": 60, "SWEPT": 12, "CHOSEN_ON": 40, "EPOCHS": 1}
    stored = measure(lesson10, SEEDS=(0, 1), FEW=(0, 1), **settings)
    assert sum(e["fnmr"]["n"] for e in stored["groups"]["student"].values()) == 60
    assert all(change["value"] == 0 for change in stored["changes"]["teacher"])
    assert any(change["value"] != 0 for change in stored["changes"]["student"])
    one, each = stored["thresholds"]["one"], stored["thresholds"]["each"]
    assert len(set(one["at"])) == 1 < len(set(each["at"]))
    assert one["errors"] == stored["groups"]["teacher"]
    assert len(stored["sources"]["everybody"]["fmr"][1]) == 4


def test_each_network_stands_at_32_and_at_8_bits(monkeypatch):
    monkeypatch.setattr(lesson10, "train_further", lambda model, steps: model)
    monkeypatch.setattr(fairness, "quantize_network", lambda model, people: model)
    names = list(lesson10.networks())
    assert names == ["teacher", "teacher, int8", "student", "student, int8", "pruned",
                     "pruned, int8"]  # fmt: skip
