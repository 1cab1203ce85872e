"""The evidence of lesson 09 at its smallest."""

import pytest

from facecourse.lesson09_recurrent import clips as sequences
from facecourse.lesson09_recurrent import evidence as lesson09
from facecourse.lesson09_recurrent import memory, rows

pytestmark = pytest.mark.evidence


def test_a_mean_knows_no_order_and_clipping_changes_a_training(measure, monkeypatch):
    monkeypatch.setattr(memory, "LENGTHS", (1, 4))
    monkeypatch.setattr(sequences, "STEPS", 4)
    settings = {"RECALLED": (5,), "CLIPPED_AT": 5, "LEARNT": 66, "TRIED": 10}
    stored = measure(lesson09, SEEDS=(0, 1), FEW=(0,), STEPS=5, **settings)
    assert all(len(values) == 2 for values in stored["gradients"]["GRU"].values())
    clipped = stored["clipped"]["RNN, orthogonal times 1.5"]
    first, second = (runs["longest gradient"] for runs in clipped.values())
    assert len(first) == len(second) == 2
    assert first != second
    mean, last = (stored["people"][name] for name in ("mean of the frames", "last frame"))
    assert mean["clips"] == mean["shuffled"]
    assert mean["clips"][0]["AUC"] > last["clips"][0]["AUC"]
    by_mean = stored["orders"]["pixels"]["mean"]
    assert by_mean["in order"] == by_mean["backwards"]


def test_rows_are_read_by_every_network_at_every_rate(measure, monkeypatch):
    monkeypatch.setattr(rows.orl, "PHOTOS", (1,))
    stored = measure(rows, "rows", SEEDS=(0, 1), CHOICES=(100,), EPOCHS=1, RATES=(4e-3,))
    assert list(stored["rows"]["1"]) == list(stored["choices"]) == list(sequences.CLASSIFIERS)
    assert len(stored["rows"]["1"]["GRU"][0]) == 20
    assert list(stored["choices"]["RNN"]) == ["0.004"]
