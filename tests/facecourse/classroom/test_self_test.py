"""The self-test: it is copied, it runs whole, and it says what to prepare for."""

import nbformat
import pytest
from click.testing import CliRunner
from nbclient import NotebookClient

from facecourse.classroom import self_test
from facecourse.cli import commands
from facecourse.kit import progress
from facecourse.learn import SOURCES, read_source
from notebooks.build import solved, text


def run(notebook: nbformat.NotebookNode) -> str:
    """What a notebook says when it is run whole."""
    done = NotebookClient(notebook, timeout=120).execute()
    return "\n".join(text(o) for cell in done.cells for o in cell.get("outputs", ()))


def test_the_command_copies_it_and_overwrites_nothing(tmp_path):
    command = ["class", "self-test", str(tmp_path / "mine")]
    said = CliRunner().invoke(commands, command)
    path = tmp_path / "mine" / "self_test.ipynb"
    assert said.output == f"open {path} in JupyterLab\n"
    nbformat.validate(nbformat.read(path, as_version=4))

    path.write_text("my answers")
    said = CliRunner().invoke(commands, command)
    assert (said.exit_code, path.read_text()) == (1, "my answers")
    assert "answer in it, or name another folder" in said.output
    said = CliRunner().invoke(commands, [*command[:2], str(path / "no")])
    assert (said.exit_code, "can't be written" in said.output) == (1, True)


@pytest.mark.notebook
@pytest.mark.parametrize("answered", [False, True])
def test_it_runs_whole_and_its_last_cell_names_what_is_left(answered, tmp_path, monkeypatch):
    monkeypatch.setenv("FACELIB_PROGRESS", str(tmp_path))
    notebook = read_source(SOURCES / "self_test.py")
    count = len(self_test.EXERCISES)
    if not answered:
        said = run(notebook)
        assert said.count("not attempted: ") == count
        assert f"0 of {count} solved" in said
        assert said.count("Look up ") == count
        return
    said = run(solved(notebook, self_test.EXERCISES))
    assert said.count("correct: ") == count
    assert f"{count} of {count} solved" in said
    assert "Look up" not in said


def test_the_advice_names_the_lessons_of_what_is_unsolved(tmp_path, monkeypatch):
    monkeypatch.setenv("FACELIB_PROGRESS", str(tmp_path))
    for question in self_test.EXERCISES:
        progress.note("self-test", question.name, solved=question.name != "chain_rule")
    assert self_test.advise() == (
        "9 of 10 solved on this machine.\nLook up chain rule before lessons 02, 03, 06, 08 and 09."
    )


def test_the_figure_tells_its_points_in_words(shown):
    self_test.draw_roc()
    assert "0.8 at 1 %" in shown[0]
