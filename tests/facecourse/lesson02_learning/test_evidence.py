"""The evidence of lesson 02 at its smallest: every comparison is paired."""

import functools

import pytest

from facecourse.lesson02_learning import evidence as lesson02
from facecourse.lesson02_learning import overfitting, tiny

pytestmark = pytest.mark.evidence


def test_there_is_one_number_a_split_for_everything(measure, monkeypatch):
    quick = functools.partial(overfitting.train_watched, steps=5, looks=1)
    monkeypatch.setattr(overfitting, "train_watched", quick)
    fewer = functools.partial(overfitting.pick_best_seed, networks=2)
    monkeypatch.setattr(overfitting, "pick_best_seed", fewer)
    monkeypatch.setattr(tiny, "compare_losses", lambda *_: dict.fromkeys(tiny.LOSSES, 0.9))
    monkeypatch.setattr(tiny, "correct_names", lambda *_: dict.fromkeys(tiny.LOSSES, 0.8))
    stored = measure(lesson02, SPLITS=1, AUGMENTED=2, NETWORKS=2)
    assert {len(runs) for runs in stored["remedies"]["1"].values()} == {1}
    assert {len(runs) for runs in stored["augmentation"].values()} == {2}
    for runs in stored["leaks"].values():
        assert len(runs["leaky"]) == len(runs["honest"])
    assert all(len(ends["loss"]) == 2 for ends in stored["minima"].values())
    assert stored["losses"]["corrected"]["squared error"] == [0.8]
