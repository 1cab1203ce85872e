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
    monkeypatch.setattr(lesson03, "train_cnn", lambda known, seed: untrained)
    brief = functools.partial(sharing.fine_tune, steps=1)
    monkeypatch.setattr(sharing, "fine_tune", lambda *args, **how: brief(*args[:3], **how))
    stored = measure(
        lesson03,
        SEEDS=(0, 1),
        FEW=(0,),
        STARTS=(0, 1, 2),
        FACES=(2, 3),
        TESTED=4,
        STEPS=1,
        CODEBOOK_STEPS=3,
    )
    for networks in stored["top-1"].values():
        assert len(networks) == 2 * len(sharing.LAYERS) + 2
        assert all(len(runs["test"]) == 2 for runs in networks.values())
    for shifts in stored["shifted"].values():
        assert [len(runs) for runs in shifts.values()] == [1] * len(sharing.SHIFTS)
    assert all(set(found) == set(sharing.FINDERS) for found in stored["mouths"].values())
    assert [len(runs) for runs in stored["mouths without learning"].values()] == [3, 1]
    book = stored["codebook"]
    for values in sharing.VALUES:
        assert len(book[str(values)]["statistics"]) == 1
    assert set(stored["unseen people"]) == {"16", "4"}
    rows = {row.method: row for row in Scoreboard.load(lesson03.evidence.BOARD).rows}
    sixteen, four = (rows[f"CNN, {values} shared values a layer"] for values in (16, 4))
    assert four.bytes < sixteen.bytes < rows["CNN trained on 20 people"].bytes
    assert four.parameters < sixteen.parameters < 1000
