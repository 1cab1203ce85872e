"""The ladder's tables have a row for each rung, and its figure a point for each network."""

from dataclasses import replace

from facecourse.ladder import rungs
from facelib.measure import Interval

LOST, FASTER = Interval(0.5, 0.2, 0.8, 9), Interval(3.14, 3.0, 3.3, 9, "pairs")
NETWORKS = ("teacher", "student")
RUNGS = [name + form for name in NETWORKS for form in ("", ", int8", ", codes")]
COST = {
    "bytes": 4000, "times smaller": 2.0, "times faster": FASTER,
    "times faster, one call a turn": replace(FASTER, value=2.5),
}  # fmt: skip
LADDER = {
    "networks": {
        "teacher": {"parameters": 5000, "macs": 7_500_000},
        "student": {"parameters": 1000, "macs": 2_500_000},
    },
    "costs": dict.fromkeys(RUNGS, COST),
    "kept": {
        name: {
            "points lost": LOST,
            "points lost, strict": replace(LOST, value=0.7),
            "ORL, points lost": replace(LOST, value=0.4),
            "worst group": replace(LOST, value=0.0123),
        }
        for name in RUNGS
    },
    "rivals": {
        "rival": {
            "of": "student",
            "points lost": LOST,
            "points lost, strict": replace(LOST, value=0.7),
            "ORL, points lost": replace(LOST, value=0.4),
        }
    },
    "others": dict.fromkeys(RUNGS, replace(LOST, value=0.6)),
    "LFW": {name: {"points lost": LOST} for name in RUNGS},
}


def test_a_rung_says_what_it_costs_and_what_is_lost():
    (row,) = rungs.compare_rungs(LADDER, ["student"]).rows
    assert row[:4] == ["student", "1,000", "2.5 million", "3.1"]
    assert row[4:] == [*["+0.5 [0.2, 0.8]"] * 2, "+0.4 [0.2, 0.8]"]


def test_a_rival_stands_beside_the_network_of_its_shape():
    (row,) = rungs.compare_rivals(LADDER, ["rival"]).rows
    assert row == ["rival, of student", "+0.5 [0.2, 0.8]", "+0.7 [0.2, 0.8]",
                   "+0.4 [0.2, 0.8]"]  # fmt: skip


def test_a_network_has_three_files_that_know_all_that_was_measured():
    found = rungs.take_rungs(LADDER, NETWORKS, rungs.FORMS)
    assert list(found) == RUNGS
    coded = found["student, codes"]
    assert (coded["parameters"], coded["bytes"], coded["others"].value) == (1000, 4000, 0.6)
    assert coded["LFW"] == LOST


def test_work_and_time_are_those_of_files_of_32_bits():
    assert rungs.draw_savings(LADDER).rows == [["teacher", "1.0", "3.1"], ["student", "3.0", "3.1"]]
