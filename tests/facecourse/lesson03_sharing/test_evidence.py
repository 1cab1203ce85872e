"""The evidence of lesson 03 at its smallest: every network and size is there, paired by split."""

import functools

from facecourse.kit import evidence
from facecourse.kit.scoreboard import Scoreboard
from facecourse.lesson03_sharing import evidence as lesson03
from facecourse.lesson03_sharing import experiment as sharing
from facelib.models import FaceCNN


def test_the_evidence_of_lesson_03_holds_one_number_a_split_for_everything(tmp_path, monkeypatch):
    untrained = FaceCNN(width=24, embedding=128, people=20).eval()
    monkeypatch.setattr(lesson03, "train_cnn", lambda known, seed: (untrained, 0.0))
    brief = functools.partial(sharing.fine_tune, steps=1)
    monkeypatch.setattr(sharing, "fine_tune", lambda *args, **how: brief(*args[:3], **how))
    lesson03.main(seeds=(0, 1), codebook_seeds=(0,), steps=(1, 3), folder=tmp_path)
    stored = evidence.read("evidence", tmp_path)
    for training in stored["top-1"].values():
        assert list(training) == ["1", "2", "5"]
        assert list(training["5"]) == [*sharing.LAYERS, *sharing.DEEP]
        for networks in training.values():
            for shifts in networks.values():
                assert [len(runs) for runs in shifts.values()] == [2] * len(sharing.SHIFTS)
    book = stored["codebook"]
    for values in sharing.VALUES:
        assert {len(runs) for runs in book[str(values)].values()} == {1}
        assert ("all but codebooks" in book[str(values)]) == (values in sharing.FROZEN)
        assert book[str(values)]["bytes"] < book["32 bits"]["bytes"]
    board = Scoreboard.load(tmp_path / "scoreboard.json")
    rows = {row.method: row for row in board.rows if row.lesson == "03"}
    assert list(rows) == ["CNN, 16 shared values a layer", "CNN, 4 shared values a layer"]
    assert rows["CNN, 4 shared values a layer"].bytes < rows["CNN, 16 shared values a layer"].bytes
