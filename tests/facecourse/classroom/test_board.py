"""A class's files are scored on the same fresh people, and a bad file costs nobody else a score."""

from __future__ import annotations

import csv
import shutil

import pytest
from click.testing import CliRunner

from facecourse.classroom.board import find_files
from facecourse.cli import commands
from facecourse.lesson12_capstone import scoring
from facelib.door.recogniser import COMPACT


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "ben").mkdir()
    shutil.copy(COMPACT, tmp_path / "anna.onnx.zip")
    shutil.copy(COMPACT, tmp_path / "ben" / "door.onnx.zip")
    (tmp_path / "chen.onnx").write_bytes(b"no network")
    return tmp_path


def test_equal_files_get_equal_losses_and_a_damaged_one_a_reason(folder, monkeypatch):
    monkeypatch.setattr(scoring, "TURNS", 6)
    run = CliRunner().invoke(commands, ["class", "board", str(folder), "--people", "60"])
    assert run.exit_code == 0, run.output
    with (folder / "board.csv").open(encoding="utf-8") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert list(rows)[-1] == "chen"
    assert rows["chen"]["why not"]
    assert not rows["chen"]["points lost"]
    for column in ("bytes", "points lost", "low", "high", "seed"):
        assert rows["anna"][column] == rows["ben"][column] != ""
    assert rows["anna"]["people"] == "60"


def test_a_student_with_two_files_is_told(folder):
    shutil.copy(COMPACT, folder / "ben" / "second.onnx.zip")
    with pytest.raises(ValueError, match="ben has .* leave one"):
        find_files(folder)
