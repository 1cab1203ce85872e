"""The packages of web/package.json, which pages bring along instead of fetching them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from filelock import FileLock

WEB = Path(__file__).parents[1] / "web"
PACKAGES = WEB / "node_modules"


def begin(out: Path, known_by: str) -> None:
    """Fetch the packages, and remove an older build, known by a file in it, from its folder.

    Raises:
        SystemExit: the folder holds something else, or npm is missing.
    """
    if out.exists() and any(out.iterdir()) and not (out / known_by).exists():
        raise SystemExit(f"{out} holds something else: name an empty or a new folder")
    fetch_packages()
    shutil.rmtree(out, ignore_errors=True)


def fetch_packages() -> None:
    """What package-lock.json pins, unless it is there already."""
    pins, there = WEB / "package-lock.json", PACKAGES / ".package-lock.json"
    with FileLock(WEB / ".npm.lock"):  # two at a time would take files from under each other
        if there.exists() and there.stat().st_mtime >= pins.stat().st_mtime:
            return
        npm = shutil.which("npm")
        if npm is None:
            raise SystemExit("npm was not found: install Node.js from https://nodejs.org")
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=WEB, check=True)
