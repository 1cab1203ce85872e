"""The board of a class's capstones: `facelib class board FOLDER` scores what students built, all on
the same people, who are drawn when it is run and whom nobody can have learnt by heart."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
from tqdm import tqdm

if TYPE_CHECKING:
    from facecourse.lesson12_capstone.scoring import Score

HEAD = "student", "file", "bytes", "points lost", "low", "high", "times faster", "budgets kept"
HEAD += ("seed", "people", "why not")


def find_files(folder: Path) -> dict[str, Path]:
    """{student: file} of `FOLDER/STUDENT.onnx`, `FOLDER/STUDENT/NAME.onnx`, each perhaps zipped.

    Raises:
        FileNotFoundError: there is none.
        ValueError: a student with several.
    """
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*.onnx*")):
        student = path.relative_to(folder).parts[0].partition(".onnx")[0]
        if student in found:
            raise ValueError(f"{student} has {found[student]} and {path}: leave one")
        found[student] = path
    if not found:
        raise FileNotFoundError(f"no STUDENT.onnx, STUDENT.onnx.zip or STUDENT/*.onnx in {folder}")
    return found


def score_class(
    files: dict[str, Path], people: int = 2000
) -> Iterator[tuple[str, Path, Score | str]]:
    """Each student's score, or why there is none; all on the same people, who are drawn now."""
    from facecourse.lesson12_capstone.scoring import draw_seed, score_file

    seed = draw_seed()
    for student, path in tqdm(files.items(), unit="file"):
        try:
            yield student, path, score_file(path, seed, people)
        except (OSError, ValueError, RuntimeError) as error:
            yield student, path, str(error)


def tabulate_scores(found: list[tuple[str, Path, Score | str]]) -> list[tuple]:
    """Rows under `HEAD`: who lost least first, what can't be scored last."""
    from facecourse.lesson12_capstone.experiment import BUDGETS, keeps

    scored = [
        (student, path, score) for student, path, score in found if not isinstance(score, str)
    ]
    rows = []
    for student, path, score in sorted(scored, key=lambda row: row[2].lost.value):
        lost = (f"{part:.1f}" for part in (score.lost.value, score.lost.low, score.lost.high))
        kept = " ".join(name for name, budget in BUDGETS.items() if keeps(score, budget))
        about = (f"{score.faster.value:.1f}", kept, score.seed, score.people, "")
        rows.append((student, path.name, score.bytes, *lost, *about))
    refused = [(student, path.name, why) for student, path, why in found if isinstance(why, str)]
    return [*rows, *((student, name, *[""] * 8, why) for student, name, why in refused)]


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--people", default=2000, show_default=True, help="How many to draw; 20 s a file.")
def board(folder: Path, people: int) -> None:
    """Score the ONNX files of a class in FOLDER and write board.csv there, the best first.

    All are measured on the same people, who are drawn now.

    \b
    facelib class board their-files
    """
    try:
        rows = tabulate_scores(list(score_class(find_files(folder), people=people)))
        out = folder / "board.csv"
        with out.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([HEAD, *rows])
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    for student, name, size, lost, low, high, faster, kept, *_, why in rows:
        if not why:
            why = f"{lost} points lost [{low}, {high}], {size:,} bytes, {faster} times faster"
            why += f"; keeps the budget of a {', a '.join(kept.split())}" if kept else ""
        click.echo(f"{student} ({name}): {why}")
    click.echo(str(out))
