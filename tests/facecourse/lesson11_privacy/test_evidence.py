"""The evidence of lesson 11 at its smallest."""

import functools

import pytest
import torch

from facecourse.lesson11_privacy import evidence as lesson11
from facecourse.lesson11_privacy import experiment
from facelib.models import FaceResNet


@pytest.mark.evidence
def test_attacks_are_stored_by_network_training_and_defence(measure, monkeypatch):
    torch.manual_seed(0)
    small = FaceResNet(4, 16, (0, 0, 1)).eval()
    for module, name, value in (
        (lesson11, "face_embedding", lambda: small),
        (lesson11, "face_compact", lambda: small),
        (lesson11, "efficientnet_lite0", lambda *given: small),
        (lesson11, "presentation", functools.partial(lesson11.presentation, people=6)),
        (experiment, "train_judge", functools.partial(experiment.train_judge, components=10)),
        (experiment, "choose_door_threshold", lambda ask, people=0: 0.5),
        (experiment, "fool_doors", functools.partial(experiment.fool_doors, steps=2)),
    ):
        monkeypatch.setattr(module, name, value)
    settings = {"PEOPLE": 40, "COUNT": 12, "LEARNT": 16, "FOOLED": 4, "LIMITS": (1, 8)}
    stored = measure(lesson11, SEEDS=(0,), EPOCHS=2, LOOKS=2, **settings)
    assert list(stored["doors"]) == ["teacher", "compact"]
    assert stored["doors"]["teacher"] == stored["doors"]["compact"]
    assert len(stored["judge"]) == 4
    assert len(stored["members"]["augmented"]["2 augmented looks"]) == 1
    for curves in stored["presentation"]["DET"].values():
        assert list(curves) == list(lesson11.LEARNT_FROM)
        assert curves["prints"]["bpcer"] == sorted(curves["prints"]["bpcer"], reverse=True)
    assert list(stored["fooled"]["blur"]["aware"]) == ["1", "8"]
