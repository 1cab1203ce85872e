"""A translation that says something else than its original is found out."""

import re

import pytest
from markdown_it import MarkdownIt
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from notebooks.build import EDITIONS, read_source, sources
from notebooks.translation import mistranslations, translate

ORIGINAL = (
    "## Part\n\nOf 1,203 people \u22121.5 % left ([next](02_next.ipynb), `a = 3`).\n\n- A\n- B"
)
CHINESE = (
    "## 部分\n\n1,203 人里走了 \u22121.5%。见[下一课](../02_next.ipynb)、`a = 3`。\n\n- 甲\n- 乙"
)


def lesson(text, code="a = 3", tags=("exercise",)):
    return new_notebook(
        cells=[new_markdown_cell(text), new_code_cell(code, metadata={"tags": list(tags)})]
    )


def test_a_translation_shows_what_its_original_gave_and_is_refused_where_it_departs():
    executed = lesson(ORIGINAL)
    executed.cells[1].outputs = [new_output("stream", text="3")]
    translated = translate(executed, lesson(CHINESE))
    assert [cell.source for cell in translated.cells] == [CHINESE, "a = 3"]
    assert translated.cells[1].outputs == executed.cells[1].outputs
    assert executed.cells[0].source == ORIGINAL
    with pytest.raises(ValueError, match="is the original built"):
        translate(executed, lesson(CHINESE, code="a = 4"))


@pytest.mark.parametrize(
    ("right", "wrong", "found"),
    [
        ("1,203", "1,230", "other numbers"),
        ("\u22121.5", "1.5", "other numbers"),
        ("../02_next", "../03_next", "other links"),
        ("`a = 3`", "`b = 3`", "other code"),
        ("## ", "### ", "other headings"),
        ("\n- 乙", "", "other headings, lists and tables"),
    ],
)
def test_a_text_that_departs_from_its_original_is_named(right, wrong, found):
    faults = "\n".join(mistranslations(lesson(ORIGINAL), lesson(CHINESE.replace(right, wrong))))
    assert f"cell 0 has {found}" in faults


def test_other_code_other_tags_and_a_missing_cell_are_named():
    original, shorter = lesson(ORIGINAL), lesson(CHINESE)
    shorter.cells.pop()
    departed = lesson(CHINESE, code="a = 4"), lesson(CHINESE, tags=()), shorter
    found = [fault for other in departed for fault in mistranslations(original, other)]
    assert found == [
        "cell 1 has other code than its original:\na = 3",
        "cell 1 is of another kind, or has other tags, than its original",
        "it has 1 cells, its original 2",
    ]


@pytest.mark.parametrize(
    "path", sources(EDITIONS), ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_what_is_bold_is_shown_bold_and_links_to_lessons_lead_somewhere(path):
    # Beside Chinese punctuation, Markdown may take ** for asterisks.
    texts = [cell.source for cell in read_source(path).cells if cell.cell_type == "markdown"]
    assert not [text for text in texts if "**" in MarkdownIt().render(text)]
    for target in re.findall(r"\]\(([\w./]+\.ipynb)\)", "\n".join(texts)):
        source = (path.parent / target).with_suffix(".py")  # they lie as the notebooks do
        assert source.is_file(), f"{path.name} links to {target}"
