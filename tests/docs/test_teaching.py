"""What is for teachers says of the lessons what is so, sums add up, no document's link is dead."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import nbformat
import pytest

from facecourse.kit import load_lesson
from notebooks.build import sources, stored, text
from notebooks.verify import committed

FOLDER = Path(__file__).parents[2] / "docs" / "teaching"
PLANS = (FOLDER / "plans.md").read_text("utf-8")
LESSONS = {source.name[:2]: stored(source) for source in sources()}
HEADING = re.compile(r"^#{1,3} (.+)$", re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)")
LONGEST_SHORT = 45  # minutes

lessons = pytest.mark.parametrize("lesson", LESSONS)


def page(lesson: str) -> str:
    return (FOLDER / f"lesson{lesson}.md").read_text("utf-8")


@cache
def read(notebook: Path) -> nbformat.NotebookNode:
    return nbformat.reads(committed(notebook), as_version=4)


def part(document: str, heading: str) -> str:
    """What stands under a heading, up to the next one."""
    return re.split(r"^## ", document.split(f"\n## {heading}\n")[1], flags=re.MULTILINE)[0]


def table(words: str) -> list[list[str]]:
    """The rows of a table below its head."""
    rows = re.findall(r"^\|(.+)\|$", words, re.MULTILINE)[2:]
    return [[cell.strip() for cell in row.split("|")] for row in rows]


def anchors(document: str) -> set[str]:
    """Of its headings, as GitHub and MyST make them."""
    return {
        re.sub(r"[^\w\- ]", "", heading.strip().lower().replace(" ", "-"))
        for heading in HEADING.findall(document)
    }


def number(cell: str) -> int:
    return int(cell) if cell.isdigit() else 0


def estimate(cells: list) -> float:
    """A newcomer's minutes, by the rule that plans.md tells."""
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    code = [cell for cell in cells if cell.cell_type == "code"]
    lines = "\n".join(cell.source for cell in code)
    outputs = [output for cell in code for output in cell.outputs]
    figures = sum("image/png" in output.get("data", {}) for output in outputs)
    tables = sum(text(output).count("<table") for output in outputs)
    words = len(re.findall(r"[A-Za-z][A-Za-z'-]+", re.sub(r"https?://\S+", "", prose)))
    return (
        1.4 * words / 105
        + 6 * lines.count(".check(")
        + 5 * len(re.findall(r"_slider\(", lines))
        + figures
        + 1.7 * tables
        + 0.12 * len(re.findall(r"^\s*[^#\s]", lines, re.MULTILINE))
    )


def split(notebook: nbformat.NotebookNode, headings: list[str]) -> list[float]:
    """The minutes from each of these headings to the next one, the opening first."""
    sections: list[list] = [[]]
    left = list(headings)
    for cell in notebook.cells:
        pieces = [cell]
        if cell.cell_type == "markdown":
            found = re.split(r"^(?=##)", cell.source, flags=re.MULTILINE)
            pieces = [nbformat.v4.new_markdown_cell(piece) for piece in found]
        for piece in pieces:
            if left and piece.source.split("\n")[0].lstrip("#").strip() == left[0]:
                left.pop(0)
                sections.append([])
            sections[-1].append(piece)
    assert left == [], "these sections are not in the notebook, or in another order"
    return [estimate(cells) for cells in sections]


def test_every_link_leads_to_a_file_and_a_heading():
    for document in (*FOLDER.glob("*.md"), *FOLDER.parents[1].glob("*.md")):
        for target, anchor in LINK.findall(document.read_text("utf-8")):
            path = (document.parent / target).resolve() if target else document
            assert path.exists(), f"{document.name} links to {target}"
            if anchor:
                words = path.read_text("utf-8")
                if path.suffix == ".ipynb":
                    cells = read(path).cells
                    words = "\n".join(c.source for c in cells if c.cell_type == "markdown")
                assert anchor in anchors(words), f"{document.name} links to {target}#{anchor}"


def test_there_is_a_page_for_each_lesson_and_the_index_and_the_plans_name_them_all():
    assert sorted(path.stem for path in FOLDER.glob("lesson*.md")) == [
        f"lesson{n}" for n in LESSONS
    ]
    for document in (PLANS, (FOLDER / "index.md").read_text("utf-8")):
        assert set(re.findall(r"\(lesson(\d\d)\.md\)", document)) == set(LESSONS)


