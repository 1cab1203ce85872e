"""What every test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image


@pytest.fixture(autouse=True)
def progress_of_nobody(tmp_path, monkeypatch) -> None:
    """What tests answer and run is neither the progress nor the history of whoever runs them."""
    monkeypatch.setenv("FACELIB_PROGRESS", str(tmp_path / "progress"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of two people, Ada and Ben, in LFW's layout: three photographs of noise of each."""
    rng = np.random.default_rng(1)
    for name in ("Ada", "Ben"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in (1, 2, 3):
            noise = Image.fromarray(rng.integers(0, 256, (24, 24, 3), dtype=np.uint8))
            noise.save(tmp_path / "photos" / name / f"{name}_{number:04d}.png")
    pairs = "2\t1\nAda\t1\t2\nAda\t1\tBen\t2\nBen\t1\t3\nAda\t3\tBen\t3\n"
    (tmp_path / "photos" / "pairs.txt").write_text(pairs)
    return tmp_path / "photos"


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
