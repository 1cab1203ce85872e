"""What a student handed in is judged fairly, and can neither cheat nor harm."""

from __future__ import annotations

import shutil

import pytest

from facecourse.classroom import submission
from facecourse.classroom.submission import Cell, Limits, judge_cells, refuse
from facecourse.kit import load_lesson
from tests.facecourse.classroom.walls import needs_walls

EXERCISES = {exercise.name: exercise for exercise in load_lesson("03").EXERCISES}
RIGHT = {name: exercise.answer for name, exercise in EXERCISES.items() if name != "find_mouths"}
SETUP = "import torch\nfrom torch.nn import functional as F\nfrom facecourse.kit import ____"
LIMITS = Limits(seconds=25)

pytestmark = needs_walls


def judge(answers: dict[str, str], student: str = "anna") -> dict[str, submission.Finding]:
    """The outcomes of answers to lesson 03, each in a cell of its own."""
    cells = [Cell(SETUP)]
    for name, code in answers.items():
        cells += [Cell(code), Cell("", name)]
    found = judge_cells("03", cells, student, LIMITS)
    return dict(zip(answers, found[2::2], strict=True))


def test_right_wrong_and_open_answers_are_told_apart():
    answers = RIGHT | {"edges": "edges = [[1, 0, -1]] * 3", "tune": EXERCISES["tune"].starter}
    found = judge(answers)
    assert [f.kind for f in found.values()] == ["incorrect", "correct", "not attempted"]
    assert "run like \\ light up" in found["edges"].message


ENDLESS = """\
while True:
    try:
        while True: pass
    except BaseException: pass"""


def test_what_stops_the_process_costs_its_own_exercise_alone():
    answers = {"edges": ENDLESS, "convolve": "import os\nos._exit(0)", "tune": RIGHT["tune"]}
    kinds = [found.kind for found in judge(answers).values()]
    assert kinds == ["not attempted", "not attempted", "correct"]


def test_an_answer_that_never_returns_costs_its_own_exercise_alone():
    found = judge(RIGHT | {"convolve": "def convolve(images, kernels):\n    while True: pass"})
    assert [f.kind for f in found.values()] == ["correct", "stopped", "correct"]
    assert "longer than 25 seconds" in found["convolve"].message


FAILED = {
    "an exception": ("1 / 0", "ZeroDivisionError"),
    "the end of Python": ("raise SystemExit", "SystemExit"),
    "the network": ("import urllib.request as u\nu.urlopen('http://192.0.2.1', timeout=9)", "URLE"),
    "a file elsewhere": ("open('/root-of-all', 'w')", "OSError"),
    "memory": ("x = bytearray(50_000_000_000)", "MemoryError"),
    "broken code": ("def", "SyntaxError"),
}


def test_what_fails_costs_its_own_cell_alone():
    cells = [Cell(SETUP), *(Cell(code) for code, _ in FAILED.values())]
    found = judge_cells("03", [*cells, Cell(RIGHT["edges"]), Cell("", "edges")], "anna", LIMITS)
    assert found[-1].kind == "correct"
    for (code, error), finding in zip(FAILED.values(), found[1:], strict=False):
        assert finding.kind == "failed", code
        assert error in finding.message


CHEATS = {
    "a checker that is always content": "from facecourse.kit.exercise import Exercise, Outcome\n"
    "Exercise.check = lambda self, answer: Outcome('correct', '')\nedges = 0",
    "numbers that are always close": "torch.allclose = lambda *_, **__: True\nedges = 0",
    "an answer from the package": "from facecourse.lesson03_sharing import exercises\n"
    "edges = exercises.edges.answer",
    "a file of the package": "from pathlib import Path\nimport facecourse.lesson03_sharing as it\n"
    "text = (Path(it.__path__[0]) / 'exercises.py').read_text()\n"
    "edges = [[-1, -1, 0], [-1, 0, 1], [0, 1, 1]] if 'RISING' in text else 0",
}


@pytest.mark.parametrize("code", CHEATS.values(), ids=CHEATS)
def test_a_cheat_gets_no_point(code):
    assert judge({"edges": code})["edges"].kind != "correct"


@pytest.mark.parametrize(
    "code",
    [
        "import gc",
        "from sys import modules",
        "x = f.__globals__",
        "import os, subprocess",
        "eval('1')",
    ],
)
def test_what_no_answer_needs_is_not_run(code):
    assert refuse(code).kind == "refused"


@pytest.mark.parametrize("number", ["00", "03", "07", "12"])
def test_no_solution_is_refused(number):
    assert not any(refuse(exercise.answer) for exercise in load_lesson(number).EXERCISES)


def test_a_function_is_tried_on_other_numbers_for_each_student():
    remembers = """\
seen = []
def convolve(images, kernels):
    seen.append(float(images.sum()))
    raise ValueError(str(seen))"""
    messages = {judge({"convolve": remembers}, who)["convolve"].message for who in ("anna", "ben")}
    assert len(messages) == 2


def test_without_bubblewrap_nothing_is_run(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(RuntimeError, match="apt install bubblewrap"):
        judge({"edges": "edges = 0"})
