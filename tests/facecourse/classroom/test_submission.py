"""What a student handed in is judged fairly, and can neither cheat nor harm."""

from __future__ import annotations

import shutil

import pytest

from facecourse.classroom.submission import Cell, Finding, Limits, judge_cells, refuse
from facecourse.kit import load_lesson
from notebooks.kernels import patience
from tests.facecourse.classroom.walls import needs_walls

EXERCISES = {exercise.name: exercise for exercise in load_lesson("03").EXERCISES}
RIGHT = {name: exercise.answer for name, exercise in EXERCISES.items()}
SETUP = "import torch\nfrom torch.nn import functional as F\nfrom facecourse.kit import ____"
LIMITS, SHORT = Limits(seconds=patience(25)), Limits(seconds=patience(4))

pytestmark = needs_walls


def judge(answers: list[tuple[str, str]], student: str) -> list[Finding]:
    """The outcomes of answers (code, exercise) to lesson 03, in a process; each in a cell."""
    cells = [cell for code, name in answers for cell in (Cell(code), Cell("", name))]
    return judge_cells("03", [Cell(SETUP), *cells], student, LIMITS)[2::2]


REMEMBERS = """\
seen = []
def convolve(images, kernels):
    seen.append(float(images.sum()))
    raise ValueError(str(seen))"""


@pytest.fixture(scope="module")
def honest() -> list[Finding]:
    """Of Ben: a wrong answer, a right one, none, and what numbers a function was tried on."""
    answers = [
        ("edges = [[1, 0, -1]] * 3", "edges"),
        (RIGHT["convolve"], "convolve"),
        (EXERCISES["tune"].starter, "tune"),
        (REMEMBERS, "convolve"),
    ]
    return judge(answers, "ben")


def test_right_wrong_and_open_answers_are_told_apart(honest):
    wrong, right, left, _ = honest
    assert [f.kind for f in (wrong, right, left)] == ["incorrect", "correct", "not attempted"]
    assert "run like \\ light up" in wrong.message


STUCK = "def convolve(images, kernels):\n    while True: pass"


def test_what_stops_the_process_or_never_returns_costs_its_own_exercise_alone():
    codes = {"edges": "import os\nos._exit(0)", "convolve": STUCK, "tune": RIGHT["tune"]}
    cells = [cell for name, code in codes.items() for cell in (Cell(code), Cell("", name))]
    _, ended, *found = judge_cells("03", [Cell(SETUP), *cells], "anna", SHORT)
    assert "ended the process" in ended.message
    kinds = [finding.kind for finding in found]
    assert kinds == ["not attempted", "ran", "stopped", "ran", "correct"]
    assert f"longer than {SHORT.seconds:g} seconds" in found[2].message


FAILED = {
    "an exception": ("1 / 0", "ZeroDivisionError"),
    "the end of Python": ("raise SystemExit", "SystemExit"),
    "the network": ("import urllib.request as u\nu.urlopen('http://192.0.2.1', timeout=9)", "URLE"),
    "a file elsewhere": ("open('/root-of-all', 'w')", "OSError"),
    "memory": ("x = bytearray(50_000_000_000)", "MemoryError"),
    "broken code": ("def", "SyntaxError"),
}
CHEATS = {
    "an answer from the package": (
        "edges",
        "from facecourse.lesson03_sharing import exercises\nedges = exercises.edges.answer",
    ),
    "a file of the package": (
        "edges",
        "from pathlib import Path\nimport facecourse.lesson03_sharing as it\n"
        "text = (Path(it.__path__[0]) / 'exercises.py').read_text()\n"
        "edges = [[-1, -1, 0], [-1, 0, 1], [0, 1, 1]] if 'RISING' in text else 0",
    ),
    "numbers that are always close": (
        "convolve",
        "kept, torch.allclose = torch.allclose, lambda *_, **__: True\n"
        "def convolve(images, kernels):\n"
        "    return torch.zeros(len(images), len(kernels), *(n - 2 for n in images.shape[2:]))",
    ),
    "a checker that is always content": (
        "edges",
        "torch.allclose = kept\nfrom facecourse.kit.exercise import Exercise, Outcome\n"
        "Exercise.check = lambda self, answer: Outcome('correct', '')\nedges = 0",
    ),
}


def test_what_fails_costs_its_own_cell_a_cheat_gets_no_point_and_others_other_numbers(honest):
    in_jupyter = "%%time\n!ls\ndisplay(1)\n" + RIGHT["edges"]
    answers = [("convolve", REMEMBERS), ("edges", in_jupyter), *CHEATS.values()]
    cells = [Cell(code) for code, _ in FAILED.values()]
    cells += [cell for name, code in answers for cell in (Cell(code), Cell("", name))]
    _, *found = judge_cells("03", [Cell(SETUP), *cells], "anna", LIMITS)
    for (code, error), finding in zip(FAILED.values(), found, strict=False):
        assert finding.kind == "failed", code
        assert error in finding.message
    ran, judged = found[len(FAILED) :: 2], found[len(FAILED) + 1 :: 2]
    assert {finding.kind for finding in ran} == {"ran"}, "a cheat that fails proves nothing"
    numbers, right, *cheats = judged
    assert "ValueError" in numbers.message != honest[3].message
    assert right.kind == "correct"
    for name, finding in zip(CHEATS, cheats, strict=True):
        assert finding.kind != "correct", name
    assert "a wrong answer looks right" in cheats[2].message


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


def test_without_bubblewrap_nothing_is_run(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(RuntimeError, match="apt install bubblewrap"):
        judge([("edges = 0", "edges")], "anna")
