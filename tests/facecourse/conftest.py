"""What the tests of lessons share."""

from __future__ import annotations

import pytest

from facecourse.kit import charts
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
