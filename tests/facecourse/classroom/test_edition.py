"""Students of a class get what is asked, and no trace of an answer."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from facecourse.classroom.assign import build_assignment
from facecourse.classroom.edition import COURSE, strip_course, strip_exercises
from facecourse.kit import load_lesson
from facecourse.kit.exercise import ____
from facecourse.learn import SOURCES, lessons

NUMBERS = [source.stem[:2] for source in lessons()]


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("class") / "facecourse"
    shutil.copytree(COURSE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    strip_course(folder, SOURCES)
    shutil.copytree(SOURCES, folder / "lessons")  # as in a wheel
    return folder


def read_stripped(number: str) -> dict:
    """What a lesson's exercises define in the edition for a class."""
    code = strip_exercises(Path(load_lesson(number).__file__).read_text("utf-8"))
    exec(code, names := {"__name__": "stripped"})
    return names


def in_a_line(text: str) -> str:
    return " ".join(text.split())


def traces(number: str) -> list[str]:
    """Of each answer of a lesson what neither its starter nor the lesson itself says: every two
    lines in a row, or the only one."""
    told = in_a_line(next(SOURCES.glob(f"{number}_*.py")).read_text("utf-8"))
    found = []
    for exercise in load_lesson(number).EXERCISES:
        lines = [line for line in exercise.answer.splitlines() if line not in exercise.starter]
        lines = [line for line in lines if in_a_line(line) not in told]
        pairs = ["\n".join(lines[place : place + 2]) for place in range(max(1, len(lines) - 1))]
        found += [in_a_line(pair) for pair in pairs if pair]
    return found


@pytest.mark.parametrize("number", NUMBERS)
def test_an_exercise_for_a_class_asks_the_same_and_judges_nothing(number):
    module, names = load_lesson(number), read_stripped(number)
    assert len(names["EXERCISES"]) == len(module.EXERCISES)
    for given, whole in zip(names["EXERCISES"], module.EXERCISES, strict=True):
        assert (given.name, given.lesson) == (whole.name, whole.lesson)
        assert (given.prompt, given.starter) == (whole.prompt, whole.starter)
        assert (given.answer, given.checker) == ("", None)
        assert given.hints == whole.hints[:1]
        assert list(given.context) == list(whole.context)
        assert given.check(____).kind == "not attempted"
        assert given.check("anything").kind == "answered"


@pytest.mark.parametrize("number", NUMBERS)
def test_what_a_lesson_calls_is_there_for_a_class(number):
    names = read_stripped(number)
    called = re.findall(
        r"exercises\.(\w+)", next(SOURCES.glob(f"{number}_*.py")).read_text("utf-8")
    )
    assert called
    assert set(called) <= set(names)


@pytest.mark.parametrize("number", NUMBERS)
def test_an_assignment_asks_each_exercise_once_and_in_the_order_of_the_lesson(number):
    cells = build_assignment(next(SOURCES.glob(f"{number}_*.py"))).cells
    asked = re.findall(r"\*\*Exercise (\d)\.\*\*", "\n".join(cell.source for cell in cells))
    assert asked == [str(place + 1) for place in range(len(load_lesson(number).EXERCISES))]


def test_no_trace_of_an_answer_is_in_the_edition_for_a_class(course):
    wanted = {trace for number in NUMBERS for trace in traces(number)}
    assert len(wanted) > 100
    whole = in_a_line("\n".join(path.read_text("utf-8") for path in COURSE.rglob("exercises.py")))
    assert sum(trace.replace('"', "'") in whole.replace('"', "'") for trace in wanted) > 50
    for path in course.rglob("*.py"):
        text = in_a_line(path.read_text("utf-8"))
        assert not [trace for trace in wanted if trace in text], path


def test_the_edition_for_a_class_leaves_out_checkers_and_evidence(course):
    there = {path.relative_to(course).as_posix() for path in course.rglob("*.py")}
    for module in ("budget", "evidence"):
        assert f"lesson06_distillation/{module}.py" not in there
    assert "classroom/sandbox.py" not in there
    assert "lesson06_distillation/experiment.py" in there, "lessons run in it"


def test_exercises_and_commands_work_in_the_edition_for_a_class(course):
    code = (
        "from facecourse.lesson00_start import exercises\n"
        "from facecourse.kit import ____, cards\n"
        "print(exercises.spoil.check(____).kind, exercises.spoil.check(0.025).kind)\n"
        "exercises.spoil.solution()\ncards.progress_card()\n"
        "from facecourse.cli import commands\n"
        "commands(['class', '--help'])"
    )
    places = [str(course.parent), str(COURSE.parent)]
    run = subprocess.run(
        [sys.executable, "-P", "-c", f"import sys; sys.path[:0] = {places}\n{code}"],
        capture_output=True,
        text=True,
        cwd=course.parent,
    )
    assert run.returncode == 0, run.stderr
    assert "not attempted answered" in run.stdout
    assert "your teacher has the solution" in run.stdout


@pytest.mark.parametrize("number", NUMBERS)
def test_no_trace_of_an_answer_is_in_a_release(number):
    preprocessors = pytest.importorskip("nbgrader.preprocessors")
    source = next(source for source in lessons() if source.name.startswith(number))
    release, resources = build_assignment(source), {"language": "python"}
    solutions = "\n".join(cell.source for cell in release.cells)
    for step in (preprocessors.ClearSolutions(), preprocessors.ClearHiddenTests()):
        release, resources = step.preprocess(release, resources)
    text = in_a_line("\n".join(cell.source for cell in release.cells))
    assert [trace for trace in traces(number) if trace in in_a_line(solutions)]
    assert not [trace for trace in traces(number) if trace in text]
    assert all(in_a_line(e.starter) in text for e in load_lesson(number).EXERCISES)
