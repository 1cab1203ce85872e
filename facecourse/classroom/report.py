"""Who is where, and which exercise is hard: `facelib class report FOLDER`, of a graded course."""

from __future__ import annotations

import csv
import html
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from facecourse.classroom import need_nbgrader

if TYPE_CHECKING:
    from facelib.measure import Interval

# A sign and a ground (dark on light) for each state, so that colour alone says nothing.
LOOK = {"solved": ("✔", "#cdebdc"), "tried": ("✘", "#f6d9c4"), "open": ("…", "#e8ebee")}
PAGE = """\
<!doctype html><html lang="en"><meta charset="utf-8"><title>Class report</title>
<style>
body {{ font: 1rem/1.5 sans-serif; margin: 2rem; color: #1b1f23; background: #fff }}
table {{ border-collapse: collapse; margin: 1rem 0 2rem }}
th, td {{ border: 1px solid #8a929a; padding: .2rem .6rem; text-align: left }}
</style>
<h1>Class report</h1>
<p>{students} students have handed in. ✔ solved, ✘ tried, … not attempted.</p>
<h2>Who is where</h2>{students_table}
<h2>Which exercise is hard</h2>
<p>Share of hand-ins that solve it, with its exact 95 % interval; the hardest first.</p>
{exercises_table}
</html>
"""


@dataclass(frozen=True)
class Mark:
    """One answer of one student: "solved", "tried" or "open", with its points."""

    student: str
    exercise: str
    state: str
    points: float


def read_marks(folder: Path) -> list[Mark]:
    """All answers that nbgrader has graded in a course, by assignment, student and exercise.

    Raises:
        FileNotFoundError: there is no gradebook; nothing has been graded yet.
    """
    from nbgrader.api import Gradebook

    if not (file := folder / "gradebook.db").is_file():
        raise FileNotFoundError(
            f"no gradebook.db in {folder}: make a course there by `facelib class assign`, collect "
            "and grade (`nbgrader autograde lesson03`), then ask for a report"
        )
    marks = []
    with Gradebook(f"sqlite:///{file.resolve()}") as book:
        for assignment in sorted(book.assignments, key=lambda a: a.name):
            for submission in sorted(assignment.submissions, key=lambda s: s.student_id):
                for notebook in submission.notebooks:
                    silent = {c.name for c in notebook.comments if c.auto_comment == "No response."}
                    for grade in notebook.grades:
                        name = grade.name.removesuffix("_check")
                        state = "open" if name in silent else "tried"
                        state = "solved" if grade.score == grade.max_score else state
                        marks.append(Mark(submission.student_id, name, state, grade.score))
    return marks


def find_hard(marks: list[Mark]) -> dict[str, Interval]:
    """{exercise: the share of hand-ins that solve it}, the hardest first."""
    import torch

    from facelib.measure import share_interval

    solved = defaultdict(list)
    for mark in marks:
        solved[mark.exercise].append(mark.state == "solved")
    shares = {name: share_interval(torch.tensor(s), "hand-ins") for name, s in solved.items()}
    return dict(sorted(shares.items(), key=lambda share: share[1].value))


def write_report(marks: list[Mark], out: Path) -> list[Path]:
    """Write `report.csv`, a row for each answer, and `report.html`, to look at; returns both."""
    rows, page = out / "report.csv", out / "report.html"
    with rows.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["student", "exercise", "state", "points"])
        writer.writerows([m.student, m.exercise, m.state, m.points] for m in marks)
    exercises = list(dict.fromkeys(mark.exercise for mark in marks))
    students = sorted({mark.student for mark in marks})
    found = {(mark.student, mark.exercise): mark for mark in marks}
    grid = [["student", *exercises, "points"]]
    for student in students:
        own = [found.get((student, exercise)) for exercise in exercises]
        total = sum(mark.points for mark in own if mark)
        grid.append([student, *(mark.state if mark else "" for mark in own), f"{total:g}"])
    hard = [[name, f"{share:.0%}"] for name, share in find_hard(marks).items()]
    filled = PAGE.format(
        students=len(students),
        students_table=_table(grid),
        exercises_table=_table([["exercise", "solved"], *hard]),
    )
    page.write_text(filled, "utf-8")
    return [rows, page]


def _table(rows: list[list[str]]) -> str:
    def cell(word: str) -> str:
        sign, ground = LOOK.get(word, ("", ""))
        style = f' style="background:{ground}" aria-label="{word}"' if sign else ""
        return f"<td{style}>{sign or html.escape(word)}</td>"

    head = "".join(f'<th scope="col">{html.escape(word)}</th>' for word in rows[0])
    body = "".join(f"<tr>{''.join(map(cell, row))}</tr>" for row in rows[1:])
    return f"<table><tr>{head}</tr>{body}</table>"


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def report(folder: Path) -> None:
    """Write report.csv and report.html into FOLDER, a course that nbgrader has graded.

    \b
    facelib class report my-course
    """
    need_nbgrader()
    try:
        marks = read_marks(folder)
        if not marks:
            raise FileNotFoundError(f"nothing is graded in {folder} yet: `nbgrader autograde NAME`")
        for path in write_report(marks, folder):
            click.echo(str(path))
    except OSError as error:
        raise click.ClickException(str(error)) from error
