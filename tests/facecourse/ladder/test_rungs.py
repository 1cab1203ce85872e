"""The ladder's tables have a row for each rung, and its figure a point for each network."""

from facecourse.ladder import rungs

LOST = {"value": 0.5, "low": 0.2, "high": 0.8, "n": 9, "of": "people"}
FASTER = {"value": 3.14, "low": 3.0, "high": 3.3, "n": 9, "of": "pairs"}
NETWORKS = ("teacher", "student")
RUNGS = [name + form for name in NETWORKS for form in ("", ", int8", ", codes")]
COST = {
    "bytes": 4000, "times smaller": 2.0, "times faster": FASTER,
    "times faster, one call a turn": FASTER | {"value": 2.5},
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
            "points lost, strict": LOST | {"value": 0.7},
            "ORL, points lost": LOST | {"value": 0.4},
            "worst group": LOST | {"value": 0.0123},
        }
        for name in RUNGS
    },
    "rivals": {
        "rival": {
            "of": "student",
            "points lost": LOST,
            "points lost, strict": LOST | {"value": 0.7},
            "ORL, points lost": LOST | {"value": 0.4},
        }
    },
    "others": dict.fromkeys(RUNGS, LOST | {"value": 0.6}),
    "LFW": {name: {"points lost": LOST} for name in RUNGS},
}


def test_a_rung_says_what_it_costs_and_what_is_lost():
    (row,) = rungs.compare_rungs(LADDER, ["student"]).rows
    assert row[:4] == ["student", "1,000", "2.5 million", "3.1"]
    assert row[4:] == [*["+0.5 [+0.2, +0.8]"] * 2, "+0.4 [+0.2, +0.8]"]


def test_a_rival_stands_beside_the_network_of_its_shape():
    (row,) = rungs.compare_rivals(LADDER, ["rival"]).rows
    assert row == ["rival, of student", "+0.5 [+0.2, +0.8]", "+0.7 [+0.2, +0.8]",
                   "+0.4 [+0.2, +0.8]"]  # fmt: skip


def test_a_network_has_three_files():
    rows = rungs.tabulate_costs(LADDER, NETWORKS).rows
    assert [row[0] for row in rows] == RUNGS
    assert rows[1][1:] == ["4 kB", "2.0", "3.1", "2.5"]


def test_a_file_is_judged_by_six_numbers():
    rows = rungs.tabulate_losses(LADDER, NETWORKS).rows
    assert [row[0] for row in rows] == RUNGS
    assert rows[1][1:] == [
        "+0.50 [+0.20, +0.80]", "+0.60 [+0.20, +0.80]", "+0.7 [+0.2, +0.8]", "+0.5 [+0.2, +0.8]",
        "+0.4 [+0.2, +0.8]", "1.2%",
    ]  # fmt: skip


def test_a_peer_stands_beside_the_ladder():
    row = {key: COST[key] for key in ("bytes", "times smaller", "times faster")}
    (found,) = rungs.compare_peers({"theirs": row | {"points lost": LOST}}).rows
    assert found[:3] == ["theirs", "4 kB", "2.0"]
    assert found[3].startswith("3.14")
    assert found[4] == "+0.50 [+0.20, +0.80]"


def test_work_and_time_are_those_of_files_of_32_bits():
    work = rungs.count_savings(LADDER)
    assert work == {"teacher": (1.0, 3.14), "student": (3.0, 3.14)}
    assert rungs.draw_savings(work).rows[1] == ["student", "3.0", "3.1"]
