"""Every term that a lesson explains stands in the glossary, once, and leads to that lesson."""

import re
from pathlib import Path

import pytest

from facecourse.learn import read_source
from notebooks.build import sources

GLOSSARY = Path(__file__).parents[2] / "docs" / "glossary.md"
ROWS = [
    [cell.strip() for cell in line.strip("|\n").split("|")]
    for line in GLOSSARY.read_text("utf-8").splitlines()
    if line.startswith("| ") and not line.endswith("lesson |")
]
NO_TERM = {  # bold for another reason
    "you will", "you will learn", "you need", "numbers are measured", "after a break",
    "shift+enter", "members' door", "knows more", "pictures without names", "freezing",
    "stopping after the cut", "a rival that did not train on", "claim",
    "choosing by the faces you report on", "at most 1,000 weights", *"abcd",
}  # fmt: skip


def find_bold(text):
    """What a text sets in bold, but for what ends like a sentence or is no term."""
    bold = {match.lower() for match in re.findall(r"\*\*(.+?)\*\*", text)}
    return {words for words in bold - NO_TERM if words[-1] not in '.:?"'}


def find_names(term):
    """The patterns of a term's names: those between commas, without the brackets, and plurals."""
    names = re.sub(r"\s*\(.*?\)", "", term).split(",")
    return [rf"{re.escape(name.strip())}(?:e?s)?" for name in names]


def is_named(words, term):
    return any(re.fullmatch(name, words, re.IGNORECASE) for name in find_names(term))


def find_lessons(term, texts):
    """The lessons that set a term in bold, or else those in which it occurs."""
    explained = [name for name in texts if any(is_named(w, term) for w in find_bold(texts[name]))]
    occurs = re.compile(rf"(?<![\w-])(?:{'|'.join(find_names(term))})(?![\w-])", re.IGNORECASE)
    return explained or [name for name in texts if occurs.search(texts[name])]


@pytest.fixture(scope="module")
def texts():
    """The text of each lesson, by the name of its notebook."""
    return {
        f"{path.stem}.ipynb": "\n".join(
            cell.source for cell in read_source(path).cells if cell.cell_type == "markdown"
        )
        for path in sources()
    }


def test_every_term_in_bold_stands_in_the_glossary(texts):
    missing = {
        name: words
        for name in texts
        if (
            words := [w for w in find_bold(texts[name]) if not any(is_named(w, r[0]) for r in ROWS)]
        )
    }
    assert missing == {}


def test_each_term_leads_to_the_lesson_that_explains_it_or_else_to_the_first_that_uses_it(texts):
    wrong = {}
    for term, *_, link in ROWS:
        number, target = re.fullmatch(r"\[(\d\d)\]\(\.\./notebooks/(.+)\)", link).groups()
        lessons = find_lessons(term, texts)
        # Of a word with several meanings a lesson explains one: brackets say which.
        if target not in (lessons if "(" in term else lessons[:1]) or target[:2] != number:
            wrong[term] = (link, lessons)
    assert wrong == {}


def test_there_are_many_terms_none_stands_twice_and_each_is_said_in_both_languages():
    assert len(ROWS) >= 80
    terms = [row[0].lower() for row in ROWS]
    assert sorted(terms) == sorted(set(terms))
    assert [row for row in ROWS if not all(row)] == []
    assert [row for row in ROWS if not re.search(r"[a-zA-Z]", row[0])] == []
    assert [row for row in ROWS if not re.search(r"[\u4e00-\u9fff]", row[1])] == []


def test_a_term_is_explained_where_it_is_bold_and_a_missing_one_is_found():
    texts = {"00": "Some codes.", "01": "**Code words**; **You need** it. **Why?**", "02": "code"}
    assert find_bold(texts["01"]) == {"code words"}
    assert find_lessons("code word", texts) == ["01"]
    assert find_lessons("code (of a codebook)", texts) == ["00", "01", "02"]
    assert find_lessons("decode", texts) == []
