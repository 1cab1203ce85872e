"""The evidence of lesson 11 at its smallest."""

import functools

import pytest
import torch

from facecourse.lesson11_privacy import evidence as lesson11
from facecourse.lesson11_privacy import experiment
from facelib.models import FaceResNet


@pytest.mark.evidence
def test_attacks_are_stored_by_network_trial_and_defence(measure, monkeypatch):
    torch.manual_seed(0)
    small = FaceResNet(4, 16, (0, 0, 1)).eval()
    for module, name, value in (
        (lesson11, "face_embedding", lambda: small),
        (lesson11, "face_compact", lambda: small),
        (lesson11, "presentation", functools.partial(lesson11.presentation, people=6)),
        (experiment, "choose_door_threshold", lambda ask, people=0: 0.5),
        (experiment, "fool_doors", functools.partial(experiment.fool_doors, steps=2)),
    ):
        monkeypatch.setattr(module, name, value)
    stored = measure(lesson11, PEOPLE=40, COUNT=12, FOOLED=4, LIMITS=(1, 8))
    assert list(stored["doors"]) == ["teacher", "compact"]
    assert stored["doors"]["teacher"] == stored["doors"]["compact"]
    assert list(stored["presentation"]["BPCER"]) == list(lesson11.TRIED)
    assert list(stored["fooled"]["blur"]["aware"]) == ["1", "8"]
