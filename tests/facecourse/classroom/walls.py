"""Whether submissions can be walled in here."""

from __future__ import annotations

import shutil
import subprocess

import pytest

TRY = ["bwrap", "--ro-bind", "/", "/", "--unshare-all", "true"]
can_wall = shutil.which("bwrap") is not None and subprocess.run(TRY, check=False).returncode == 0
needs_walls = pytest.mark.skipif(not can_wall, reason="bubblewrap does not run here")
