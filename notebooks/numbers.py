"""No number stands in prose alone: `python -m notebooks.numbers [NN ...]` names those that do.

A number of a lesson's text must stand, rounded as it is printed, in the section it is read in: in
what a cell shows, in what a cell says in code, or in the evidence that a cell draws. A section
without code sums up, and may repeat what any other shows. All else stands in facts.toml: a phrase
of the text, word for word, and the source of its numbers. Where that is a file of this repository
or a calculation, the numbers must be found there; else it says where they were read.
"""

from __future__ import annotations

import ast
import dataclasses
import html
import importlib
import json
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from statistics import fmean

import nbformat
from matplotlib.cbook import flatten
from nbformat import NotebookNode

import facecourse
import facelib
from facecourse.kit import evidence
from notebooks.build import EDITIONS, NOTEBOOKS, read_source, sources, stored, text
from notebooks.translation import mistranslations
from notebooks.verify import committed

FACTS = NOTEBOOKS / "facts.toml"
NUMBER = r"\d(?:[\d,]*\d)?(?:\.\d+)?(?:e[-+]?\d+)?"
SAID = re.compile(rf"(?<![\w.,/_])(?<!\w[-\u2013]){NUMBER}(?!\w)")
SENTENCE = re.compile(r"(?:[^.?!\n]|[.?!](?!\s))+")
UNIT = re.compile(r"%|percent|points|times")  # what is often said in whole numbers
NO_CLAIM = re.compile(  # numbers that report nothing
    r"""^\*\*Further\ reading\.\*\*.*?$
    | ```.*?``` | `[^`\n]*`                          # code: to run it is its test
    | \$\$.*?\$\$ | \$[^$\n]+\$                      # a formula defines
    | \]\((?:[^()\s]|\([^()\s]*\))*\) | https?://\S+ # where a link leads
    | ^\#\ .*?$ | ^\ *\d+\.\                         # a lesson's number, a list's
    | \(\d\)                                         # one of several that are listed
    | ^\*\*Exercise\ \d+\.\*\*.*?$                    # it asks, it doesn't claim
    | \blessons?\ \d+(?:(?:,|\ and|\ to)?\ \d\d+)* | \bexercises?\ \d+
    | \b1:[1N]\b                                     # kinds of comparison
    | (?<![\d.,])(?:1[89]|20)\d\d(?:\u2013\d\d)?(?!\w|[,.]\d)   # a year
    """,
    re.MULTILINE | re.DOTALL | re.VERBOSE | re.IGNORECASE,
)


@dataclasses.dataclass(frozen=True)
class Number:
    """A number of a text: as it is printed, where it begins, the words around it, and whether its
    sentence says a unit that is rounded to whole numbers."""

    printed: str
    start: int
    context: str
    has_unit: bool

    def is_rounded(self, value: float) -> bool:
        """Would this value be printed so? A share may be said in percent; words say signs. From a
        thousand on zeros at the end may be rounding, as long as two digits are left. A single digit
        is rounded only with a unit: it would agree with too many values."""
        plain = self.printed.replace(",", "")
        if len(plain) == 1 and not self.has_unit:
            return abs(value) == int(plain)
        number, zeros = Decimal(plain), len(plain) - len(plain.rstrip("0"))
        unit = min(zeros, len(plain) - 2) if number >= 1000 else number.as_tuple().exponent
        half = Decimal("0.5001").scaleb(unit)
        scales = (1, 100) if abs(value) <= 1 else (1,)
        return any(abs(abs(Decimal(value)) * scale - number) <= half for scale in scales)


def find_numbers(markdown: str) -> list[Number]:
    """The numbers that a text claims something with."""
    blank = NO_CLAIM.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), markdown)
    return [
        Number(
            match.group(),
            match.start(),
            " ".join(markdown[max(0, match.start() - 40) : match.end() + 30].split()),
            UNIT.search(sentence.group()) is not None,
        )
        for sentence in SENTENCE.finditer(blank)
        for match in SAID.finditer(blank, *sentence.span())
    ]


def shown(cell: NotebookNode) -> Iterator[float]:
    """The numbers that a cell's outputs and its code show."""
    if cell.cell_type == "code":
        yield from constants(cell.source)
        for output in cell.outputs:
            words = re.sub(r"<(?:svg|style|script)\b.*?</|<[^>]*>", " ", text(output), flags=re.S)
            for number in re.findall(NUMBER, html.unescape(words)):
                yield float(number.replace(",", ""))


