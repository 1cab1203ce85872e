"""A learner's progress is kept, and no state of the disk can break a lesson."""

from __future__ import annotations

import sys
from subprocess import PIPE, Popen

from facecourse.kit import load_lesson, progress
from facecourse.kit.checkers import number
from facecourse.kit.exercise import Exercise, ____, collect
from facecourse.learn import lessons


def test_what_was_solved_once_stays_solved_in_an_empty_file_an_answer():
    exercise = Exercise("2 + 3?", "a = ____", (), "a = 5", number(5), (4,))
    collect("07", {"sum": exercise, "five": 5})
    known = []
    for answer in (____, 4, 5, 4):
        exercise.check(answer)
        known.append(progress.read("07"))
    assert known == [{}, {"sum": False}, {"sum": True}, {"sum": True}]
    assert progress.read("08") == {}
    kept = [path for path in progress.find_folder().rglob("*") if path.is_file()]
    assert sorted(path.name for path in kept) == ["sum.solved", "sum.tried"]
    assert all(path.parent.name == "07" and path.stat().st_size == 0 for path in kept)


NOTE = """
import runpy, sys
_, module, who = sys.argv
note = runpy.run_path(module)["note"]
print("ready", flush=True)
input()
for n in range(20):
    note("02", who + str(n), True)
    note("02", "same", who == "a")
"""


def test_two_notebooks_that_answer_at_the_same_moment_both_keep_theirs():
    command = [sys.executable, "-c", NOTE, progress.__file__]
    kernels = [Popen([*command, who], text=True, stdin=PIPE, stdout=PIPE) for who in "ab"]
    assert [kernel.stdout.readline() for kernel in kernels] == ["ready\n"] * 2
    for kernel in kernels:
        kernel.stdin.write("go\n")
        kernel.stdin.flush()
    assert [kernel.wait() for kernel in kernels] == [0, 0]
    known = progress.read("02")
    assert len(known) == 41
    assert all(known.values()), "what one of them solved stays solved"


def test_a_name_of_an_exercise_is_a_name_of_a_file_on_every_system():
    devices = {f"{kind}{n}" for kind in ("com", "lpt") for n in range(10)}
    for source in lessons():
        names = [exercise.name.lower() for exercise in load_lesson(source.stem[:2]).EXERCISES]
        assert len(set(names)) == len(names), "Windows takes a and A for one"
        assert not (devices | {"con", "prn", "aux", "nul"}) & set(names)
