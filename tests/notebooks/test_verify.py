"""The harness turns red: each fault that some tool lets pass is planted once in a tiny lesson."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import papermill
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from notebooks.build import METADATA, execute
from notebooks.verify import departures, prediction_interval, run, tolerances

ROOT = Path(__file__).parents[2]
PARAMETERS = 'profile = "smoke"'
INTERACT = "import ipywidgets\n\n@ipywidgets.interact(n=3)\ndef show(n):\n    print({})"
OUTPUT = "out = ipywidgets.Output()\nwith out:\n    1 / 0"


def lesson(*sources: str, tags: str = "nbval-check-output") -> nbformat.NotebookNode:
    """A notebook with a parameters cell, then these cells."""
    cells = [new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}, id="first")]
    cells += [
        new_code_cell(source, metadata={"tags": [tags]}, id=f"cell-{number}")
        for number, source in enumerate(sources)
    ]
    return new_notebook(cells=cells, metadata=METADATA)


def test_tolerances_are_read_in_both_forms(tmp_path):
    path = tmp_path / "tolerances.toml"
    path.write_text("[01]\na = { low = 0.5, high = 1 }\nb = { value = 40, tolerance = 2 }\n")
    assert tolerances(path) == {"01": {"a": (0.5, 1), "b": (38, 42)}}


def test_a_tolerance_can_be_the_prediction_interval_of_stored_runs(tmp_path, monkeypatch):
    runs = np.random.default_rng(0).normal(0.9, 0.01, 20)
    monkeypatch.setattr("notebooks.verify.load", lambda lesson: {lesson: {"a": runs.tolist()}})
    path = tmp_path / "tolerances.toml"
    path.write_text('[01]\na = { evidence = ["01", "a"], scale = 100 }\n')
    low, high = tolerances(path)["01"]["a"]
    assert 86 < low < 88 < 92 < high < 94


def test_the_prediction_interval_holds_the_next_run_as_often_as_it_says():
    runs = np.random.default_rng(0).normal(size=(2000, 6))
    bounds = np.array([prediction_interval(row[:5], 0.9) for row in runs])
    inside = (bounds[:, 0] <= runs[:, 5]) & (runs[:, 5] <= bounds[:, 1])
    assert 0.88 < inside.mean() < 0.92


@pytest.mark.parametrize(
    ("records", "found"),
    [
        ({"a": {"value": 1}}, []),
        ({"a": {"value": 0.4}}, ["a = 0.4 is outside 0.5 to 1"]),
        ({"a": {"value": float("nan")}}, ["a = nan is outside 0.5 to 1"]),
        ({}, ["a is not recorded"]),
        (
            {"a": {"value": 1}, "b": {"value": 2}},
            ["b = 2 has no tolerance; give it one in tolerances.toml"],
        ),
    ],
)
def test_a_wrong_missing_or_unexpected_record_is_a_departure(records, found):
    assert departures(records, {"a": (0.5, 1)}) == found


@pytest.mark.notebook
def test_a_sound_lesson_runs_with_its_parameter_and_its_cost_is_measured(tmp_path):
    memory = "block = bytearray(200_000_000)\nimport time\n\ntime.sleep(1)\nprint(profile)"
    notebook = lesson(memory, INTERACT.format("n"))
    notebook.cells.append(
        new_code_cell("1 / 0", metadata={"tags": ["raises-exception"]}, id="expected")
    )
    cost = run(notebook, tmp_path / "out.ipynb", profile="quick")
    executed = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert "quick\n" in [o.get("text") for cell in executed.cells for o in cell.get("outputs", ())]
    assert 1 < cost.seconds < 60
    assert 0.2 < cost.gigabytes < 1


@pytest.mark.notebook
@pytest.mark.parametrize(
    ("sources", "error", "message"),
    [
        (["1 / 0"], papermill.PapermillExecutionError, "ZeroDivisionError"),
        ([INTERACT.format("1 / 0")], RuntimeError, "OutputModel widget.*ZeroDivisionError"),
        ([INTERACT.format("n"), OUTPUT], RuntimeError, "OutputModel widget.*ZeroDivisionError"),
    ],
    ids=["raising cell", "raising interact callback", "raising Output block"],
)
def test_an_error_anywhere_turns_the_papermill_run_red(sources, error, message, tmp_path):
    with pytest.raises(error, match=message):
        run(lesson(*sources), tmp_path / "out.ipynb")


def test_an_unknown_parameter_is_rejected_before_anything_runs(tmp_path):
    with pytest.raises(ValueError, match=r"no parameter profil, the notebook sets \['profile'\]"):
        run(lesson("1 / 0"), tmp_path / "out.ipynb", profil="quick")


@pytest.mark.notebook
def test_nbval_runs_with_the_options_of_the_project_and_sees_a_change_and_an_error(tmp_path):
    sound = execute(lesson("print(profile)\nprint(2 + 2)"), tmp_path)
    nbformat.write(sound, tmp_path / "sound.ipynb")
    sound.cells[1].outputs[0].text = "smoke\n5\n"
    nbformat.write(sound, tmp_path / "changed.ipynb")
    nbformat.write(lesson("1 / 0"), tmp_path / "raising.ipynb")
    environment = {name: os.environ[name] for name in os.environ if "PYTEST" not in name}
    command = [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", "-n0", "-rA"]
    command += ["-p", "no:cacheprovider", "--color=no", tmp_path]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    lines = re.findall(r"^(PASSED|FAILED) .*?(\w+\.ipynb::Cell \d)", done.stdout, re.MULTILINE)
    assert {cell: outcome for outcome, cell in lines} == {
        "sound.ipynb::Cell 0": "PASSED",
        "sound.ipynb::Cell 1": "PASSED",
        "changed.ipynb::Cell 0": "PASSED",
        "changed.ipynb::Cell 1": "FAILED",
        "raising.ipynb::Cell 0": "PASSED",
        "raising.ipynb::Cell 1": "FAILED",
    }, done.stdout + done.stderr
