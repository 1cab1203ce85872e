"""The evidence of lesson 10 on harm, at its smallest, and its tables."""

import functools

import pytest
from facecourse.lesson10_harm import figures, imbalance, membership, recapture
from facecourse.lesson10_harm import harm_evidence as harm

from facelib.measure import Interval


def test_a_table_of_the_long_tail_subtracts_seed_by_seed():
    plain, better = [1.0, 0.5, 0.2], [1.0, 0.5, 0.4]
    found = {
        "photographs": [[5, 2, 1], [5, 2, 1]],
        "right": {"plain": [plain, plain], "other": [better, better]},
    }
    first, second = figures.compare_remedies(found).rows
    assert first[1:5] == ["100.0%", "50.0%", "20.0%", "56.7%"]
    assert second[-2:] == ["+20.0 [20.0, 20.0]", "+6.7 [6.7, 6.7]"]


def test_live_faces_that_are_rejected_and_attacks_that_pass_have_names_of_their_own():
    kinds = ("live", recapture.CAMERA, "print", "screen")
    rate = Interval(0.25, 0.125, 0.5, 20, "people")
    table = figures.tabulate_detectors({"prints": dict.fromkeys(kinds, rate)})
    rates = [f"BPCER, {kind}" for kind in kinds[:2]] + [f"APCER, {kind}" for kind in kinds[2:]]
    assert table.head[1:] == rates
    assert table.rows[0][0] == "prints"


@pytest.mark.evidence
def test_everybody_is_tried_after_every_remedy_and_photographs_of_photographs_are_told(
    measure, monkeypatch
):
    monkeypatch.setattr(imbalance, "STEPS", 2)
    monkeypatch.setattr(membership, "EPOCHS", 3)
    brief = functools.partial(harm.presentation, people=3)
    settings = {"CHOICES": (100, 101), "STRENGTHS": (0.5,), "presentation": brief}
    found = measure(harm, "harm", SEEDS=(0, 1), **settings)
    tail = found["long tail"]
    assert all(len(shares) == 20 for runs in tail["right"].values() for shares in runs)
    assert [sum(counts) for counts in tail["photographs"]] == [42, 42]
    plain, *others = figures.compare_remedies(tail).rows
    assert plain[-2:] == ["-", "-"]
    assert len(others) == len(imbalance.METHODS)
    assert all(len(runs["AUC"]) == 2 for runs in found["members"].values())
    shown = found["presentation"]
    assert shown["change"]["live"]["value"] == 0
    assert shown["accepted"]["live"]["value"] > shown["accepted"]["screen"]["value"]
    assert shown["errors"]["prints"]["print"]["value"] < 0.5
