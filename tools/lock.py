"""Write requirements.txt from pyproject.toml: `python tools/lock.py` (needs `pip install uv`).

One file for Linux, Windows and macOS and for every Python that pyproject.toml allows; markers tell
them apart. Pins that still fit are kept; `python tools/lock.py --upgrade` takes the newest of all.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
REQUIREMENTS = ROOT / "requirements.txt"
HEADER = """\
# Pins for learners and tests, made from pyproject.toml by `python tools/lock.py`; do not edit.
# The GPU libraries are left out: torch asks for its own, so a CPU-only install can use this file.
"""
GPU_LIBRARIES = ("cuda-", "nvidia-", "triton")


def main(arguments: list[str]) -> None:
    """Resolve, then replace requirements.txt only when that has worked."""
    if shutil.which("uv") is None:
        sys.exit("tools/lock.py needs uv to resolve for every platform: pip install uv")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [extra for extra in project["optional-dependencies"] if extra != "teacher"]
    with tempfile.TemporaryDirectory() as folder:
        resolved = Path(folder) / "pins.txt"
        if REQUIREMENTS.exists():
            shutil.copy(REQUIREMENTS, resolved)
        command = "uv pip compile pyproject.toml --universal --quiet"
        command += "".join(f" --extra={extra}" for extra in extras)
        command += " --python-version=3.11 --no-header --no-annotate --output-file"
        subprocess.run(
            [*command.split(), resolved, *arguments],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            check=True,
        )
        pins = [
            pin
            for pin in resolved.read_text("utf-8").splitlines()
            if not pin.startswith(GPU_LIBRARIES)
        ]
        text = HEADER + "\n".join([*pins, f"-e .[{','.join(extras)}]"]) + "\n"
        REQUIREMENTS.write_text(text, "utf-8", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
