"""The ladder's tables have a row for each rung, and its figure a point for each network."""

from facecourse.kit import evidence
from facecourse.ladder import rungs

LADDER = evidence.load("ladder")
NETWORK = LADDER["networks"]["student"]


def test_a_rung_says_what_it_costs_and_what_is_lost():
    (row,) = rungs.compare_rungs(LADDER, ["student, 8 bits"]).rows
    costs, macs = LADDER["costs"]["student, 8 bits"], f"{NETWORK['macs'] / 1e6:.1f} million"
    assert row[:3] == ["student, 8 bits", f"{NETWORK['parameters']:,}", macs]
    cost = costs["times smaller"], costs["times faster"].value
    assert row[3:6] == [*(f"{one:.1f}" for one in cost), f"{costs['milliseconds']:.2f}"]
    lost = LADDER["lost"]["student, 8 bits"]
    assert row[6:8] == [f"{lost[far]:+.2f}" for far in ("0.1 %", "0.01 %")]
    real = (LADDER[where]["student, 8 bits"]["lost"] for where in ("LFW", "ORL"))
    assert row[8:] == [f"{points:+.1f}" for points in real]


def test_a_step_says_what_it_cost_at_both_rates():
    (row,) = rungs.compare_steps(LADDER, ["size"]).rows
    size = LADDER["steps"]["size"]
    assert row == ["size", *(f"{size[far]:+.2f}" for far in ("0.1 %", "0.01 %")), f"{size['runs']}"]


def test_the_picture_of_the_rungs_says_size_speed_and_what_is_lost(monkeypatch):
    alts = []
    monkeypatch.setattr(rungs, "show", lambda figure, alt: alts.append(alt))
    rungs.draw_rungs(LADDER, ["teacher", "student, 8 bits"])
    cost, lost = (LADDER[part]["student, 8 bits"] for part in ("costs", "lost"))
    assert (
        f"student, 8 bits {cost['times smaller']:.1f} times smaller, "
        f"{cost['times faster'].value:.1f} times faster, {lost['0.1 %'].value:.1f} and "
        f"{lost['0.01 %'].value:.1f} points lost"
    ) in alts[0]
