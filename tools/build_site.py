"""Build the course's site: `python tools/build_site.py [OUT]` (needs npm, requirements/site.txt).

Lessons stand there as they were stored: nothing is executed. No page fetches anything from
elsewhere, so any host of static files can serve the folder.
"""

from __future__ import annotations

import argparse
import re
import shutil
import tempfile
from functools import partial
from pathlib import Path

import build_slides
from npm import begin
from sphinx.cmd.build import build_main

ROOT = Path(__file__).parents[1]
PAGES = (
    "LICENSES.md",
    "docs/**/*.md",
    "docs/**/*.png",
    "notebooks/*.ipynb",
    "notebooks/zh/*.ipynb",
    "facelib/models/weights/README.md",
)
LINK = re.compile(r"\[(?P<words>[^\]]*)\]\((?!\w+:)(?P<target>[^)#\s]+)[^)]*\)")


def build(out: Path, slides: bool = False, door: bool = False) -> None:
    """Write the whole site into a folder, in place of an older one.

    Args:
        out: the folder, which need not exist.
        slides: the lessons' slides stand there, too, in slides/.
        door: and the page that compares two faces, in door/.

    Raises:
        SystemExit: the folder holds something else, npm is missing, or Sphinx warned of something.
    """
    begin(out, "searchindex.js")
    parts = [name for name, wanted in (("slides", slides), ("door", door)) if wanted]
    with tempfile.TemporaryDirectory() as stage:
        lay_out(Path(stage))
        run_sphinx(Path(stage), out, *parts)
    if slides:
        build_slides.build(out / "slides")
    if door:
        import build_page  # takes PyTorch

        build_page.build(out / "door")


def run_sphinx(stage: Path, out: Path, *parts: str) -> None:
    """Make pages of what lies on the stage; a warning is an error, once all pages are made."""
    tags = [word for part in parts for word in ("-t", part)]
    options = ["-q", "-W", "--keep-going", "-c", f"{ROOT / 'docs'}", "-d", f"{stage / '.doctrees'}"]
    if status := build_main([*options, *tags, str(stage), str(out)]):
        raise SystemExit(status)


def lay_out(stage: Path) -> None:
    """Copy pages, and files they link to, to where they lie here; the front page to the root."""
    for pattern in PAGES:
        for file in ROOT.glob(pattern):
            place(file, stage)
    for page in list(stage.glob("docs/**/*.md")):
        mend = partial(follow, page.relative_to(stage).parent, stage)
        page.write_text(LINK.sub(mend, page.read_text("utf-8")), "utf-8")
    place(ROOT / "README.md", stage)  # the front page has parts of it
    index = (stage / "docs" / "index.md").read_text("utf-8")
    (stage / "docs" / "index.md").unlink()
    (stage / "index.md").write_text(keep_found(index, stage), "utf-8")


def place(file: Path, stage: Path) -> None:
    target = stage / file.relative_to(ROOT)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(file, target)


def follow(folder: Path, stage: Path, link: re.Match) -> str:
    """A link that works on the site: a file is copied, and of what is no page the words remain."""
    file = (ROOT / folder / link["target"]).resolve()
    staged = (stage / file.relative_to(ROOT)).exists()
    if file.is_dir() or (file.suffix == ".md" and not staged):
        return link["words"]
    if file.is_file() and not staged:
        place(file, stage)
    return link[0]


def keep_found(index: str, stage: Path) -> str:
    """The front page, its lists without entries that stand for nothing here."""

    def keep(entry: re.Match) -> str:
        return entry[0] if list(stage.glob(f"{entry[1]}.*")) else ""

    return re.sub(r"^/(.*\*)\n", keep, index, flags=re.MULTILINE)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", nargs="?", type=Path, default=ROOT / "site", help="folder to write")
    parser.add_argument("--slides", action="store_true", help="add the lessons' slides")
    parser.add_argument("--door", action="store_true", help="add the page that compares two faces")
    build(**vars(parser.parse_args()))
