"""Build slides of the lessons: `python tools/build_slides.py [OUT]` (needs npm).

No slide is written by hand. A heading begins a slide, with the first sentences below it; formulas,
claims, exercises, figures and the code that says how follow (press down). Text that is left out
stands in the speaker's notes (press S).
"""

from __future__ import annotations

import argparse
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
from markdown_it import MarkdownIt
from nbconvert import SlidesExporter
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from npm import PACKAGES, begin

ROOT = Path(__file__).parents[1]
LOOKS = ROOT / "tools" / "slides"
FILES = {  # what every page of slides needs, and where it lies beside them
    PACKAGES / "reveal.js" / "LICENSE": "reveal/LICENSE",
    PACKAGES / "reveal.js" / "dist" / "reveal.css": "reveal/dist/reveal.css",
    PACKAGES / "reveal.js" / "dist" / "reveal.js": "reveal/dist/reveal.js",
    PACKAGES / "reveal.js" / "plugin" / "notes" / "notes.js": "reveal/plugin/notes/notes.js",
    PACKAGES / "mathjax" / "LICENSE": "mathjax/LICENSE",
    PACKAGES / "mathjax" / "es5" / "tex-svg-full.js": "mathjax/tex-svg-full.js",
    LOOKS / "course.css": "reveal/dist/theme/course.css",
}
LIST = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<title>Slides of the lessons</title>
<style>body { font: 1.2em/2 system-ui, sans-serif; color-scheme: light dark; margin: 2em }</style>
<h1>Slides of the lessons</h1>
<ul>
%s
</ul>
"""
WORDS = 45  # of a paragraph on a slide
LINES, CHARACTERS = 10, 500  # of an output beside its code
EXERCISE = re.compile(r"\*\*\w+ \d+\.\*\*")  # how the text of an exercise begins
SENTENCE = re.compile(r"(?<=[.?!:])\s+(?=[\"A-Z*`$\[])")
LESSON = re.compile(r'(href="\w+)\.ipynb')  # a link to another, whose slides lie beside these
FIGURE = re.compile(r"<img|<table")
MECHANISM = re.compile(r"^\s*(def|class|for|while|with) ", re.MULTILINE)


def build(out: Path) -> None:
    """Write a page of slides a lesson, and all it needs, into a folder in place of an older one.

    Raises:
        SystemExit: the folder holds something else, or npm is missing.
    """
    begin(out, "reveal")
    for file, target in FILES.items():
        (out / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, out / target)
    exporter = SlidesExporter(
        template_name=LOOKS.name,
        extra_template_basedirs=[str(LOOKS.parent)],
        reveal_url_prefix="reveal",
        reveal_theme="course",
        exclude_anchor_links=True,
    )
    titles = []
    for lesson in sorted((ROOT / "notebooks").glob("*.ipynb")):
        notebook = nbformat.read(lesson, as_version=4)
        title = notebook.metadata.title = notebook.cells[0].source.splitlines()[0].lstrip("# ")
        notebook.cells = list(arrange(notebook))
        page, _ = exporter.from_notebook_node(notebook)
        page = LESSON.sub(r"\1.html", page)
        (out / f"{lesson.stem}.html").write_text(page, "utf-8")
        titles.append(f'<li><a href="{lesson.stem}.html">{title}</a></li>')
    (out / "index.html").write_text(LIST % "\n".join(titles), "utf-8")


def arrange(notebook: NotebookNode) -> Iterator[NotebookNode]:
    """The cells of a lesson as cells of slides, each with its `slide_type`."""
    before = ""  # what came last: a kind of block, "code" or "figure"
    for cell in notebook.cells:
        if cell.cell_type == "code":
            for shown in show_code(cell, before):
                yield shown
                before = "code" if shown.source else "figure"
            continue
        blocks = split(cell.source)
        for (kind, text), (following, _) in zip(blocks, [*blocks[1:], ("", "")], strict=True):
            yield from show_text(kind, text, before, following)
            before = kind


def split(source: str) -> list[tuple[str, str]]:
    """The blocks of a Markdown text: kind (markdown-it's, "formula" or "exercise") and text."""
    lines, blocks = source.splitlines(), []
    for token in MarkdownIt().enable("table").parse(source):
        if token.level == 0 and token.map:
            text = "\n".join(lines[slice(*token.map)]).strip()
            kind = "formula" if text.startswith("$$") else token.type.removesuffix("_open")
            blocks.append(("exercise" if EXERCISE.match(text) else kind, text))
    return blocks


def show_text(kind: str, text: str, before: str, following: str) -> Iterator[NotebookNode]:
    """A block of text on a slide, in the notes, or in part on both."""
    on_its_own = "-" if before == "heading" else "subslide"
    if kind == "heading":
        yield place(new_markdown_cell(text), "slide")
    elif kind == "formula":
        yield place(new_markdown_cell(text), "-")
    elif kind != "paragraph":  # an exercise, a claim, a list, a table
        yield place(new_markdown_cell(text), on_its_own)
    else:
        first = take_first(text)
        if shown := before in ("heading", "figure") or following == "formula":
            yield place(new_markdown_cell(first), on_its_own if following == "formula" else "-")
        if not shown or first != text:
            yield place(new_markdown_cell(text), "notes")


def show_code(cell: NotebookNode, before: str) -> Iterator[NotebookNode]:
    """A code cell on slides: its code where it says how, and then each figure."""
    tags = cell.metadata.get("tags", ())
    figures = [
        out for out in cell.outputs if FIGURE.search(out.get("data", {}).get("text/html", ""))
    ]
    words = [out for out in cell.outputs if is_short(out)]
    if "exercise" in tags:
        yield place(new_code_cell(cell.source), "-" if before == "exercise" else "subslide")
    elif MECHANISM.search(cell.source) or (words and not figures):
        yield place(new_code_cell(cell.source, outputs=words), "subslide")
    for figure in figures:
        shown = place(new_code_cell(outputs=[figure]), "-" if before == "heading" else "subslide")
        shown.metadata.transient = {"remove_source": True}
        yield shown
        before = "figure"


def is_short(output: NotebookNode) -> bool:
    """Does it fit beside its code? A page or a figure doesn't."""
    data = output.get("data", {})
    words = "" if "text/html" in data else output.get("text") or data.get("text/plain", "")
    return 0 < len(words) <= CHARACTERS and len(words.splitlines()) <= LINES


def take_first(paragraph: str) -> str:
    """The first sentences of a paragraph: one, and as many more as fit on a slide."""
    first, *others = SENTENCE.split(paragraph)
    for sentence in others:
        if len(f"{first} {sentence}".split()) > WORDS:
            break
        first = f"{first} {sentence}"
    return first


def place(cell: NotebookNode, kind: str) -> NotebookNode:
    cell.metadata.slideshow = {"slide_type": kind}
    return cell


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "out", nargs="?", type=Path, default=ROOT / "slides", help="folder to write"
    )
    build(parser.parse_args().out)
