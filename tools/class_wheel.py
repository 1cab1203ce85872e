"""Pack the course for students: `python tools/class_wheel.py FOLDER`.

The wheel holds neither solutions nor checkers, and its version ends in `+class`. Students install
it in place of the course: `pip install "compact_face_course-….whl[compress,door,lessons]"`.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from facecourse.classroom.edition import strip_course

ROOT = Path(__file__).parents[1]
FILES = "pyproject.toml", "README.md", "LICENSE", "LICENSES.md"
FOLDERS = "facelib", "facecourse", "notebooks/src"


def pack(folder: Path) -> Path:
    """Build the wheel in a folder; returns where it lies."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch)
        for name in FILES:
            shutil.copy(ROOT / name, copy / name)
        for name in FOLDERS:
            leave = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, copy / name, ignore=leave)
        strip_course(copy / "facecourse", copy / "notebooks" / "src")
        project = copy / "pyproject.toml"
        text = re.sub(r'\nversion = "[^"]+', r"\g<0>+class", project.read_text("utf-8"), count=1)
        project.write_text(text, "utf-8")
        build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
        subprocess.run([*build, "--wheel-dir", folder, copy], check=True)
    return max(folder.glob("*+class-*.whl"), key=lambda wheel: wheel.stat().st_mtime)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(pack(Path(sys.argv[1])))
