"""A learner's progress is kept, and no state of the disk can break a lesson."""

from __future__ import annotations

import io
import sys
from subprocess import PIPE, Popen
from unittest.mock import Mock

from facecourse.kit import cards, load_lesson, progress
from facecourse.kit.checkers import number
from facecourse.kit.exercise import Exercise, ____, collect
from facecourse.learn import lessons
from notebooks.build import sources


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


def test_there_is_a_card_for_every_lesson():
    assert list(cards.CARDS) == [source.stem[:2] for source in sources()]


def test_a_slow_machine_waits_longer_for_training_and_a_small_one_is_told(monkeypatch, capsys):
    monkeypatch.setattr(cards, "training_speed", lambda: cards.REFERENCE / 2)
    monkeypatch.setattr(cards, "CARDS", {"00": cards.Card("Start", 10, 1.0, 0.5)})
    table = cards.cost_card()
    assert table.rows[0][:3] == ["00", "Start", "15 s"]
    said = capsys.readouterr().out
    assert sys.executable in said
    assert "images a second" in said
    machine = {"gpu": None, "cpu": "x", "cores": 2, "memory_bytes": 16e9}
    monkeypatch.setattr(cards, "describe", lambda: machine)
    assert cards.cost_card().rows[0][4] == "fits"
    machine["memory_bytes"] = 1.5e9
    assert cards.cost_card().rows[0][4] == "close other programs first"


def test_the_training_speed_is_measured():
    assert cards.training_speed(seconds=0.05) > 1


def test_the_progress_of_each_lesson_is_shown_and_questions_that_are_gone_are_not(capsys):
    asked = [exercise.name for exercise in load_lesson("01").EXERCISES]
    progress.note("01", asked[0], solved=True)
    progress.note("01", asked[1], solved=False)
    progress.note("01", "a question of last year", solved=True)
    first, second, *_ = cards.progress_card().rows
    assert first == ["00", "Start here", "0 of 1 solved", "○"]
    left = "○" * (len(asked) - 2)
    assert second == ["01", "Background", f"1 of {len(asked)} solved", f"●◐{left}"]
    assert str(progress.find_folder()) in capsys.readouterr().out


def test_the_card_is_drawn_without_a_home_and_on_a_console_of_few_characters(monkeypatch):
    console = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", console)
    monkeypatch.delenv("FACELIB_PROGRESS")
    monkeypatch.setattr(progress.Path, "home", Mock(side_effect=RuntimeError("no home")))
    print(cards.progress_card())
    console.seek(0)
    first, *_, last = console.read().splitlines()
    assert first == (
        "kept nowhere: there is no home folder here: set FACELIB_PROGRESS to a folder of yours"
    )
    assert last.endswith(" ....")
