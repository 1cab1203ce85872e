"""The commands of a class, `facelib class`."""

from __future__ import annotations

from pathlib import Path

import click

from facecourse.classroom.assign import assign
from facecourse.classroom.board import board
from facecourse.classroom.report import report
from facecourse.classroom.strip import strip
from facecourse.learn import FOLDER, SOURCES, read_source


@click.group("class")
def classroom() -> None:
    """For whoever teaches: assignments, reports, hand-ins without faces.

    \b
    facelib class assign my-course 03 05
    facelib class report my-course
    """


@classroom.command("self-test")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=FOLDER)
def self_test(folder: Path) -> None:
    """Copy ten questions on what the lessons need into FOLDER (compact-face-lessons unless given).

    A file that is there is never overwritten.

    \b
    facelib class self-test
    """
    import nbformat

    path = folder / "self_test.ipynb"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            nbformat.write(read_source(SOURCES / path.with_suffix(".py").name), file)
    except FileExistsError as error:
        raise click.ClickException(
            f"{path} is there already: answer in it, or name another folder"
        ) from error
    except OSError as error:
        raise click.ClickException(
            f"the self-test can't be written to {folder} ({error}); name another folder"
        ) from error
    click.echo(f"open {path.resolve()} in JupyterLab")


for command in (assign, report, board, strip):
    classroom.add_command(command)
