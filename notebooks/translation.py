"""A translation says what its original says: the same code, numbers, links, and parts of a page."""

from __future__ import annotations

import re
from collections.abc import Iterator

import nbformat
from nbformat import NotebookNode

SAME = {
    "numbers": re.compile(r"\u2212?\d+(?:[.,]\d+)*"),
    "links": re.compile(r"\]\((?:\.\./)?((?:[^()\s]|\([^()\s]*\))*)\)"),
    "code": re.compile(r"`[^`\n]+`"),
    "headings, lists and tables": re.compile(r"^[#>|-]*", re.MULTILINE),
}


def translate(executed: NotebookNode, translation: NotebookNode) -> NotebookNode:
    """A lesson as it was run, in other words: the same code needs no other run.

    Raises:
        ValueError: the translation departs from this lesson.
    """
    if found := list(mistranslations(executed, translation)):
        raise ValueError(
            "is the original built? The translation is not the same:\n" + "\n".join(found)
        )
    executed = nbformat.from_dict(executed)
    for cell, words in zip(executed.cells, translation.cells, strict=True):
        cell.source, cell.id = words.source, words.id
    return executed


def mistranslations(original: NotebookNode, translation: NotebookNode) -> Iterator[str]:
    """How a translated lesson departs from its original, cell by cell."""
    if len(original.cells) != len(translation.cells):
        yield f"it has {len(translation.cells)} cells, its original {len(original.cells)}"
        return
    for place, (theirs, ours) in enumerate(zip(original.cells, translation.cells, strict=True)):
        if (theirs.cell_type, theirs.metadata) != (ours.cell_type, ours.metadata):
            yield f"cell {place} is of another kind, or has other tags, than its original"
        elif ours.cell_type == "code" and ours.source != theirs.source:
            yield f"cell {place} has other code than its original:\n{theirs.source}"
        elif ours.cell_type == "markdown":
            for what, pattern in SAME.items():
                said, wanted = (sorted(pattern.findall(cell.source)) for cell in (ours, theirs))
                if said != wanted:
                    yield f"cell {place} has other {what} than its original: {said}, not {wanted}"
