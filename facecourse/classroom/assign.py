"""Assignments for nbgrader, made of the lessons' exercises: `facelib class assign FOLDER`.

An assignment holds a lesson's tasks in the lesson's own words, a cell for each answer and a locked
cell that judges it. What it teaches stays in the lesson, so a student works with both.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import click

from facecourse.classroom import need_nbgrader
from facecourse.learn import METADATA, find_exercise, lessons, read_source

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from facecourse.kit import Exercise

CONFIG = '''\
"""An nbgrader course of compact face recognition; `nbgrader --help-all` lists what can be set."""

from facecourse.classroom.judge import AUTOGRADE, SANITIZE

c = get_config()
c.CourseDirectory.course_id = "compact-face"
c.ClearSolutions.code_stub = {"python": ""}
c.Restore.add_missing_cells = True
c.Autograde.sanitize_preprocessors = SANITIZE
c.Autograde.autograde_preprocessors = AUTOGRADE  # answers are judged in a process of their own
# c.Judge.seconds = 120  # for each answer
# c.Exchange.root = "/srv/nbgrader/exchange"  # a folder that teacher and students share, if any
'''
GUIDE = """\
# {title}: exercises

Work beside the lesson. Replace each gap, `____`; further cells are yours to add. The cell below an
answer is locked; when you run it, it says whether there is an answer, and what it is worth is found
when all are graded. An answer runs for at most two minutes, without a network, and needs nothing
from `sys`, `inspect`, `subprocess` or their like.

Only your answers are judged: no picture of a real person belongs into what you hand in."""


def build_assignment(source: Path) -> NotebookNode:
    """The assignment of a lesson (its percent script), with solutions, as nbgrader's `source`."""
    from nbformat.v4 import new_notebook

    from facecourse.kit import load_lesson

    lesson = read_source(source)
    number = source.stem[:2]
    module = load_lesson(number)
    title = lesson.cells[0].source.splitlines()[0].lstrip("# ").partition(":")[0]
    folder = module.__name__.rpartition(".")[0]
    setup = f"""\
    import math

    import torch
    from torch import nn
    from torch.nn import functional as F

    from facecourse.kit import ____
    from {folder} import exercises
    from facelib import data, measure"""
    cells = [
        _cell("markdown", GUIDE.format(title=title), f"lesson{number}", locked=True),
        _cell("code", dedent(setup), f"lesson{number}_setup", locked=True),
    ]
    places = {find_exercise(lesson, exercise): exercise for exercise in module.EXERCISES}
    for place, exercise in sorted(places.items()):
        texts = [cell.source for cell in lesson.cells[:place]]
        task = next(text for text in reversed(texts) if "**Exercise" in text)
        cells += _ask(exercise, "**Exercise" + task.partition("**Exercise")[2])
    return new_notebook(cells=cells, metadata=METADATA)


def _ask(exercise: Exercise, task: str) -> list[NotebookNode]:
    from facecourse.kit.exercise import defined

    name, points = f"lesson{exercise.lesson}_{exercise.name}", exercise.points
    given = [f'{g} = exercises.{exercise.name}.context["{g}"]' for g in exercise.context]
    solution = f"### BEGIN SOLUTION\n{exercise.answer}\n### END SOLUTION"
    check = f"exercises.{exercise.name}.check({defined(exercise.starter)})"
    refuse = (
        "### BEGIN HIDDEN TESTS\n"
        'raise RuntimeError("grade with the nbgrader_config.py of this course, which judges")\n'
        "### END HIDDEN TESTS"
    )
    return [
        _cell("markdown", f"{task}\n\n*Points: {points}.*", f"{name}_task", locked=True),
        *([_cell("code", "\n".join(given), f"{name}_given", locked=True)] if given else []),
        _cell("code", f"{exercise.starter}\n{solution}", name, solution=True),
        _cell("code", f"{check}\n{refuse}", f"{name}_check", locked=True, points=points),
    ]


def _cell(kind: str, source: str, name: str, **nbgrader: object) -> NotebookNode:
    from nbformat.v4 import new_code_cell, new_markdown_cell

    marks = {"grade": "points" in nbgrader, "solution": False, "locked": False, "task": False}
    marks |= {"grade_id": name, "schema_version": 3, "cell_type": kind, **nbgrader}
    make = new_code_cell if kind == "code" else new_markdown_cell
    return make(source, metadata={"nbgrader": marks}, id=re.sub(r"\W", "-", name))


def write_course(folder: Path, numbers: Sequence[str]) -> list[Path]:
    """Write the sources of these lessons' assignments, and the settings, where there are none yet.

    Returns: the assignments, `FOLDER/source/lesson03`.

    Raises:
        ValueError: a number that no lesson has.
        OSError: the folder can't be written.
    """
    import nbformat

    known = {source.stem[:2]: source for source in lessons()}
    if unknown := sorted(set(numbers) - set(known)):
        raise ValueError(f"no lesson {', '.join(unknown)}; there are {', '.join(known)}")
    folder.mkdir(parents=True, exist_ok=True)
    if not (settings := folder / "nbgrader_config.py").exists():
        settings.write_text(CONFIG, "utf-8")
    assignments = [folder / "source" / f"lesson{number}" for number in numbers or known]
    for number, assignment in zip(numbers or known, assignments, strict=True):
        if not (path := assignment / f"lesson{number}.ipynb").exists():
            assignment.mkdir(parents=True, exist_ok=True)
            nbformat.write(build_assignment(known[number]), path)
    return assignments


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.argument("lesson", nargs=-1)
def assign(folder: Path, lesson: tuple[str, ...]) -> None:
    """Make an nbgrader course in FOLDER, with an assignment for each LESSON (03 05; all if none).

    What is there already, edited perhaps, is left as it is. The edition for students, without
    solutions, is then in FOLDER/release.

    \b
    facelib class assign my-course 03 05
    """
    need_nbgrader()
    try:
        names = [assignment.name for assignment in write_course(folder, lesson)]
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    release = folder.resolve() / "release"
    new = [name for name in names if not (release / name).exists()]
    for name in new:
        command = [sys.executable, "-m", "nbgrader", "generate_assignment", name, "--create"]
        if subprocess.run(command, cwd=folder).returncode:
            raise click.ClickException(f"nbgrader could not release {name}; its words stand above")
    click.echo(f"{len(new)} of {len(names)} assignments are new in {release}")
