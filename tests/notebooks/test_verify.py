"""The harness turns red: each fault that some tool lets pass is planted once in a tiny lesson."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from facecourse.learn import METADATA
from notebooks import build
from notebooks.verify import Cost, committed, departures, prediction_interval, run, tolerances

PARAMETERS = 'profile = "smoke"'
INTERACT = "import ipywidgets\n\n@ipywidgets.interact(n=3)\ndef show(n):\n    print({})"
OUTPUT = "out = ipywidgets.Output()\nwith out:\n    1 / 0"
CALLBACK = """\
from facecourse.kit.explore import explore

control = ipywidgets.Dropdown(options=[1, 2])
box = explore(lambda n: {1: "one"}[n], n=control)
try:
    control.value = 2
except KeyError:  # in a browser nothing would stop either
    pass
box"""


def lesson(*sources: str, tags: str = "nbval-check-output") -> nbformat.NotebookNode:
    """A notebook with a parameters cell, then these cells."""
    cells = [new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}, id="first")]
    cells += [
        new_code_cell(source, metadata={"tags": tags.split()}, id=f"cell-{number}")
        for number, source in enumerate(sources)
    ]
    return new_notebook(cells=cells, metadata=METADATA)


def test_a_tolerance_is_bounds_or_a_value_or_the_prediction_interval_of_stored_runs(
    tmp_path, monkeypatch
):
    runs = [0.9, 0.89, [0.9, 0.92]]  # of the last one, two people
    monkeypatch.setattr("notebooks.verify.load", lambda lesson: {lesson: {"a": runs}})
    path = tmp_path / "tolerances.toml"
    path.write_text(
        "[01]\na = { low = 0.5, high = 1 }\nb = { value = 40, tolerance = 2 }\n"
        'c = { evidence = ["01", "a"], scale = 100 }\n'
    )
    wanted = prediction_interval([90, 89, 91])
    assert tolerances(path)["01"] == {"a": (0.5, 1), "b": (38, 42), "c": pytest.approx(wanted)}


def test_the_prediction_interval_holds_the_next_run_as_often_as_it_says():
    runs = np.random.default_rng(0).normal(size=(2000, 6))
    bounds = np.array([prediction_interval(row[:5], 0.9) for row in runs])
    inside = (bounds[:, 0] <= runs[:, 5]) & (runs[:, 5] <= bounds[:, 1])
    assert 0.88 < inside.mean() < 0.92


def test_a_wrong_missing_or_unexpected_record_is_a_departure():
    values = {"right": 1, "low": 0.4, "none": float("nan"), "new": 2}
    records = {name: {"value": value} for name, value in values.items()}
    assert departures(records, dict.fromkeys(("right", "low", "none", "gone"), (0.5, 1))) == [
        "gone is not recorded",
        "low = 0.4 is outside 0.5 to 1",
        "none = nan is outside 0.5 to 1",
        "new = 2 has no tolerance; give it one in tolerances.toml",
    ]


def execute(folder: Path, notebook: nbformat.NotebookNode, *options: str, **limit: float) -> Cost:
    nbformat.write(notebook, folder / "lesson.ipynb")
    return run(folder / "lesson.ipynb", folder / "out.ipynb", *options, **limit)


@pytest.mark.notebook
def test_a_sound_lesson_runs_with_its_parameter_and_its_cost_is_measured(tmp_path):
    memory = "block = bytearray(200_000_000)\nimport time\n\ntime.sleep(1)\nprint(profile)"
    cost = execute(tmp_path, lesson(memory, tags=""), "-p", "profile", "quick")
    executed = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert "quick\n" in [o.get("text") for cell in executed.cells for o in cell.get("outputs", ())]
    assert 1 < cost.seconds < 60
    assert 0.2 < cost.gigabytes < 1


@pytest.mark.notebook
def test_a_cell_that_raises_or_takes_too_long_turns_the_run_red(tmp_path):
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        execute(tmp_path, lesson("1 / 0"))
    with pytest.raises(RuntimeError, match=r"lesson.ipynb is too slow here: .* FACELIB_PATIENCE=3"):
        execute(tmp_path, lesson("import time\n\ntime.sleep(100)"), seconds=3)


@pytest.mark.notebook
def test_what_papermill_passes_over_turns_the_run_red(tmp_path):
    quiet = lesson("1 + 1;", INTERACT.format("1 / 0"), OUTPUT, CALLBACK)
    for _ in range(3):  # nbclient now and then waits for ever for an Output widget (its issue 312)
        with pytest.raises(RuntimeError) as found:
            execute(tmp_path, quiet, "-p", "profil", "smoke", seconds=40)
        if "too slow" not in str(found.value):
            break
    assert sorted(str(found.value).splitlines()) == [
        "Passed unknown parameter: profil",
        "a HTMLModel widget shows an error: KeyError: 2",
        *["a OutputModel widget shows an error: ZeroDivisionError: division by zero"] * 2,
        "cell 2 is checked, but stores no output",
        "cell 4 is checked, but stores no output",
        "cell 5 shows an error: KeyError: 2",
    ]


def test_git_says_what_a_notebook_is_whatever_a_learner_has_saved_over_it(tmp_path):
    path = tmp_path / "lesson.ipynb"
    path.write_text("unknown to git")
    assert committed(path) == "unknown to git"
    for command in ("init", "add lesson.ipynb"):
        path.write_text("the lesson")
        subprocess.run(["git", *command.split()], cwd=tmp_path, check=True, capture_output=True)
    path.write_text("an answer")
    assert committed(path) == "the lesson"


@pytest.mark.notebook
def test_plain_nbval_sees_a_change_and_an_error(tmp_path):
    sound = build.execute(lesson("print(profile)\nprint(2 + 2)"), tmp_path)
    nbformat.write(sound, tmp_path / "sound.ipynb")
    sound.cells[1].outputs[0].text = "smoke\n5\n"
    nbformat.write(sound, tmp_path / "changed.ipynb")
    nbformat.write(lesson("1 / 0"), tmp_path / "raising.ipynb")
    environment = {name: os.environ[name] for name in os.environ if "PYTEST" not in name}
    options = ["--nbval-lax", "-rA", "-pno:cacheprovider", "--color=no"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, tmp_path],
        cwd=tmp_path, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    found = re.findall(r"^(PASSED|FAILED) .*?(\w+)\.ipynb::Cell (\d)", done.stdout, re.MULTILINE)
    passed = {("PASSED", name, "0") for name in ("sound", "changed", "raising")}
    failed = {("FAILED", name, "1") for name in ("changed", "raising")}
    assert set(found) == passed | failed | {("PASSED", "sound", "1")}, done.stdout + done.stderr
