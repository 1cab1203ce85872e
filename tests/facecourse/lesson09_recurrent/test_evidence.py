"""The evidence of lesson 09 at its smallest."""

from facecourse.kit import evidence
from facecourse.lesson09_recurrent import clips as sequences
from facecourse.lesson09_recurrent import evidence as lesson09
from facecourse.lesson09_recurrent import memory, rows


def test_the_evidence_of_lesson_09_has_every_reader_and_start(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "LENGTHS", (1, 4))
    lesson09.main((0, 1), (0,), (5,), steps=4, learnt=66, tried=10, folder=tmp_path)
    stored = evidence.read("evidence", tmp_path)
    assert list(stored["gradients"]) == list(stored["recall"]) == list(memory.STARTS)
    assert all(len(values) == 2 for values in stored["gradients"]["GRU"].values())
    clipped = stored["clipped"]["RNN, orthogonal times 1.5"]
    assert list(clipped) == list(lesson09.CLIPPED)
    first, second = (runs["longest gradient"] for runs in clipped.values())
    assert len(first) == len(second) == 2
    assert first != second
    assert list(stored["people"]) == [*lesson09.PLAIN, *lesson09.TRAINED]
    mean, last = (stored["people"][name] for name in ("mean of the frames", "last frame"))
    assert mean["clips"] == mean["shuffled"]
    assert mean["clips"][0]["AUC"] > last["clips"][0]["AUC"]
    assert len(mean["ORL sets"]) == 2
    assert list(stored["orders"]) == ["pixels", "embeddings"]
    by_mean = stored["orders"]["pixels"]["mean"]
    assert by_mean["in order"] == by_mean["backwards"]


def test_rows_are_read_by_every_network_at_every_rate(tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "RATES", (4e-3,))
    monkeypatch.setattr(rows.orl, "PHOTOS", (1,))
    rows.main((0, 1), (100,), epochs=1, folder=tmp_path)
    stored = evidence.read("rows", tmp_path)
    assert list(stored["rows"]["1"]) == list(stored["choices"]) == list(sequences.CLASSIFIERS)
    assert len(stored["rows"]["1"]["GRU"][0]) == 20
    assert list(stored["choices"]["RNN"]) == ["0.004"]
