"""`facelib class`: what a teacher types, rightly and wrongly."""

from __future__ import annotations

import nbformat
import pytest
from click.testing import CliRunner

from facecourse import classroom
from facecourse.cli import commands


def run(*words: object):
    return CliRunner().invoke(commands, ["class", *map(str, words)])


def test_an_assignment_is_made_once_and_what_a_teacher_edited_stays(tmp_path):
    pytest.importorskip("nbgrader")
    assert "1 of 1 assignments are new" in run("assign", tmp_path, "00").output
    source = tmp_path / "source" / "lesson00" / "lesson00.ipynb"
    edited = nbformat.read(source, 4)
    edited.cells[0].source += " For Monday."
    nbformat.write(edited, source)
    assert "0 of 1 assignments are new" in run("assign", tmp_path, "00").output
    assert "For Monday." in source.read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("assign", "{}", "13", "03"), "no lesson 13; there are 00, 01"),
        (("assign", "{}/file"), "file"),
        (("report", "{}"), "no gradebook.db in"),
        (("board", "{}"), "no STUDENT.onnx"),
    ],
)
def test_what_cannot_be_done_says_what_to_do(tmp_path, words, said):
    pytest.importorskip("nbgrader")
    (tmp_path / "file").touch()
    done = run(*(word.format(tmp_path) for word in words))
    assert done.exit_code != 0
    assert said in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize("command", ["assign", "report"])
def test_without_nbgrader_a_command_says_what_to_install(tmp_path, monkeypatch, command):
    monkeypatch.setattr(classroom, "find_spec", lambda name: None)
    done = run(command, tmp_path)
    assert done.exit_code == 1
    assert "pip install -r requirements/class.txt" in done.output
