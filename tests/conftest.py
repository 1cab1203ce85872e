"""What every test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch


@pytest.fixture(autouse=True)
def progress_of_nobody(tmp_path, monkeypatch) -> None:
    """What tests answer and run is neither the progress nor the history of whoever runs them."""
    monkeypatch.setenv("FACELIB_PROGRESS", str(tmp_path / "progress"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))


@pytest.fixture
def two_threads() -> Iterator[None]:
    """What computes has two threads, and gives them back."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)


@pytest.fixture
def lfw_path() -> Path:
    """The local LFW folder; a test that needs it says so and is skipped where there is none."""
    path = os.environ.get("FACELIB_LFW")
    if not path:
        pytest.skip("FACELIB_LFW is not set")
    return Path(path)
