"""The evidence of lesson 05 at its smallest."""

import pytest

from facecourse.kit import protocol
from facecourse.lesson05_embeddings import evidence as lesson05
from facecourse.lesson05_embeddings import experiment
from facelib.models import FaceCNN


@pytest.mark.evidence
def test_every_loss_is_stored_with_the_setting_chosen_for_it(measure, monkeypatch):
    monkeypatch.setattr(experiment, "train_by_loss", lambda *_, **__: FaceCNN(4, 8, 20).eval())
    monkeypatch.setattr(experiment, "score_unseen", lambda model: {"AUC": 0.5})
    stored = measure(lesson05, SEEDS=(0,), CHOICES=(0,), RATES=(1e-3,))
    assert list(stored["settings"]) == list(stored["losses"]) == list(lesson05.LOSSES)
    assert stored["settings"]["softmax"]["scale"] is None
    assert stored["settings"]["CosFace"]["scale"] in lesson05.SCALES
    assert stored["losses"]["triplet"] == {"AUC": [0.5]}


def test_settings_are_chosen_by_people_who_were_not_learnt_from(monkeypatch):
    learnt, judged = [], []

    def train(name, faces, *_, **__):
        learnt.append(set(faces.names))
        return FaceCNN(4, 8, 10).eval()

    def verify_pairs(codes, faces):
        judged.append(set(faces.names))
        return type("Pairs", (), {"auc": 0.5})

    monkeypatch.setattr(experiment, "train_by_loss", train)
    monkeypatch.setattr(lesson05.verify, "verify_pairs", verify_pairs)
    monkeypatch.setattr(lesson05, "LOSSES", ("triplet",))
    lesson05.choose()
    known = set(protocol.open_people().names)
    assert len(learnt) == 2 * len(lesson05.CHOICES) * len(lesson05.RATES)
    for learn, judge in zip(learnt, judged, strict=True):
        assert learn.isdisjoint(judge)
        assert learn | judge == known
