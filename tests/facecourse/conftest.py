"""What the tests of lessons share."""

from __future__ import annotations

import re
import sys
from types import ModuleType

import pytest
from IPython.core.interactiveshell import InteractiveShell
from ipywidgets import Widget
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
def measure(monkeypatch, tmp_path):
    """Run a module of evidence with these constants; returns what it stores."""

    def run(module: ModuleType, name: str = "evidence", **constants: object) -> dict:
        board = tmp_path / "scoreboard.json"
        board.write_bytes(evidence.BOARD.read_bytes())
        monkeypatch.setattr(evidence, "BOARD", board)
        for constant, value in constants.items():
            monkeypatch.setattr(module, constant, value)
        module.main(tmp_path)
        return evidence.read(name, tmp_path)

    return run


@pytest.fixture
def moved(capsys):
    """The last printed row's cells after a control of an explorer was set to a value."""

    def move(control: Widget, value: object) -> list[str]:
        capsys.readouterr()
        control.value = value
        return re.split(r"\s{2,}", capsys.readouterr().out.strip().splitlines()[-1])

    return move


@pytest.fixture
def small_ladder(monkeypatch):
    """A small teacher of whom little is asked, in place of the shipped embedding."""
    taught, cached = student.taught_people, (student.taught_people, student._reference)
    faces = student.calibration_faces(4)
    for name, value in {
        "face_embedding": FaceResNet(2, 8).eval,
        "taught_people": lambda: taught(8),
        "calibration_faces": lambda: faces,
        "BATCH": 16,
        "FAR": 0.1,
    }.items():
        monkeypatch.setattr(student, name, value)
    for function in cached:
        function.cache_clear()
    yield
    for function in cached:
        function.cache_clear()
