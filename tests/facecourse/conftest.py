"""What the tests of lessons share. Toy runs of evidence are left to `-m evidence`, each night."""

from __future__ import annotations

from types import ModuleType

import pytest

from facecourse.kit import charts, evidence
from facecourse.lesson02_learning import figures as curves
from facelib import figures


@pytest.fixture
def shown(monkeypatch) -> list[str]:
    """The text alternatives of the figures shown."""
    alts = []

    def show(figure, alt, handle=None):
        figures.mime(figure, alt)  # it can be drawn
        figures.plt.close(figure)
        alts.append(alt)

    for module in (charts, curves):
        monkeypatch.setattr(module, "show", show)
    return alts


def pytest_collection_modifyitems(config, items) -> None:
    """Without `-m evidence` its toy runs are deselected."""
    if "evidence" not in config.option.markexpr:
        toys = [item for item in items if item.get_closest_marker("evidence")]
        config.hook.pytest_deselected(items=toys)
        items[:] = [item for item in items if item not in toys]


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
