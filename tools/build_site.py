"""Build the course's site: `python tools/build_site.py [OUT]` (needs npm and requirements/site.txt).

Lessons stand there as they were stored; nothing is executed, and a page fetches nothing from
elsewhere, so that any host of static files can serve the folder, or none.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

from npm import fetch_packages
from sphinx.cmd.build import build_main

ROOT = Path(__file__).parents[1]
PAGES = (
    "README.md", "LICENSES.md", "docs/**/*.md", "docs/*.png", "notebooks/*.ipynb", "notebooks/zh/*.ipynb",
    "facelib/models/weights/README.md",
)  # fmt: skip


def build(out: Path) -> None:
    """Write the whole site into a folder, in place of an older one.

    Raises:
        SystemExit: the folder holds something else, npm is missing, or Sphinx warned of something.
    """
    if out.exists() and any(out.iterdir()) and not (out / "searchindex.js").exists():
        raise SystemExit(f"{out} holds something else: name an empty or a new folder")
    fetch_packages()
    shutil.rmtree(out, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        stage = Path(folder)
        lay_out(stage)
        options = [
            "-c",
            str(ROOT / "docs"),
            "-d",
            str(stage / ".doctrees"),
            "-q",
            "-W",
            "--keep-going",
        ]
        if status := build_main([*options, str(stage), str(out)]):
            raise SystemExit(status)


def lay_out(stage: Path) -> None:
    """Copy every page to where it lies in the repository, but the front page to the root."""
    for pattern in PAGES:
        for file in ROOT.glob(pattern):
            target = stage / file.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)
    index = (stage / "docs" / "index.md").read_text("utf-8")
    (stage / "docs" / "index.md").unlink()
    (stage / "index.md").write_text(keep_found(index, stage), "utf-8")


def keep_found(index: str, stage: Path) -> str:
    """The front page without lists of what this repository doesn't have (yet)."""

    def keep(entry: re.Match) -> str:
        return entry[0] if list(stage.glob(f"{entry[1]}.*")) else ""

    return re.sub(r"^/(.*\*)\n", keep, index, flags=re.MULTILINE)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", nargs="?", type=Path, default=ROOT / "site", help="folder to write")
    build(parser.parse_args().out)
