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
    pytest.mark.notebook,  # it runs those of a class
    pytest.mark.filterwarnings("ignore:Object of type|Cell is missing"),  # of nbgrader's own code
]

ANSWERS = {exercise.name: exercise.answer for exercise in load_lesson("01").EXERCISES}
SECONDS = patience(8)  # for an answer; one of them takes all
FORGERY = {"grade_id": "lesson01_bonus_check", "points": 100}
HARM = """
import os, shutil
shutil.rmtree(os.path.expanduser('~'), True)
while True:
    try:
        while True: pass
    except BaseException: pass"""


def nbgrader(*words: str, folder: Path) -> None:
    """A command of nbgrader, in this process; it must succeed."""
    with chdir(folder), patch.object(os, "environ", os.environ):  # it leaves a mere dict there
        run_nbgrader(list(words))


def read_release(course: Path) -> nbformat.NotebookNode:
    (path,) = (course / "release").glob("*/*.ipynb")
    return nbformat.read(path, 4)


def name_of(cell: nbformat.NotebookNode) -> str:
    return cell.metadata.nbgrader.grade_id.partition("_")[2]


def answer(notebook: nbformat.NotebookNode, answers: dict[str, str]) -> nbformat.NotebookNode:
    """A release notebook with answers below the starters."""
    notebook = nbformat.from_dict(notebook)
    for cell in notebook.cells:
        if name_of(cell) in answers:
            cell.source += "\n" + answers[name_of(cell)]
    return notebook


def submissions(release: nbformat.NotebookNode) -> dict[str, tuple]:
    """{student: (what is handed in, the points it is worth)}."""
    hostile = answer(release, ANSWERS | {"confusion": "anna = [8 / 10, 8 / 12]", "tar": HARM})
    untidy = answer(release, {"confusion": ANSWERS["confusion"], "tar": "1 / 0"})
    named = {name_of(cell): cell for cell in untidy.cells}
    check = named.pop("confusion_check")  # deleted
    forged = check.metadata | {"nbgrader": check.metadata.nbgrader | FORGERY}
    del named["watch_list"]
    added = named["confusion"] | {"id": "a-copy"}, check | {"id": "own", "metadata": forged}
    untidy.cells = [*named.values(), *map(nbformat.from_dict, added)]
    return {"hostile": (hostile, 5), "untidy": (untidy, 2)}


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """A course with an assignment of lesson 01 that has been released, handed in and graded."""
    folder = tmp_path_factory.mktemp("course")
    write_course(folder, ["01"])
    with (folder / "nbgrader_config.py").open("a", encoding="utf-8") as file:
        exchange = tmp_path_factory.mktemp("exchange")
        exchange.chmod(0o777)
        file.write(f"c.Judge.seconds = {SECONDS}\nc.Exchange.root = {str(exchange)!r}\n")
    nbgrader("generate_assignment", "lesson01", "--create", folder=folder)
    nbgrader("release_assignment", "lesson01", folder=folder)
    hand_in(folder, tmp_path_factory.mktemp("perfect"))
    nbgrader("collect", "lesson01", folder=folder)
    (own,) = (folder / "submitted").iterdir()  # nbgrader names it by the system's account
    own.rename(own.with_name("perfect"))
    for student, (notebook, _) in submissions(read_release(folder)).items():
        place = folder / "submitted" / student / "lesson01"
        place.mkdir(parents=True)
        nbformat.write(notebook, place / "lesson01.ipynb")
    nbgrader("autograde", "lesson01", folder=folder)
    nbgrader("generate_feedback", "lesson01", folder=folder)
    return folder


def hand_in(course: Path, home: Path) -> None:
    """What a student does: fetch the assignment, answer it, submit it."""
    shutil.copy(course / "nbgrader_config.py", home)
    nbgrader("fetch_assignment", "lesson01", folder=home)
    path = home / "lesson01" / "lesson01.ipynb"
    nbformat.write(answer(nbformat.read(path, 4), ANSWERS), path)
    nbgrader("submit", "lesson01", folder=home)


def test_each_submission_gets_its_points(course):
    marks = read_marks(course)
    points = {mark.student: 0.0 for mark in marks}
    for mark in marks:
        points[mark.student] += mark.points
    handed_in = submissions(read_release(course))
    wanted = {student: worth for student, (_, worth) in handed_in.items()}
    assert points == wanted | {"perfect": 10}


def test_in_the_release_all_but_the_answers_is_locked_and_nothing_solves_them(course):
    release = read_release(course)
    text = "\n".join(cell.source for cell in release.cells)
    assert "HIDDEN" not in text
    assert "SOLUTION" not in text
    locked = [c for c in release.cells if c.metadata.nbgrader.locked]
    assert len(locked) == len(release.cells) - len(ANSWERS)


def test_feedback_says_why_to_each_student(course):
    def feedback(student: str) -> str:
        return (course / "feedback" / student / "lesson01" / "lesson01.html").read_text("utf-8")

    assert "so this cell was not run" not in feedback("perfect")
    assert "ZeroDivisionError" in feedback("untidy")
    assert "The other way round" in feedback("hostile")
    assert f"longer than {SECONDS:g} seconds" in feedback("hostile")


def test_the_report_says_who_is_where_and_what_is_hard(course, tmp_path):
    marks = read_marks(course)
    rows, page = write_report(marks, tmp_path)
    found = {(r["student"], r["exercise"]): r["state"] for r in csv.DictReader(rows.open())}
    assert found["hostile", "lesson01_confusion"] == "tried"
    assert found["untidy", "lesson01_door"] == "open"
    assert found["perfect", "lesson01_door"] == "solved"
    shares = find_hard(marks)
    assert shares["lesson01_watch_list"].value == pytest.approx(2 / 3)
    assert [s.value for s in shares.values()] == sorted(s.value for s in shares.values())
    text = page.read_text("utf-8")
    assert text.count('aria-label="solved"') == list(found.values()).count("solved")
    assert "<td>untidy</td>" in text


@pytest.mark.nightly
def test_thirty_hand_ins_of_a_lesson_are_graded_in_ten_minutes(tmp_path):
    write_course(tmp_path, ["03"])
    nbgrader("generate_assignment", "lesson03", "--create", folder=tmp_path)
    answers = {exercise.name: exercise.answer for exercise in load_lesson("03").EXERCISES}
    solved = answer(read_release(tmp_path), answers)
    for number in range(30):
        place = tmp_path / "submitted" / f"student{number:02}" / "lesson03"
        place.mkdir(parents=True)
        nbformat.write(solved, place / "lesson03.ipynb")
    start = time.perf_counter()
    nbgrader("autograde", "lesson03", folder=tmp_path)
    seconds = time.perf_counter() - start
    assert [mark.state for mark in read_marks(tmp_path)] == ["solved"] * 30 * len(answers)
    assert seconds <= patience(600), too_slow("grading thirty hand-ins", 600)
