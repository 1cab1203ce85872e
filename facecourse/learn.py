"""A learner's own copy of the lessons: `facelib learn [FOLDER]`, or `python -m facecourse.learn`.

The copy has no outputs, so that one can predict and then see; nothing that is there is ever
overwritten, and the repository's own notebooks stay as they are.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import click

from facelib import files

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from facecourse.kit import Exercise

HERE = Path(__file__).parent
# An installed package carries the sources with it; in a clone they lie where authors edit them.
SOURCES = next(
    place for place in (HERE / "lessons", HERE.parent / "notebooks" / "src") if place.is_dir()
)
FOLDER = Path("compact-face-lessons")
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
# JupyterLab asks for news and newer versions over the network unless told not to.
QUIET = (
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
)


def lessons(folder: str = "") -> list[Path]:
    """The lessons as their authors write them, in order; of the folder "zh" those in Chinese."""
    return sorted((SOURCES / folder).glob("[0-9][0-9]_*.py"))


def read_source(source: Path) -> NotebookNode:
    """The notebook a lesson source describes, without outputs.

    A cell's id comes from its text: a rebuild changes only what an author changed, and a cell whose
    text is another one by now was edited by its reader.
    """
    import jupytext
    import nbformat

    notebook = jupytext.read(source, fmt="py:percent")
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for cell, name in zip(notebook.cells, name_cells(notebook), strict=True):
        cell.id = name
    return notebook


def name_cells(notebook: NotebookNode) -> list[str]:
    """The id that each cell has by its text."""
    digests = [hashlib.sha256(cell.source.encode()).hexdigest()[:8] for cell in notebook.cells]
    places = [digests[:place].count(digest) + 1 for place, digest in enumerate(digests)]
    return [d if place == 1 else f"{d}-{place}" for d, place in zip(digests, places, strict=True)]


def starter_line(exercise: Exercise) -> re.Pattern[str]:
    """Finds an exercise's starter where it has its lines to itself."""
    return re.compile(rf"^{re.escape(exercise.starter.strip())}$", re.MULTILINE)


def find_exercise(notebook: NotebookNode, exercise: Exercise) -> int:
    """The place of the cell that asks an exercise: tagged so, its starter on a line of its own.

    Raises:
        ValueError: there is none, or several.
    """
    starter = starter_line(exercise)
    places = [
        place
        for place, cell in enumerate(notebook.cells)
        if "exercise" in cell.metadata.get("tags", ()) and starter.search(cell.source)
    ]
    if len(places) != 1:
        raise ValueError(
            f"exercise {exercise.name!r} needs one cell tagged exercise that holds its starter "
            f"{exercise.starter!r}, {len(places)} do"
        )
    return places[0]


def copy_lessons(folder: Path) -> dict[Path, bool]:
    """Write every lesson into `folder`, beside whatever is there.

    Returns:
        {notebook: whether it is new}. A lesson of this very edition that is there already is not
        written again; beside one of another edition the new one is called `NN_name-2.ipynb`.

    Raises:
        OSError: the folder can't be made or written.
    """
    import nbformat

    found = {}
    for source in lessons() + lessons("zh"):
        place = folder / source.relative_to(SOURCES).parent
        place.mkdir(parents=True, exist_ok=True)
        notebook = read_source(source)
        edition = hashlib.sha256("".join(cell.id for cell in notebook.cells).encode()).hexdigest()
        notebook.metadata["compact_face_course"] = {"edition": edition[:12]}
        for number in count(1):
            path = place / f"{source.stem}{'' if number == 1 else f'-{number}'}.ipynb"
            if not path.exists():
                with path.open("x", encoding="utf-8", newline="\n") as file:
                    nbformat.write(notebook, file)
                found[path] = True
                break
            if _edition(path) == edition[:12]:
                found[path] = False
                break
    return found


def _edition(path: Path) -> str | None:
    """Which edition a notebook was copied from; None for any other file."""
    try:
        return files.read_json(path)["metadata"]["compact_face_course"]["edition"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=FOLDER)
@click.option("--open/--no-open", "opens", default=True, help="Start JupyterLab there, or not.")
def learn(folder: Path, opens: bool) -> None:
    """Copy the lessons into FOLDER (compact-face-lessons unless given) and open JupyterLab there.

    Your answers are safe: a file that is there is never overwritten. A lesson that has changed
    since you copied it is put beside yours as NN_name-2.ipynb.
    """
    try:
        found = copy_lessons(folder)
    except OSError as error:
        raise click.ClickException(
            f"the lessons can't be written to {folder} ({error}); name another folder"
        ) from error
    new = [path for path, is_new in found.items() if is_new]
    click.echo(f"{len(new)} of {len(found)} lessons are new in {folder.resolve()}")
    for path in new:
        if path.stem not in {lesson.stem for lesson in lessons()}:
            click.echo(f"  {path.name}: a newer edition, beside yours")
    if opens:
        start = next(iter(found)).name
        command = [sys.executable, "-m", "jupyterlab", *QUIET, start]
        sys.exit(subprocess.run(command, cwd=folder, check=False).returncode)


if __name__ == "__main__":
    learn()