def constants(code: str) -> Iterator[float]:
    """The numbers that stand in some code."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            yield node.value


def measured(value: object) -> Iterator[float]:
    """The numbers of stored evidence; of many runs their mean, the lowest and the highest."""
    if dataclasses.is_dataclass(value):
        value = dataclasses.asdict(value)
    if isinstance(value, dict):
        for part in value.values():
            yield from measured(part)
    elif isinstance(value, list):
        runs = list(flatten(value))
        if runs and all(isinstance(run, int | float) for run in runs):
            yield from (fmean(runs), min(runs), max(runs))
        else:
            for part in value:
                yield from measured(part)
    elif isinstance(value, int | float):
        yield float(value)


class Evidence:
    """The evidence that the cells of a lesson load and draw, by its names in their code."""

    def __init__(self) -> None:
        self.names: dict[str, object] = {"evidence": evidence}

    def drawn(self, cell: NotebookNode) -> Iterator[float]:
        """The numbers of the parts that a cell names; of the whole where it names no part."""
        if cell.cell_type != "code":
            return
        for statement in ast.parse(cell.source).body:
            if isinstance(statement, ast.Assign) and "evidence.load" in ast.unparse(statement):
                exec(ast.unparse(statement), self.names)
            else:
                for part in self._parts(statement):
                    yield from measured(eval(ast.unparse(part), self.names))

    def _parts(self, node: ast.AST) -> Iterator[ast.AST]:
        """The longest chains like `stored["names"]["2"]` in some code."""
        if self._is_part(node):
            yield node
        else:
            for child in ast.iter_child_nodes(node):
                yield from self._parts(child)

    def _is_part(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Subscript):
            return isinstance(node.slice, ast.Constant) and self._is_part(node.value)
        if isinstance(node, ast.Name):
            return node.id in self.names and node.id != "evidence"
        return isinstance(node, ast.Call) and ast.unparse(node.func) == "evidence.load"


def sections(cells: Iterable[NotebookNode]) -> dict[str, list[NotebookNode]]:
    """What stands under each heading: code cells, and Markdown in parts where it has headings."""
    found: dict[str, list[NotebookNode]] = {}
    heading = ""
    for cell in cells:
        if cell.cell_type != "markdown":
            found.setdefault(heading, []).append(cell)
            continue
        for part in re.split(r"^(?=#+ )", cell.source, flags=re.MULTILINE):
            if match := re.match(r"#+ (.*)", part):
                heading = match[1]
            found.setdefault(heading, []).append(nbformat.v4.new_markdown_cell(part))
    return found


def vouched(source: str) -> set[float] | None:
    """The numbers of a fact's source; None where it is no file here and no calculation."""
    if source.startswith("="):
        for name in re.findall(r"\b(?:facelib|facecourse)(?:\.[a-z0-9_]+)+(?=\.)", source):
            importlib.import_module(name)
        return set(eval(f"[{source[1:]}]", {"facelib": facelib, "facecourse": facecourse}))
    path = NOTEBOOKS.parent / source.partition(":")[0]
    if path.suffix == ".json":
        content = json.loads(path.read_text("utf-8"))
        for key in filter(None, source.partition(":")[2].strip().split("/")):
            content = content[key]
        return set(measured(content))
    return set(constants(path.read_text("utf-8"))) if path.suffix == ".py" else None


def unbound(source: NotebookNode, executed: NotebookNode, facts: Mapping[str, str]) -> list[str]:
    """What a lesson claims and doesn't show.

    Args:
        source: the lesson as written; its text is read.
        executed: the same as stored; its outputs are read.
        facts: by phrase, the source.
    """
    reader = Evidence()
    numbers = {
        heading: {value for cell in cells for value in (*shown(cell), *reader.drawn(cell))}
        for heading, cells in sections(executed.cells).items()
    }
    everything = set().union(*numbers.values())
    sources = {phrase: vouched(source) for phrase, source in facts.items()}
    found = []
    for heading, cells in sections(source.cells).items():
        sums_up = all(cell.cell_type == "markdown" for cell in cells)
        values = everything if sums_up else numbers.get(heading, set())
        for cell in cells:
            for number in find_numbers(cell.source) if cell.cell_type == "markdown" else ():
                known = [
                    sources[phrase]
                    for phrase in facts
                    for match in re.finditer(re.escape(phrase), cell.source)
                    if match.start() <= number.start < match.end()
                ] or [values]
                if not any(part is None or any(map(number.is_rounded, part)) for part in known):
                    found.append(f"{number.printed} ({heading}): …{number.context}…")
    return found


def check(path: Path) -> list[str]:
    """`unbound` of a lesson's source and of its notebook as git has it, by facts.toml; for a
    translation, of its original's source, and how the translation departs from it."""
    every, original = tomllib.loads(FACTS.read_text("utf-8")), NOTEBOOKS / "src" / path.name
    own, source = every.get(path.name[:2], {}), read_source(original)
    told = "\n".join(cell.source for cell in source.cells)
    executed = nbformat.reads(committed(stored(path)), as_version=4)
    found = []
    if path != original:
        found += mistranslations(source, read_source(path))
        for cell, theirs in zip(executed.cells, source.cells, strict=False):
            cell.source = theirs.source  # sections go by their headings
    found += unbound(source, executed, every["all"] | own)
    return found + [f"facts.toml: no text says {phrase!r}" for phrase in own if phrase not in told]


if __name__ == "__main__":
    found = {path: check(path) for path in sources(sys.argv[1:] or EDITIONS)}
    for path, numbers in found.items():
        for number in numbers:
            print(f"{stored(path).relative_to(NOTEBOOKS)}  {number}")
    sys.exit(any(found.values()))
