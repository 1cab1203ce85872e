"""The ladder's tables have a row for each rung, and its figure a point for each network."""

from facecourse.kit import evidence
from facecourse.ladder import rungs

LADDER = evidence.load("ladder")
NETWORK, KEPT = LADDER["networks"]["student"], LADDER["kept"]["student"]
NAMES = ("teacher", "student")


def test_a_rung_says_what_it_costs_and_what_is_lost():
    (row,) = rungs.compare_rungs(LADDER, ["student"]).rows
    faster = LADDER["costs"]["student"]["times faster"].value
    macs = f"{NETWORK['macs'] / 1e6:.1f} million"
    assert row[:4] == ["student", f"{NETWORK['parameters']:,}", macs, f"{faster:.1f}"]
    lost = KEPT["points lost"], LADDER["LFW"]["student"]["points lost"], KEPT["ORL, points lost"]
    assert row[4:] == [f"{points:+.1f}" for points in lost]


def test_a_rival_stands_beside_the_network_of_its_shape():
    (row,) = rungs.compare_rivals(LADDER, ["rival"]).rows
    found = LADDER["rivals"]["rival"]
    lost = [found[what] for what in ("points lost", "points lost, strict", "ORL, points lost")]
    assert row == ["rival, of student", *(f"{points:+.1f}" for points in lost)]


def test_a_network_has_three_files_that_know_all_that_was_measured():
    found = rungs.take_rungs(LADDER, NAMES, rungs.FORMS)
    assert list(found) == [name + form for name in NAMES for form in ("", ", int8", ", codes")]
    coded = found["student, codes"]
    assert coded["parameters"] == NETWORK["parameters"]
    assert coded["bytes"] == LADDER["costs"]["student, codes"]["bytes"]
    assert coded["others"] == LADDER["others"]["student, codes"]
    assert coded["LFW"] == LADDER["LFW"]["student, codes"]["points lost"]


def test_work_and_time_are_those_of_files_of_32_bits():
    first, *rows = rungs.draw_savings(LADDER).rows
    fewer = LADDER["networks"]["teacher"]["macs"] / NETWORK["macs"]
    faster = {name: f"{LADDER['costs'][name]['times faster'].value:.1f}" for name in NAMES}
    assert first == ["teacher", "1.0", faster["teacher"]]
    assert ["student", f"{fewer:.1f}", faster["student"]] in rows
