"""The evidence of lesson 02 at its smallest: every comparison is there and paired."""

import functools

from facecourse.kit import evidence
from facecourse.lesson02_learning import evidence as lesson02
from facecourse.lesson02_learning import overfitting, tiny


def test_the_evidence_of_lesson_02_holds_one_number_a_split_for_everything(tmp_path, monkeypatch):
    quick = functools.partial(overfitting.train_watched, steps=5, looks=1)
    monkeypatch.setattr(overfitting, "train_watched", quick)
    fewer = functools.partial(overfitting.pick_best_seed, networks=2)
    monkeypatch.setattr(overfitting, "pick_best_seed", fewer)
    monkeypatch.setattr(tiny, "compare_losses", lambda *_: dict.fromkeys(tiny.LOSSES, 0.9))
    monkeypatch.setattr(tiny, "correct_names", lambda *_: dict.fromkeys(tiny.LOSSES, 0.8))
    lesson02.main(splits=1, augmented=2, networks=2, folder=tmp_path)
    stored = evidence.read("evidence", tmp_path)
    assert {len(runs) for runs in stored["remedies"]["1"].values()} == {1}
    assert list(stored["remedies"]["5"]) == list(lesson02.SHOWN)
    assert {len(runs) for runs in stored["augmentation"].values()} == {2}
    for runs in stored["leaks"].values():
        assert all(leaky >= 0 for leaky in runs["leaky"])
        assert len(runs["leaky"]) == len(runs["honest"])
    assert all(len(ends["loss"]) == 2 for ends in stored["minima"].values())
    assert stored["losses"]["corrected"]["squared error"] == [0.8]
