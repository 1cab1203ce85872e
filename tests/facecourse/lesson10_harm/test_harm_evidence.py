"""The evidence of lesson 10 on harm, at its smallest, and its tables."""

import pytest

from facecourse.kit import evidence
from facecourse.lesson10_harm import harm_evidence as harm
from facecourse.lesson10_harm import harm_figures as harm_charts
from facecourse.lesson10_harm import imbalance, membership


def stored(name, payload, folder):
    """As a lesson reads it."""
    evidence.write(name, {"found": payload}, folder)
    return evidence.read(name, folder)["found"]


def test_the_long_tail_has_every_method_and_everybody(tmp_path, monkeypatch):
    found = stored("tail", harm.long_tail((0, 1), steps=2), tmp_path)
    assert list(found["right"]) == [*imbalance.METHODS, harm.EVEN]
    assert all(len(shares) == 20 for runs in found["right"].values() for shares in runs)
    assert [sum(counts) for counts in found["photographs"]] == [42, 42]
    plain, *others = harm_charts.compare_remedies(found).rows
    assert plain[-2:] == ["-", "-"]
    assert len(others) == len(imbalance.METHODS)
    monkeypatch.setattr(harm, "STRENGTHS", (0.5,))
    tried = harm.strengths((100, 101), steps=1)["right"]
    assert list(tried) == ["plain", *(f"{method}, 0.5" for method in imbalance.WEIGHED)]


def test_a_table_of_the_long_tail_subtracts_seed_by_seed():
    plain, better = [1.0, 0.5, 0.2], [1.0, 0.5, 0.4]
    found = {
        "photographs": [[5, 2, 1], [5, 2, 1]],
        "right": {"plain": [plain, plain], "other": [better, better]},
    }
    first, second = harm_charts.compare_remedies(found).rows
    assert first[1:5] == ["100.0%", "50.0%", "20.0%", "56.7%"]
    assert second[-2:] == ["+20.0 [20.0, 20.0]", "+6.7 [6.7, 6.7]"]


def test_members_are_asked_for_after_every_remedy(tmp_path):
    found = stored("members", harm.members((0, 1), epochs=3), tmp_path)
    assert list(found) == list(membership.REMEDIES)
    assert all(len(values) == 2 for runs in found.values() for values in runs.values())


def test_presentations_are_accepted_and_called_what_they_are(tmp_path):
    found = stored("shown", harm.presentation(people=3), tmp_path)
    kinds = ["live", harm.CAMERA, "print", "screen"]
    assert list(found["accepted"]) == list(found["change"]) == kinds
    assert found["change"]["live"]["value"] == 0
    assert found["accepted"]["live"]["value"] > found["accepted"]["screen"]["value"]
    table = harm_charts.tabulate_detectors(harm.presentation(people=3)["errors"])
    assert table.head[1:] == [
        "BPCER, live", f"BPCER, {harm.CAMERA}", "APCER, print", "APCER, screen"
    ]  # fmt: skip
    printed = found["errors"]["prints"]["print"]["value"]
    (row, *_) = table.rows
    assert row[0] == "prints"
    assert float(row[3][:5]) == pytest.approx(printed, abs=1e-3)
    assert printed < 0.5


def test_all_of_it_is_stored_in_one_file(tmp_path, monkeypatch):
    parts = ("long_tail", "strengths", "members", "presentation")
    for part in parts:
        monkeypatch.setattr(harm, part, lambda *settings, part=part: [part, *settings])
    harm.main((0, 1), (100,), steps=2, epochs=3, folder=tmp_path)
    found = evidence.read("harm", tmp_path)
    assert found["long tail"] == ["long_tail", [0, 1], 2]
    assert found["strengths"] == ["strengths", [100], 2]
    assert found["members"] == ["members", [0, 1], 3]
    assert found["presentation"] == ["presentation"]
