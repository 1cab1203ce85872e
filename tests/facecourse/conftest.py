"""What the tests of lessons share."""

from __future__ import annotations

import importlib
import re
import sys

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from facecourse.kit import evidence
from facecourse.ladder import student
from facelib import figures
from facelib.models import FaceResNet


@pytest.fixture
def shown(monkeypatch) -> list[str]:
    """The text alternatives of the figures shown, by whichever module."""
    alts = []

    def show(figure, alt, handle=None):
        figures.mime(figure, alt)  # it can be drawn
        figures.plt.close(figure)
        alts.append(alt)

    for name, module in list(sys.modules.items()):
        if name.startswith("facecourse.") and vars(module).get("show") is figures.show:
            monkeypatch.setattr(module, "show", show)
    return alts


@pytest.fixture
def shell():
    """A running IPython, as a notebook has one: what is displayed in it can be caught."""
    yield InteractiveShell.instance(config=Config(HistoryManager={"enabled": False}))
    InteractiveShell.clear_instance()


@pytest.fixture
def put(monkeypatch):
    """Put these values in the place of those of a module of the course, by its name."""

    def put(module: str, **values: object) -> None:
        for name, value in values.items():
            monkeypatch.setattr(f"facecourse.{module}.{name}", value)

    return put


def list_places(stored: object, place: tuple = ()) -> set[tuple]:
    """Where results stand, whatever numbers the keys hold; of a list in a list its length, too."""
    if isinstance(stored, dict):
        parts = [(re.sub(r"-?\d[-\d.e]*|None", "#", key), stored[key]) for key in stored]
    elif isinstance(stored, list) and stored and isinstance(stored[0], dict | list):
        parts = [("each", part) for part in stored]
    else:
        return {(*place, len(stored)) if isinstance(stored, list) and "each" in place else place}
    return set().union(*(list_places(part, (*place, key)) for key, part in parts))


@pytest.fixture
def measure(put, tmp_path):
    """Run a module of evidence with these constants; returns what it stores, which is built as the
    committed file is."""

    def run(name: str, **constants: object) -> dict:
        board = tmp_path / "scoreboard.json"
        board.write_bytes(evidence.BOARD.read_bytes())
        put("kit.evidence", BOARD=board)
        put(name, **constants)
        module = importlib.import_module(f"facecourse.{name}")
        module.main(tmp_path)
        here, there = (evidence.read(name.split(".")[1], at) for at in (tmp_path, module.HERE))
        stored, committed = (
            {key: each[key] for key in each if key not in evidence.ABOUT} for each in (here, there)
        )
        assert list_places(stored) == list_places(committed)
        return stored

    return run


@pytest.fixture
def small_ladder(put):
    """A small teacher of whom little is asked, in place of the shipped embedding."""
    taught, cached = student.taught_people, (student.taught_people, student._reference)
    faces = student.calibration_faces(4)
    put("ladder.student", face_embedding=FaceResNet(2, 8).eval, BATCH=16, FAR=0.1)
    put("ladder.student", taught_people=lambda: taught(8), calibration_faces=lambda: faces)
    for function in cached:
        function.cache_clear()
    yield
    for function in cached:
        function.cache_clear()
