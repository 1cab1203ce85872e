"""The real nbgrader takes an assignment from its source to the feedback and the class report."""

from __future__ import annotations

import csv
import os
import shutil
import time
from contextlib import chdir
from pathlib import Path
from unittest.mock import patch

import nbformat
import pytest

from facecourse.classroom.assign import write_course
from facecourse.classroom.report import find_hard, read_marks, write_report
from facecourse.kit import load_lesson
from notebooks.kernels import patience, too_slow
from tests.facecourse.classroom.walls import needs_walls

run_nbgrader = pytest.importorskip("nbgrader.tests").run_nbgrader
pytestmark = [
    needs_walls,
    pytest.mark.filterwarnings("ignore:Object of type|Cell is missing"),  # of nbgrader's own code
]

ANSWERS = {exercise.name: exercise.answer for exercise in load_lesson("03").EXERCISES}
SECONDS = patience(15)  # for an answer; one of them takes all
FORGERY = {"grade_id": "lesson03_bonus_check", "points": 100}
WRONG = {"edges": "edges = [[1, 0, -1]] * 3", "find_mouths": "mouth_kernel = [[1]]"}


def nbgrader(*words: str, folder: Path) -> None:
    """A command of nbgrader, in this process; it must succeed."""
    with chdir(folder), patch.object(os, "environ", os.environ):  # it leaves a mere dict there
        run_nbgrader(list(words))


def answer(notebook: nbformat.NotebookNode, answers: dict[str, str]) -> nbformat.NotebookNode:
    """A release notebook with answers below the starters."""
    notebook = nbformat.from_dict(notebook)
    for cell in notebook.cells:
        name = cell.metadata.nbgrader.grade_id.removeprefix("lesson03_")
        if name in answers:
            cell.source += "\n" + answers[name]
    return notebook


def take_out(notebook: nbformat.NotebookNode, *names: str) -> nbformat.NotebookNode:
    """Without some cells, as a student may delete them."""
    kept = [
        c for c in notebook.cells if c.metadata.nbgrader.grade_id.split("_", 1)[-1] not in names
    ]
    return nbformat.from_dict(notebook | {"cells": kept})


def submissions(release: nbformat.NotebookNode) -> dict[str, tuple]:
    """{student: (what is handed in, the points it is worth)}."""
    untidy = take_out(answer(release, ANSWERS | {"convolve": "1 / 0"}), "tune", "edges_check")
    untidy.cells.append(nbformat.from_dict(untidy.cells[3] | {"id": "a-copy"}))
    check = next(c for c in untidy.cells if c.metadata.nbgrader.grade_id.endswith("_check"))
    forged = check.metadata | {"nbgrader": check.metadata.nbgrader | FORGERY}
    untidy.cells.append(nbformat.from_dict(check | {"id": "own", "metadata": forged}))
    hostile = "import os, shutil\nshutil.rmtree(os.path.expanduser('~'), True)\nos._exit(0)"
    forever = "import time\ntime.sleep(1000)"
    return {
        "blank": (release, 0),
        "half": (answer(release, ANSWERS | WRONG), 5),
        "hostile": (answer(release, ANSWERS | {"edges": hostile, "tune": forever}), 6),
        "untidy": (untidy, 5),
    }


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """A course with an assignment of lesson 03 that has been released, handed in and graded."""
    folder = tmp_path_factory.mktemp("course")
    write_course(folder, ["03"])
    with (folder / "nbgrader_config.py").open("a", encoding="utf-8") as file:
        exchange = tmp_path_factory.mktemp("exchange")
        exchange.chmod(0o777)
        file.write(f"c.Judge.seconds = {SECONDS}\nc.Exchange.root = {str(exchange)!r}\n")
    nbgrader("generate_assignment", "lesson03", "--create", folder=folder)
    nbgrader("release_assignment", "lesson03", folder=folder)
    hand_in(folder, tmp_path_factory.mktemp("perfect"))
    nbgrader("collect", "lesson03", folder=folder)
    (own,) = (folder / "submitted").iterdir()  # nbgrader names it by the system's account
    own.rename(own.with_name("perfect"))
    release = nbformat.read(folder / "release" / "lesson03" / "lesson03.ipynb", 4)
    for student, (notebook, _) in submissions(release).items():
        place = folder / "submitted" / student / "lesson03"
        place.mkdir(parents=True)
        nbformat.write(notebook, place / "lesson03.ipynb")
    nbgrader("autograde", "lesson03", folder=folder)
    nbgrader("generate_feedback", "lesson03", folder=folder)
    return folder


