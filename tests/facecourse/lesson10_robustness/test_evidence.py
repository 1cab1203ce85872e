"""The evidence of lesson 10 at its smallest."""

import pytest
import torch

from facecourse.lesson10_robustness import evidence as lesson10
from facecourse.lesson10_robustness import experiment
from facelib.data import corrupt
from facelib.measure import Interval
from facelib.models import FaceResNet


@pytest.fixture
def small(monkeypatch):
    torch.manual_seed(0)
    rungs = {name: FaceResNet(4, 16, (0, 0, 1)).eval() for name in ("teacher", "compact")}
    half = Interval(0.5, 0.4, 0.6, 9)
    for module, name, value in (
        (lesson10, "load_rungs", lambda: rungs),
        (experiment, "detect_skin", lambda people: ({"0.125": half}, half)),
        (experiment, "AMOUNTS", {"yaw, degrees": (0, 45), "blur, pixels": (0, 4)}),
        (experiment, "SPOILT", {"blur, pixels": corrupt.blur}),
        (experiment, "ILLS", {"as they are": lambda images: images}),
        (experiment, "FAR", 0.02),
        (experiment.verify, "RESAMPLES", 100),
    ):
        monkeypatch.setattr(module, name, value)


@pytest.mark.evidence
@pytest.mark.usefixtures("small")
def test_every_rung_has_all_groups_and_changes_are_those_from_the_teacher(measure):
    settings = {"PEOPLE": 60, "SWEPT": 12, "PAINTED": 12, "CHOSEN_ON": 40, "EPOCHS": 1}
    stored = measure(lesson10, SEEDS=(0, 1), **settings)
    assert sum(e["fnmr"]["n"] for e in stored["groups"]["teacher"].values()) == 60
    assert list(stored["changes"]) == ["compact"]
    assert any(change["fnmr"]["value"] for change in stored["changes"]["compact"].values())
    assert list(stored["skin"]["FMR"]) == list(lesson10.SKIN_CHANGES)
    assert list(stored["sweeps"]["compact"]) == list(experiment.AMOUNTS)
    assert len(stored["cures"]["both"]) == 2
    assert list(stored["detected"]) == ["found", "change"]
