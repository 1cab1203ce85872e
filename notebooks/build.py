"""Execute the lesson sources into notebooks: `python -m notebooks.build [NN ...] [zh/NN ...]`.

An author edits notebooks/src/NN_name.py (jupytext percent, cell tags in the metadata); a learner
opens notebooks/NN_name.ipynb, which holds the same cells and what they gave in the quick profile.
Those in `zh` say the same in Chinese, around the outputs of the original.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from facecourse.kit import evidence
from facecourse.learn import METADATA, find_exercise, name_cells, read_source, starter_line
from notebooks.kernels import quiet_kernels
from notebooks.translation import translate

NOTEBOOKS = Path(__file__).parent
EDITIONS = ("[0-9][0-9]", "zh/[0-9][0-9]")  # the numbers of all lessons in English, in Chinese
LARGEST = 2_000_000  # bytes of a stored notebook
STRIPPED = {"real-faces", "this-machine"}  # tags of cells whose outputs are never stored
WIDGET = "application/vnd.jupyter.widget-view+json"
FORBIDDEN = {
    "an absolute path": re.compile(
        r"(?<![\w.~/<>)\]])/[\w.-]+/[\w.-]|\b[A-Z]:\\+\w|(?:site|dist)-packages"
    ),
    "an object's address": re.compile(r"\bat 0x[0-9a-fA-F]{6,}"),
}


def sources(numbers: Sequence[str] = EDITIONS[:1]) -> list[Path]:
    """The lesson sources with these numbers in order, such as "05" or "zh/03"; else all in English.

    Raises:
        ValueError: a number that no source has.
    """
    found = {number: list((NOTEBOOKS / "src").glob(f"{number}_*.py")) for number in numbers}
    if unknown := [number for number, paths in found.items() if not paths]:
        raise ValueError(f"no lesson {', '.join(unknown)} in notebooks/src")
    return sorted(chain.from_iterable(found.values()))


def stored(source: Path) -> Path:
    """Where the notebook of a lesson source lies."""
    return NOTEBOOKS / source.relative_to(NOTEBOOKS / "src").with_suffix(".ipynb")


def tags(cell: NotebookNode) -> set[str]:
    """The tags of a cell."""
    return set(cell.metadata.get("tags", ()))


def solved(notebook: NotebookNode, exercises: Iterable) -> NotebookNode:
    """The edition of a lesson for tests: answers stand where `exercise` cells have the starters.

    Raises:
        ValueError: an exercise whose starter is in no cell of its own, or a cell with none.
    """
    notebook = nbformat.from_dict(notebook)
    asked = {find_exercise(notebook, exercise): exercise for exercise in exercises}
    for place, cell in enumerate(notebook.cells):
        if place in asked:
            answer = asked[place].answer.strip()
            line = starter_line(asked[place])
            cell.source = line.sub(lambda _, answer=answer: answer, cell.source)
        elif "exercise" in tags(cell):
            raise ValueError(f"this cell is tagged exercise and holds no starter:\n{cell.source}")
    return notebook


def execute(notebook: NotebookNode, folder: Path = NOTEBOOKS) -> NotebookNode:
    """Run every cell in a fresh kernel in `folder`; outputs and widget state are kept.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell raised.
    """
    notebook = nbformat.from_dict(notebook)
    client = NotebookClient(
        notebook,
        timeout=300,
        coalesce_streams=True,
        record_timing=False,
        resources={"metadata": {"path": str(folder)}},
    )
    with quiet_kernels(FACELIB_PROFILE="quick", FACELIB_FACES="orl"):
        return client.execute()


def evidence_of(notebook: NotebookNode) -> dict[str, str]:
    """The stored results that a lesson's cells read, and a digest of each: {file: digest}."""
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    files = {evidence.find(name) for name in re.findall(r'evidence\.load\("(\w+)"\)', code)}
    files |= {evidence.BOARD} if "evidence.BOARD" in code else set()
    return {
        file.relative_to(evidence.COURSE).as_posix(): evidence.digest(file)
        for file in sorted(files)
    }


def clean(notebook: NotebookNode) -> NotebookNode:
    """What may be stored: no faces, no widgets, no timestamps."""
    notebook = nbformat.from_dict(notebook)
    kept = {"evidence": notebook.metadata.evidence} if "evidence" in notebook.metadata else {}
    notebook.metadata = nbformat.from_dict(METADATA | kept)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        if STRIPPED & tags(cell):
            cell.outputs = []
        # A widget's view is an empty frame without its kernel; a slider brings a page.
        for output in cell.outputs:
            if output.get("data", {}).pop(WIDGET, None) and "text/html" not in output.data:
                output.data = {}
        cell.outputs = [output for output in cell.outputs if output.get("data") != {}]
    return notebook