@lessons
def test_the_minutes_of_a_lesson_are_its_own_and_add_up(lesson):
    *rows, last = table(part(page(lesson), "Time"))
    names = [re.sub(r"\[(.*)\]\(.*", r"\1", row[0]) for row in rows]
    assert names[0] == "Opening"
    found = split(read(LESSONS[lesson]), names[1:])
    for row, minutes in zip(rows, found, strict=True):
        assert abs(number(row[1]) - minutes) < 3, f"{row[0]} takes {minutes:.1f} minutes"
        assert number(row[2]) <= number(row[1])
    assert abs(number(last[1]) - sum(found)) < 5
    for column in (1, 2):
        assert sum(number(row[column]) for row in rows) == number(last[column])
    assert number(last[2]) <= LONGEST_SHORT
    assert f" · {last[1]} minutes · " in page(lesson)


@lessons
def test_what_a_lesson_builds_on_is_what_its_notebook_says(lesson):
    (needs,) = re.findall(r"\*\*You need\*\*(.*)", read(LESSONS[lesson]).cells[0].source)
    wanted = set(re.findall(r"\((\d\d)_", needs))
    (said,) = re.findall(r"builds on (.*) · ", page(lesson))
    (row,) = [
        row for row in table(part(PLANS, "What a lesson needs")) if f"lesson{lesson}" in row[0]
    ]
    assert set(re.findall(r"\d\d", row[2])) == set(re.findall(r"\[(\d\d)\]", said)) == wanted
    assert f" · {row[1]} minutes · " in page(lesson)


@lessons
def test_the_points_of_a_lesson_are_ten_over_its_exercises(lesson):
    rows = table(part(page(lesson), "Marking"))
    code = "\n".join(cell.source for cell in read(LESSONS[lesson]).cells)
    assert [row[0].strip("`") for row in rows] == re.findall(
        r"^exercises\.(\w+)\.check", code, re.M
    )
    declared = {exercise.name: exercise.points for exercise in load_lesson(lesson).EXERCISES}
    assert {row[0].strip("`"): number(row[1]) for row in rows} == declared
    assert sum(declared.values()) == 10
    assert all(row[2] for row in rows)


@lessons
def test_a_misconception_names_the_section_that_refutes_it_and_numbers_are_the_lessons(lesson):
    notebook = read(LESSONS[lesson])
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    shown = "\n".join([*(c.source for c in notebook.cells), *map(text, outputs)])
    refuted = re.findall(r"^\d\. (.+)$", part(page(lesson), "Misconceptions"), re.MULTILINE)
    asked = re.findall(r"^\d\. (.+)$", part(page(lesson), "Discussion"), re.MULTILINE)
    assert 3 <= len(refuted) <= 5
    assert len(asked) == 3
    for claim in refuted:
        assert re.match(r'\*".+"\* \[', claim)
        assert f"{LESSONS[lesson].name}#" in claim
    for question in asked:
        assert re.match(r"\*.+\?\* A good answer", question)
    for words in (*refuted, *asked):
        told = re.sub(r"\]\([^)]*\)|lessons? \d\d|Exercise \d", "", words)
        for value in re.findall(r"(?<![\w.])\d[\d,.]*(?<![.,])", told):
            assert re.search(rf"(?<![\d.]){re.escape(value)}(?![\d])", shown), (value, words)


def test_the_rubric_has_the_points_of_the_notebooks():
    (rubric,) = [cell.source for cell in read(LESSONS["12"]).cells if "A rubric" in cell.source]
    rows = table(part(page("12"), "The capstone's rubric"))
    points = [re.findall(r"\((\d)\)", row[0])[0] for row in rows]
    assert points == re.findall(r"^\| (\d) \|", rubric, re.MULTILINE)


def lesson_minutes(words: str) -> int:
    """What the lessons take that a row names: full, or in their short form."""
    column = 2 if "short" in words else 1
    totals = [table(part(page(n), "Time"))[-1] for n in re.findall(r"\b\d\d\b", words)]
    return sum(number(row[column]) for row in totals)


@pytest.mark.parametrize("plan", ["A 90-minute lab", "A day", "A week"])
def test_a_plan_adds_up(plan):
    *rows, last = table(part(PLANS, plan))
    assert sum(number(row[-1]) for row in rows) == number(last[-1])
    for row in rows:
        words = row[1] if plan == "A week" else row[0]
        if re.search(r"^[\d, ]+$|full|short", words):
            assert number(row[-1]) == lesson_minutes(words), words


def test_a_term_has_each_lesson_once_and_ninety_minutes_a_week():
    rows = table(part(PLANS, "A term"))
    assert [number(row[0]) for row in rows] == list(range(1, 15))
    assert [row[1] for row in rows[:-1]] == list(LESSONS)
    for row in rows:
        assert number(row[2]) == lesson_minutes(row[1])
        assert number(row[2]) + number(row[3]) == 90
