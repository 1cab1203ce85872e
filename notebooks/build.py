"""Execute the lesson sources into notebooks: `python -m notebooks.build [NN ...]`.

An author edits notebooks/src/NN_name.py (jupytext percent, cell tags in the metadata); a learner
opens notebooks/NN_name.ipynb, which holds the same cells and what they gave in the quick profile.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.output_widget import OutputWidget
from nbformat import NotebookNode

from facecourse.kit import evidence, load_lesson
from notebooks.kernels import quiet_kernels

NOTEBOOKS = Path(__file__).parent
LARGEST = 2_000_000  # bytes of a stored notebook
STRIPPED = {"real-faces", "this-machine"}  # tags of cells whose outputs are never stored
WIDGET = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
FORBIDDEN = {
    "an absolute path": re.compile(
        r"(?<![\w.~/<>)\]])/[\w.-]+/[\w.-]|\b[A-Z]:\\+\w|(?:site|dist)-packages"
    ),
    "an object's address": re.compile(r"\bat 0x[0-9a-fA-F]{6,}"),
}

# nbclient answers what a widget shows with a message to the kernel, and while it sends that it can
# miss the kernel's reply: about one widget cell in forty then hung on a busy machine
# (https://github.com/jupyter/nbclient/issues/312). No lesson needs the answer.
OutputWidget.send = lambda self, *args, **kwargs: None


def sources(numbers: Iterable[str] = ()) -> list[Path]:
    """The lesson sources in order; only those with these numbers, if any are given.

    Raises:
        ValueError: a number that no source has.
    """
    every = sorted((NOTEBOOKS / "src").glob("[0-9][0-9]_*.py"))
    numbers = list(numbers)
    known = [path.name[:2] for path in every]
    if unknown := [number for number in numbers if number not in known]:
        raise ValueError(f"no lesson {', '.join(unknown)} in notebooks/src, there is {known}")
    return [path for path in every if not numbers or path.name[:2] in numbers]


def stored(source: Path) -> Path:
    """Where the notebook of a lesson source lies."""
    return NOTEBOOKS / f"{source.stem}.ipynb"


def read_source(source: Path) -> NotebookNode:
    """The notebook a lesson source describes, without outputs.

    A cell's id comes from its text, so that a rebuild changes only what an author changed.
    """
    notebook = jupytext.read(source, fmt="py:percent")
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen: Counter[str] = Counter()
    for cell in notebook.cells:
        digest = hashlib.sha256(cell.source.encode()).hexdigest()[:8]
        seen[digest] += 1
        cell.id = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
    return notebook


def tags(cell: NotebookNode) -> set[str]:
    """The tags of a cell."""
    return set(cell.metadata.get("tags", ()))


def exercises(number: str) -> list:
    """The Exercise objects of lesson `number` ("01"), from its folder in facecourse."""
    return list(load_lesson(number).EXERCISES)


def solved(notebook: NotebookNode, exercises: Iterable) -> NotebookNode:
    """The edition for tests: the answer stands where an `exercise` cell has the starter.

    Args:
        notebook: a lesson.
        exercises: its Exercise objects; `name`, `starter` and `answer` are read.

    Raises:
        ValueError: an exercise whose starter is in no cell of its own, or a cell with none.
    """
    notebook = nbformat.from_dict(notebook)
    cells = [cell for cell in notebook.cells if "exercise" in tags(cell)]
    for exercise in exercises:
        starter = re.compile(rf"^{re.escape(exercise.starter.strip())}$", re.MULTILINE)
        holders = [cell for cell in cells if starter.search(cell.source)]
        if len(holders) != 1:
            raise ValueError(
                f"exercise {exercise.name!r} needs one cell tagged exercise that holds its starter "
                f"{exercise.starter!r}, {len(holders)} do"
            )
        answer = exercise.answer.strip().replace("\\", r"\\")  # no group reference for sub()
        holders[0].source = starter.sub(answer, holders[0].source)
        cells.remove(holders[0])
    if cells:
        raise ValueError(f"this cell is tagged exercise and holds no starter:\n{cells[0].source}")
    return notebook


def execute(notebook: NotebookNode, folder: Path = NOTEBOOKS) -> NotebookNode:
    """Run every cell in a fresh kernel in `folder`; outputs and widget state are kept.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell raised and is not tagged raises-exception.
    """
    notebook = nbformat.from_dict(notebook)
    client = NotebookClient(
        notebook,
        timeout=300,
        coalesce_streams=True,
        record_timing=False,
        resources={"metadata": {"path": str(folder)}},
    )
    with quiet_kernels(FACELIB_PROFILE="quick"):
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
    """What may be stored: no faces, no widgets, no timestamps, no paths of an expected error."""
    notebook = nbformat.from_dict(notebook)
    kept = {"evidence": notebook.metadata.evidence} if "evidence" in notebook.metadata else {}
    notebook.metadata = nbformat.from_dict(METADATA | kept)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        if STRIPPED & tags(cell):
            cell.outputs = []
        # A widget's view is an empty frame without its kernel: a static figure stands beside it,
        # and a quiz brings its question as a page.
        for output in cell.outputs:
            if output.get("data", {}).pop(WIDGET, None) and "text/html" not in output.data:
                output.data = {}
        cell.outputs = [output for output in cell.outputs if output.get("data") != {}]
        for output in cell.outputs:
            if output.output_type == "error":
                output.traceback = [f"{output.ename}: {output.evalue}"]
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

    A run that ended well can hold them: what an `interact` callback or a `with Output():` block
    raises is shown inside the widget and stops nothing.
    """

    def of(where: str, outputs: Iterable[NotebookNode]) -> Iterator[str]:
        for output in outputs:
            words = text(nbformat.from_dict(output))
            if output["output_type"] == "error" or "Traceback (most recent call last)" in words:
                yield f"{where} shows an error: {words.strip().splitlines()[-1]}"

    found = []
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code" and "raises-exception" not in tags(cell):
            found += of(f"cell {number}", cell.outputs)
    for states in notebook.metadata.get("widgets", {}).values():
        for widget in states["state"].values():
            found += of(f"a {widget['model_name']} widget", widget["state"].get("outputs", ()))
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


def build(source: Path) -> Path:
    """Execute one lesson source and store the notebook; returns where.

    Raises:
        ValueError: the result breaks a rule for stored notebooks; nothing is written.
    """
    executed = execute(read_source(source))
    executed.metadata.evidence = evidence_of(executed)
    notebook = clean(executed)
    if found := hidden_errors(executed) + problems(notebook):
        raise ValueError(f"{source.name} is not stored:\n  " + "\n  ".join(dict.fromkeys(found)))
    with stored(source).open("w", encoding="utf-8", newline="\n") as file:
        nbformat.write(notebook, file)
    return stored(source)


if __name__ == "__main__":
    for lesson in sources(sys.argv[1:]):
        print(f"{build(lesson).name} built")