def text(output: NotebookNode) -> str:
    """All that an output says in words: images are left out, those inside HTML too."""
    if output.output_type == "stream":
        return output.text
    if output.output_type == "error":
        return "\n".join([*output.traceback, f"{output.ename}: {output.evalue}"])
    words = [
        value if isinstance(value, str) else json.dumps(value)
        for mime, value in output.data.items()
        if mime == "image/svg+xml" or not mime.startswith("image/")
    ]
    return re.sub(r"base64,[A-Za-z0-9+/=\s]+", "base64,", "\n".join(words))


def hidden_errors(notebook: NotebookNode) -> list[str]:
    """Errors in the outputs of an executed notebook, one message each.

    A run that ended well can hold them: what a widget's callback or a `with Output():` block raises
    is shown inside the widget and stops nothing.
    """

    def of(where: str, outputs: Iterable[NotebookNode]) -> Iterator[str]:
        for output in outputs:
            words = text(nbformat.from_dict(output))
            _, raised, rest = words.partition("Traceback (most recent call last)")
            if output["output_type"] == "error" or raised:
                last = (rest.partition("</pre>")[0] or words).strip().splitlines()[-1]
                yield f"{where} shows an error: {last}"

    found = []
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            found += of(f"cell {number}", cell.outputs)
    for states in notebook.metadata.get("widgets", {}).values():
        for widget in states["state"].values():
            state = widget["state"]
            page = {"output_type": "display_data", "data": {"text/html": str(state.get("value"))}}
            found += of(f"a {widget['model_name']} widget", [*state.get("outputs", ()), page])
    return found


def problems(notebook: NotebookNode) -> list[str]:
    """Why this notebook must not be stored; an empty list when it may."""
    found = hidden_errors(notebook)
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        words = "\n".join(map(text, cell.outputs))
        found += [
            f"cell {number} shows {what}" for what in FORBIDDEN if FORBIDDEN[what].search(words)
        ]
        if any(output.get("name") == "stderr" for output in cell.outputs):
            found.append(f"cell {number} warns: {words.strip().splitlines()[-1]}")
        if "nbval-check-output" in tags(cell):
            # nbval passes a cell that stores nothing, whatever it prints.
            if not words:
                found.append(f"cell {number} is checked, but stores no output")
            if re.search(r"\d\.\d|\de-\d", words):
                found.append(f"cell {number} is checked, but shows a measured number: {words}")
    shown = notebook.metadata.get("evidence", {})
    for file, digest in evidence_of(notebook).items():
        if shown.get(file) != digest:
            found.append(f"it shows an older {file}: build it again")
    if notebook != clean(notebook):
        found.append("it holds outputs or metadata that clean() removes")
    if (size := len(nbformat.writes(notebook).encode())) > LARGEST:
        found.append(f"it has {size:,} bytes, more than {LARGEST:,}")
    return found


def edited(path: Path) -> list[int]:
    """The cells of a stored notebook that no build wrote: an answer, a note. Their numbers."""
    notebook = nbformat.read(path, as_version=4)
    named = zip(notebook.cells, name_cells(notebook), strict=True)
    return [number for number, (cell, name) in enumerate(named) if cell.get("id") != name]


def build(source: Path) -> Path:
    """Execute one lesson source, or translate what its original gave, and store the notebook;
    returns where.

    Raises:
        ValueError: the result breaks a rule for stored notebooks, or a translation departs from its
            original as it is stored; nothing is written.
        FileExistsError: somebody's answers are in the notebook; nothing is run nor written.
    """
    target = stored(source)
    target.parent.mkdir(exist_ok=True)
    if target.exists() and (cells := edited(target)):
        raise FileExistsError(
            f"{target} holds what no build wrote, in cells {cells}: answers, perhaps. Move it to a "
            f"folder of yours (or put it back: git checkout {target}), and build again"
        )
    original = NOTEBOOKS / "src" / source.name
    if source == original:
        executed = execute(read_source(source))
        executed.metadata.evidence = evidence_of(executed)
    else:
        executed = translate(nbformat.read(stored(original), as_version=4), read_source(source))
    notebook = clean(executed)
    if found := hidden_errors(executed) + problems(notebook):
        raise ValueError(f"{source.name} is not stored:\n  " + "\n  ".join(dict.fromkeys(found)))
    with target.open("w", encoding="utf-8", newline="\n") as file:
        nbformat.write(notebook, file)
    return target


if __name__ == "__main__":
    for lesson in sources(sys.argv[1:] or EDITIONS):
        try:
            print(f"{build(lesson).relative_to(NOTEBOOKS)} built")
        except (FileExistsError, ValueError) as error:
            sys.exit(str(error))
