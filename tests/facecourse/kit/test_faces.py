"""Lessons take ORL, or drawn people of the same shape, in the profile that was chosen."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from facecourse.kit import choose_profile, evidence, faces, pick
from facecourse.learn import read_source
from facelib.data import orl
from notebooks.build import sources


@pytest.fixture
def drawn(monkeypatch):
    monkeypatch.setenv("FACELIB_FACES", "synthetic")
    monkeypatch.setattr(faces, "orl", lambda: pytest.fail("ORL is read"))
    faces._say_once.cache_clear()


@pytest.fixture(scope="module")
def real():
    return orl()


@pytest.mark.parametrize("value", ["", "orl"])
def test_orl_comes_unless_something_else_is_asked_for(value, real, monkeypatch, capsys):
    monkeypatch.setenv("FACELIB_FACES", value)
    assert torch.equal(faces.load_faces().images, real.images)
    assert capsys.readouterr().out == ""


def test_drawn_people_are_as_many_and_as_large_and_are_called_what_they_are(real, drawn, capsys):
    found = faces.load_faces()
    assert found.images.shape == real.images.shape
    assert found.images.dtype == real.images.dtype
    assert torch.equal(found.person, real.person)
    assert found.names == real.names
    assert "people who don't exist" in found.source
    assert capsys.readouterr().out == faces.NOTICE + "\n"
    found.images.zero_()  # as a learner may
    again = faces.load_faces()
    assert again.images.float().std() > 30
    assert capsys.readouterr().out == ""


def test_a_lesson_says_it_when_it_chooses_its_profile(drawn, capsys):
    choose_profile("smoke")
    assert capsys.readouterr().out == faces.NOTICE + "\n"


def test_another_value_is_refused_before_anything_runs(monkeypatch):
    monkeypatch.setenv("FACELIB_FACES", "none")
    for call in (faces.load_faces, lambda: choose_profile("smoke")):
        with pytest.raises(ValueError, match="one of orl, synthetic, got 'none': set it to"):
            call()


def test_no_evidence_is_stored_of_drawn_people(drawn, tmp_path):
    with pytest.raises(ValueError, match="measured on ORL: unset FACELIB_FACES"):
        evidence.write("evidence", {}, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.nightly
def test_checkers_find_the_same_answers_right_and_wrong_by_drawn_people():
    test = Path(__file__).with_name("test_exercises_of_lessons.py")
    some = "(00 or 01 or 02) and (solution_passes or wrong_answers)"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n=0", "-pno:cacheprovider", test, "-k", some],
        env=os.environ | {"FACELIB_FACES": "synthetic"}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


VALUES = {"smoke": 1, "quick": 2, "full": 3}


def test_the_environment_decides_where_the_lesson_does_not(monkeypatch):
    assert [pick(profile, **VALUES) for profile in (None, *VALUES)] == [2, 1, 2, 3]
    monkeypatch.setenv("FACELIB_PROFILE", "full")
    assert [pick(profile, **VALUES) for profile in (None, "smoke")] == [3, 1]


def test_an_unknown_profile_is_refused(monkeypatch):
    monkeypatch.setenv("FACELIB_PROFILE", "fast")
    with pytest.raises(ValueError, match="smoke, quick, full, got 'fast'"):
        pick(None, **VALUES)
    with pytest.raises(ValueError, match="got 'turbo'"):
        choose_profile("turbo")


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.stem)
def test_a_lesson_finds_a_mistyped_profile_before_it_does_anything(source):
    cells = [cell.source for cell in read_source(source).cells if cell.cell_type == "code"]
    statements = ast.parse(cells[cells.index("profile = None") + 1]).body
    first = next(s for s in statements if not isinstance(s, ast.Import | ast.ImportFrom))
    assert ast.unparse(first) == "profile = choose_profile(profile)"
