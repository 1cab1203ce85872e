"""The evidence of lesson 03 at its smallest: every network and size, paired by split."""

import functools

import pytest

from facecourse.kit.scoreboard import Scoreboard
from facecourse.lesson03_sharing import evidence as lesson03
from facecourse.lesson03_sharing import experiment as sharing
from facelib.models import FaceCNN

pytestmark = pytest.mark.evidence


def test_fewer_values_make_smaller_files_and_the_board_has_two_rows_more(measure, monkeypatch):
    untrained = FaceCNN(width=24, embedding=128, people=20).eval()
    monkeypatch.setattr(lesson03, "train_cnn", lambda known, seed: (untrained, 0.0))
    brief = functools.partial(sharing.fine_tune, steps=1)
    monkeypatch.setattr(sharing, "fine_tune", lambda *args, **how: brief(*args[:3], **how))
    stored = measure(lesson03, SEEDS=(0, 1), CODEBOOK_SEEDS=(0,), STEPS=1, CODEBOOK_STEPS=3)
    for training in stored["top-1"].values():
        for networks in training.values():
            for shifts in networks.values():
                assert [len(runs) for runs in shifts.values()] == [2] * len(sharing.SHIFTS)
    book = stored["codebook"]
    for values in sharing.VALUES:
        assert ("all but codebooks" in book[str(values)]) == (values in sharing.FROZEN)
        assert book[str(values)]["bytes"] < book["32 bits"]["bytes"]
    rows = {row.method: row for row in Scoreboard.load(lesson03.evidence.BOARD).rows}
    sixteen, four = (rows[f"CNN, {values} shared values a layer"] for values in (16, 4))
    assert four.bytes < sixteen.bytes < rows["CNN trained on 20 people"].bytes
    assert four.parameters < sixteen.parameters < 1000
