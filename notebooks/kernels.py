"""A clean room for notebook kernels, shared by the build and by the tests, and time limits."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

# Errors only (current ipykernel warns about its own transport at every start), and no history file.
CONFIG = "c.IPKernelApp.log_level = 40\nc.HistoryManager.enabled = False\n"


@contextmanager
def quiet_kernels(**environment: str) -> Iterator[None]:
    """Kernels started inside see `environment`, and neither settings nor progress of the user."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        profile = Path(folder) / "profile_default"
        profile.mkdir()
        (profile / "ipython_kernel_config.py").write_text(CONFIG, "utf-8")
        settings = environment | {"IPYTHONDIR": folder, "FACELIB_PROGRESS": folder}
        with patch.dict(os.environ, settings):
            yield


def patience(seconds: float) -> float:
    """A time limit, stretched by the environment variable FACELIB_PATIENCE on a slow machine."""
    return seconds * float(os.environ.get("FACELIB_PATIENCE") or 1)


def too_slow(what: str, seconds: float) -> str:
    """What to say when a limit is passed: it proves nothing about the code."""
    return (
        f"{what} is too slow here: more than {seconds:.0f} s. On a slow or busy machine set "
        f"FACELIB_PATIENCE=3 to wait three times as long"
    )
