"""What every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def progress_of_nobody(tmp_path, monkeypatch) -> None:
    """Answers checked by tests are not the progress of whoever runs them."""
    monkeypatch.setenv("FACELIB_PROGRESS", str(tmp_path / "progress"))


@pytest.fixture
def lfw_path() -> Path:
    """The local LFW folder; a test that needs it says so and is skipped where there is none."""
    path = os.environ.get("FACELIB_LFW")
    if not path:
        pytest.skip("FACELIB_LFW is not set")
    return Path(path)
