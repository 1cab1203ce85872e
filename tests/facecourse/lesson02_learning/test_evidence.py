"""The evidence of lesson 02 at its smallest: every comparison is paired."""

import functools

import pytest

from facecourse.lesson02_learning import evidence as lesson02
from facecourse.lesson02_learning import experiment, overfitting

pytestmark = pytest.mark.evidence


def test_there_is_one_number_a_split_for_everything(measure, monkeypatch):
    quick = functools.partial(overfitting.train_watched, steps=5, looks=1)
    monkeypatch.setattr(overfitting, "train_watched", quick)
    monkeypatch.setattr(experiment, "LOOKS", (1, 2))
    stored = measure(lesson02, SPLITS=2)
    assert {len(runs) for runs in stored["remedies"].values()} == {2}
    assert "early stopping" in stored["remedies"]
    assert {len(runs) for runs in stored["losses"]["from scratch"].values()} == {2}
    assert {len(looks) for looks in stored["losses"]["corrected"].values()} == {2}
