"""The ladder's figures have a row for each step, and a point for each network."""

from facecourse.kit import evidence
from facecourse.ladder import rungs
from facelib.measure import Interval

LADDER = evidence.load("ladder")


def test_a_step_that_lost_points_is_worse_and_one_that_gained_is_better(shown):
    lost, gained = (Interval(value, value - 1, value + 1, 9) for value in (2.0, -3.0))
    steps = {
        "size": {"0.1 %": lost, "0.01 %": lost, "runs": 3},
        "what the teacher says": {"0.1 %": gained, "0.01 %": lost, "runs": 2},
    }
    rungs.draw_steps({"steps": steps}, ["what the teacher says", "size"])
    (said,) = shown
    places = [
        said.index(f"at {far} FAR {step} trainings): {change}")
        for far, step, change in (
            ("0.1 %", "what the teacher says (2", "-3.0 [-4.0, -2.0], better"),
            ("0.1 %", "size (3", "+2.0 [1.0, 3.0], worse"),
            ("0.01 %", "what the teacher says (2", "+2.0 [1.0, 3.0], worse"),
        )
    ]
    assert places == sorted(places)


def test_the_picture_of_the_rungs_says_size_speed_and_what_is_lost(capsys):
    rungs.draw_rungs(LADDER, ["teacher", "student, 8 bits"])
    cost, lost = (LADDER[part]["student, 8 bits"] for part in ("costs", "lost"))
    assert (
        f"student, 8 bits {cost['times smaller']:.1f} times smaller, "
        f"{cost['times faster'].value:.1f} times faster, {lost['0.1 %'].value:.1f} and "
        f"{lost['0.01 %'].value:.1f} points lost"
    ) in capsys.readouterr().out
