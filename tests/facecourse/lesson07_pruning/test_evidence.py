"""The evidence of lesson 07 at its smallest."""

import pytest
import torch
from torch import nn

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
def small(monkeypatch, small_ladder):
    for module in (pruning, lesson07, taught, timing):
        monkeypatch.setattr(module, "face_student", student)
    monkeypatch.setattr(pruning, "SHARES", (0.5, 0.9))


@pytest.mark.evidence
@pytest.mark.usefixtures("small")
def test_more_pruning_leaves_fewer_macs_and_honest_choices_score_no_more(measure):
    settings = {"SEEDS": (0,), "NAMERS": (0,), "ROUND_TO": (1, 4)}
    stored = measure(lesson07, STEPS=4, EPOCHS=2, PEOPLE=12, PAIRS=6, **settings)
    for ways in stored["channels"].values():
        assert [name for name, runs in ways.items() if "from nothing" in runs] == ["L1"]
    macs = [runs["L1"]["macs"] for runs in stored["channels"].values()]
    assert macs == sorted(macs, reverse=True)
    assert all(width % 4 == 0 for width in stored["widths"]["4"]["widths"])
    assert list(stored["blocks"]) == ["features.9"]
    best, honest = stored["optimism"].values()
    assert best[0] >= honest[0]
