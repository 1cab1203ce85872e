import json
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import nbformat
import pytest
from click.testing import CliRunner

from facecourse import learn as learning
from facecourse.learn import copy_lessons, learn, lessons, read_source

ROOT = Path(__file__).parents[2]


@pytest.fixture
def source(tmp_path, monkeypatch):
    """The only lesson there is, tiny."""
    folder = tmp_path / "sources"
    folder.mkdir()
    monkeypatch.setattr(learning, "SOURCES", folder)
    source = folder / "00_tiny.py"
    source.write_text("# %% [markdown]\n# # Tiny\n\n# %%\nanswer = ____\n")
    return source


def test_the_copy_holds_every_lesson_without_outputs(tmp_path):
    copied = copy_lessons(tmp_path / "mine")
    names = [path.relative_to(tmp_path / "mine").with_suffix(".py") for path in copied]
    sources = lessons() + lessons("zh")
    assert names == [source.relative_to(learning.SOURCES) for source in sources]
    assert names[0].stem == "00_start_here"
    assert all(copied.values())
    for path, source in zip(copied, sources, strict=True):
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        assert notebook.cells == read_source(source).cells
        assert not any(cell.get("outputs") for cell in notebook.cells)


def test_an_answer_is_never_overwritten_and_a_newer_edition_stands_beside_it(source, tmp_path):
    mine = tmp_path / "mine"
    (path,) = copy_lessons(mine)
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].source = "answer = 3"
    nbformat.write(notebook, path)
    answered = path.read_bytes()

    assert copy_lessons(mine) == {path: False}
    source.write_text(source.read_text() + "\n# %%\nnew = 1\n")
    newer = mine / "00_tiny-2.ipynb"
    assert copy_lessons(mine) == {newer: True}
    assert copy_lessons(mine) == {newer: False}
    source.write_text(source.read_text() + "\n# %%\nnewest = 1\n")
    assert copy_lessons(mine) == {mine / "00_tiny-3.ipynb": True}
    assert path.read_bytes() == answered


def test_jupyterlab_opens_at_the_first_lesson_in_the_folder(source, tmp_path, monkeypatch):
    run = Mock(return_value=subprocess.CompletedProcess([], 0))
    monkeypatch.setattr(learning.subprocess, "run", run)
    said = CliRunner().invoke(learn, [str(tmp_path / "mine")])
    assert said.output == f"1 of 1 lessons are new in {tmp_path / 'mine'}\n"
    (command,), settings = run.call_args
    assert (settings["cwd"], command[-1]) == (tmp_path / "mine", "00_tiny.ipynb")
    assert command[:3] == [sys.executable, "-m", "jupyterlab"]
    CliRunner().invoke(learn, [str(tmp_path / "mine"), "--no-open"])
    run.assert_called_once()


def test_whatever_else_has_a_lessons_name_is_left_alone_and_a_folder_that_cannot_be_written_is_told(
    source, tmp_path
):
    (tmp_path / "00_tiny.ipynb").write_text("no notebook")
    (tmp_path / "00_tiny-2.ipynb").write_text(json.dumps({"cells": [], "metadata": {}}))
    said = CliRunner().invoke(learn, [str(tmp_path), "--no-open"])
    assert "00_tiny-3.ipynb: a newer edition, beside yours" in said.output
    assert (tmp_path / "00_tiny.ipynb").read_text() == "no notebook"
    said = CliRunner().invoke(learn, [str(tmp_path / "00_tiny.ipynb" / "mine"), "--no-open"])
    assert said.exit_code == 1
    assert "name another folder" in said.output


@pytest.mark.nightly
def test_the_wheel_carries_lessons_licences_and_model_card_and_copies_from_there(tmp_path):
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "-qq", "-w", tmp_path, ROOT]
    subprocess.run(build, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    subprocess.run([sys.executable, "-m", "zipfile", "-e", wheel, tmp_path / "site"], check=True)
    site = tmp_path / "site"
    for name in ("facelib/py.typed", "facelib/models/weights/README.md", "facecourse/cli.py"):
        assert (site / name).is_file()
    (about,) = site.glob("*.dist-info")
    assert {path.name for path in (about / "licenses").iterdir()} == {"LICENSE", "LICENSES.md"}
    command = [sys.executable, "-m", "facecourse.learn", "mine", "--no-open"]
    subprocess.run(command, cwd=site, check=True, env={"PYTHONPATH": str(site), "PATH": ""})
    assert len(list((site / "mine").rglob("*.ipynb"))) == len(lessons() + lessons("zh"))