def hand_in(course: Path, home: Path) -> None:
    """What a student does: fetch the assignment, answer it, submit it."""
    shutil.copy(course / "nbgrader_config.py", home)
    nbgrader("fetch_assignment", "lesson03", folder=home)
    path = home / "lesson03" / "lesson03.ipynb"
    nbformat.write(answer(nbformat.read(path, 4), ANSWERS), path)
    nbgrader("submit", "lesson03", folder=home)


def test_each_submission_gets_its_points(course):
    marks = read_marks(course)
    points = {mark.student: 0.0 for mark in marks}
    for mark in marks:
        points[mark.student] += mark.points
    release = nbformat.read(course / "release" / "lesson03" / "lesson03.ipynb", 4)
    wanted = {student: worth for student, (_, worth) in submissions(release).items()}
    assert points == wanted | {"perfect": 10}


def test_in_the_release_all_but_the_answers_is_locked_and_nothing_solves_them(course):
    release = nbformat.read(course / "release" / "lesson03" / "lesson03.ipynb", 4)
    text = "\n".join(cell.source for cell in release.cells)
    assert not [answer for answer in ANSWERS.values() if answer.splitlines()[-1] in text]
    assert "HIDDEN" not in text
    assert "SOLUTION" not in text
    locked = [c for c in release.cells if c.metadata.nbgrader.locked]
    assert len(locked) == len(release.cells) - len(ANSWERS)


def test_feedback_says_why_to_each_student(course):
    def feedback(student: str) -> str:
        return (course / "feedback" / student / "lesson03" / "lesson03.html").read_text("utf-8")

    assert "so this cell was not run" not in feedback("perfect")
    assert "along each line from the upper left" in feedback("half")
    assert f"longer than {SECONDS:g} seconds" in feedback("hostile")
    assert "ZeroDivisionError" in feedback("untidy")
    assert "ended the process" in feedback("hostile")


def test_the_report_says_who_is_where_and_what_is_hard(course, tmp_path):
    marks = read_marks(course)
    rows, page = write_report(marks, tmp_path)
    found = {(r["student"], r["exercise"]): r["state"] for r in csv.DictReader(rows.open())}
    assert found["half", "lesson03_edges"] == "tried"
    assert found["blank", "lesson03_edges"] == "open"
    assert found["perfect", "lesson03_find_mouths"] == "solved"
    shares = find_hard(marks)
    assert shares["lesson03_tune"].value == pytest.approx(2 / 5)
    assert [s.value for s in shares.values()] == sorted(s.value for s in shares.values())
    text = page.read_text("utf-8")
    assert text.count('aria-label="solved"') == list(found.values()).count("solved")
    assert "<td>half</td>" in text


@pytest.mark.nightly
def test_thirty_hand_ins_of_a_lesson_are_graded_in_ten_minutes(course, tmp_path):
    write_course(tmp_path, ["03"])
    nbgrader("generate_assignment", "lesson03", "--create", folder=tmp_path)
    for number in range(30):
        place = tmp_path / "submitted" / f"student{number:02}" / "lesson03"
        shutil.copytree(course / "submitted" / "perfect" / "lesson03", place)
    start = time.perf_counter()
    nbgrader("autograde", "lesson03", folder=tmp_path)
    seconds = time.perf_counter() - start
    assert [mark.state for mark in read_marks(tmp_path)] == ["solved"] * 30 * len(ANSWERS)
    assert seconds <= patience(600), too_slow("grading thirty hand-ins", 600)
