"""A clean room for notebook kernels, shared by the build and by the tests."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Errors only (current ipykernel warns about its own transport at every start), and no history file.
CONFIG = "c.IPKernelApp.log_level = 40\nc.HistoryManager.enabled = False\n"


@contextmanager
def quiet_kernels(**environment: str) -> Iterator[None]:
    """Kernels started inside see `environment`, and neither settings nor progress of the user."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        profile = Path(folder) / "profile_default"
        profile.mkdir()
        (profile / "ipython_kernel_config.py").write_text(CONFIG, "utf-8")
        before = dict(os.environ)
        os.environ.update(environment, IPYTHONDIR=folder, FACELIB_PROGRESS=folder)
        try:
            yield
        finally:
            for name in ("IPYTHONDIR", "FACELIB_PROGRESS", *environment):
                os.environ.pop(name)
            os.environ.update(before)
