"""Records: shown to the reader, left in the notebook, read back exactly."""

from __future__ import annotations

import json
import math
import sys

import nbformat
import numpy as np
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from nbformat import v4
from traitlets.config import Config

from facecourse.kit import record
from facecourse.kit.record import read_records

MIME = "application/vnd.facelib.record+json"


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """A running IPython that leaves the user's own history alone."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    yield InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    InteractiveShell.clear_instance()


def displayed(*arguments) -> dict:
    with capture_output() as captured:
        record(*arguments)
    assert captured.stdout == ""
    (output,) = captured.outputs
    return output.data


def notebook(path, *outputs):
    """An executed notebook with one output a cell."""
    cells = [v4.new_code_cell("record(...)", outputs=[output]) for output in outputs]
    nbformat.write(v4.new_notebook(cells=[v4.new_markdown_cell("# Lesson"), *cells]), path)
    return path


def result(name, value, unit=""):
    return v4.new_output(
        "display_data", {"text/plain": name, MIME: {"name": name, "value": value, "unit": unit}}
    )


def test_outside_ipython_a_record_is_a_line(capsys):
    record("top-1", 0.95238)
    record("latency", 1.2, "ms")
    record("people", 40)
    record("bytes", 1234567, "bytes")
    assert capsys.readouterr().out == (
        "top-1: 0.9524\nlatency: 1.2 ms\npeople: 40\nbytes: 1234567 bytes\n"
    )


def test_a_script_needs_no_ipython(monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, "IPython")
    record("people", 40)
    assert capsys.readouterr().out == "people: 40\n"
    assert "IPython" not in sys.modules


def test_in_a_notebook_the_line_is_shown_and_the_exact_value_kept(shell):
    data = displayed("latency", 1.23456789, "ms")
    assert data["text/plain"] == "latency: 1.235 ms"
    assert data[MIME] == {"name": "latency", "value": 1.23456789, "unit": "ms"}


@pytest.mark.parametrize("value", [torch.tensor(0.5), np.float32(0.5), np.array([0.5])])
def test_a_tensor_or_array_of_one_number_is_that_number(shell, value):
    stored = displayed("auc", value)[MIME]["value"]
    assert (type(stored), stored) == (float, 0.5)


def test_what_a_notebook_recorded_is_read_back(shell, tmp_path):
    path = notebook(
        tmp_path / "01.ipynb",
        v4.new_output("display_data", displayed("top-1", 0.95)),
        v4.new_output("stream", text="top-2: 0.99"),
        v4.new_output("execute_result", {"text/plain": "3"}),
        v4.new_output("display_data", displayed("latency", 2, "ms")),
    )
    assert read_records(path) == {
        "top-1": {"value": 0.95, "unit": ""},
        "latency": {"value": 2, "unit": "ms"},
    }


def test_recording_the_same_again_is_fine_and_another_value_is_an_error(tmp_path):
    same = notebook(tmp_path / "same.ipynb", result("auc", 0.5), result("auc", 0.5))
    assert read_records(same) == {"auc": {"value": 0.5, "unit": ""}}
    other = notebook(tmp_path / "other.ipynb", result("auc", 0.5), result("auc", 0.6))
    with pytest.raises(ValueError, match=r"other.ipynb records 'auc' twice, as 0.5 and as 0.6"):
        read_records(other)


NAMELESS = {"cells": [{"outputs": [{"data": {MIME: {"value": 1}}}]}]}
BROKEN = [b"", b"{", b"[]", b"{}", b"null", b"\xff", b"[" * 200_000, b'{"cells": [1]}',
          b'{"cells": [{"outputs": 1}]}', json.dumps(NAMELESS).encode()]  # fmt: skip


@pytest.mark.parametrize("content", BROKEN)
def test_a_file_that_is_no_notebook_is_refused_by_name(tmp_path, content):
    path = tmp_path / "cut.ipynb"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"cut.ipynb is not a notebook"):
        read_records(path)


@pytest.mark.parametrize("value", [math.nan, math.inf, torch.tensor(torch.nan)])
def test_a_value_that_is_not_finite_is_refused(value):
    with pytest.raises(ValueError, match="'auc' must be finite"):
        record("auc", value)


@pytest.mark.parametrize("value", ["0.95", None, [0.9], 1j])
def test_a_value_that_is_no_number_is_refused(value):
    with pytest.raises(TypeError, match=f"'auc' must be a number, got {type(value).__name__}"):
        record("auc", value)


@pytest.mark.parametrize("name", ["", " ", 3])
def test_a_record_needs_a_name(name):
    with pytest.raises(ValueError, match="needs a name"):
        record(name, 1.0)
