"""Records: shown to the reader, left in the notebook, read back exactly."""

from __future__ import annotations

import math

import nbformat
import numpy as np
import pytest
import torch
from IPython.utils.capture import capture_output
from nbformat import v4

from facecourse.kit.record import MIME, read_records, record


def show(*arguments) -> dict:
    with capture_output() as captured:
        record(*arguments)
    assert captured.stdout == ""
    return captured.outputs[0].data


def notebook(path, *outputs):
    """An executed notebook with one output a cell."""
    cells = [v4.new_code_cell("record(...)", outputs=[output]) for output in outputs]
    nbformat.write(v4.new_notebook(cells=[v4.new_markdown_cell("# Lesson"), *cells]), path)
    return path


def test_outside_ipython_a_record_is_a_line(capsys):
    record("top-1", 0.95238)
    record("latency", 1.2, "ms")
    record("people", 40)
    record("bytes", 1234567, "bytes")
    assert capsys.readouterr().out == (
        "top-1: 0.9524\nlatency: 1.2 ms\npeople: 40\nbytes: 1234567 bytes\n"
    )


def test_in_a_notebook_the_line_is_shown_and_the_exact_value_kept(shell):
    data = show("latency", 1.23456789, "ms")
    assert data["text/plain"] == "latency: 1.235 ms"
    assert data[MIME] == {"name": "latency", "value": 1.23456789, "unit": "ms"}
    for half in (torch.tensor(0.5), np.float32(0.5), np.array([0.5])):
        stored = show("auc", half)[MIME]["value"]
        assert (type(stored), stored) == (float, 0.5)


def test_what_a_notebook_recorded_is_read_back_and_never_twice_with_different_values(
    shell, tmp_path
):
    outputs = [
        v4.new_output("display_data", show("top-1", 0.95)),
        v4.new_output("stream", text="top-2: 0.99"),
        v4.new_output("execute_result", {"text/plain": "3"}),
        v4.new_output("display_data", show("latency", 2, "ms")),
        v4.new_output("display_data", show("top-1", 0.95)),
    ]
    assert read_records(notebook(tmp_path / "01.ipynb", *outputs)) == {
        "top-1": {"name": "top-1", "value": 0.95, "unit": ""},
        "latency": {"name": "latency", "value": 2, "unit": "ms"},
    }
    other = v4.new_output("display_data", show("top-1", 0.96))
    with pytest.raises(ValueError, match=r"02.ipynb records 'top-1' twice, as 0.95 and as 0.96"):
        read_records(notebook(tmp_path / "02.ipynb", *outputs, other))


@pytest.mark.parametrize(
    ("name", "value", "error", "words"),
    [
        ("auc", value, ValueError, "'auc' must be finite")
        for value in (math.inf, torch.tensor(torch.nan))
    ]
    + [
        ("auc", value, TypeError, f"must be a number, got {type(value).__name__}")
        for value in ("1", None, 1j)
    ]
    + [(name, 1.0, ValueError, "needs a name") for name in ("", " ", 3)],
)
def test_a_record_has_a_name_and_a_finite_number(name, value, error, words):
    with pytest.raises(error, match=words):
        record(name, value)
