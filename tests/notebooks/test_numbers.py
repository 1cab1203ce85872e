"""Tests of notebooks/numbers.py, and of every number that a lesson's text states."""

from copy import deepcopy

import nbformat
import pytest

from facecourse.kit import evidence
from notebooks import numbers
from notebooks.build import EDITIONS, sources

TEXT, CODE = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell


def shows(code, words):
    """A cell and what it printed."""
    return CODE(code, outputs=[nbformat.v4.new_output("stream", text=words)])


def unbound(*cells, executed=None, **facts):
    notebook = nbformat.v4.new_notebook(cells=list(cells))
    return numbers.unbound(notebook, executed or notebook, facts)


@pytest.mark.parametrize(
    "path", sources(EDITIONS), ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_no_number_of_a_lesson_stands_in_prose_alone(path):
    assert numbers.check(path) == []


def test_a_number_changed_in_the_text_or_in_what_is_shown_is_named_with_its_words_and_section():
    text = TEXT("## Part\nOf 40 people 88.3 % are named.")
    cells, other = ((text, shows("faces(40)", share)) for share in ("0.8834", "0.8734"))
    said = ["88.3 (Part): …## Part Of 40 people 88.3 % are named.…"]
    assert unbound(*cells) == []
    assert unbound(*other) == said
    executed = nbformat.v4.new_notebook(cells=deepcopy(list(other)))
    assert unbound(*cells, executed=executed) == said


def test_a_number_changed_in_the_evidence_is_named(monkeypatch):
    content = {"top-1": {"CNN": [[0.2, 0.4], [0.6, 0.4]], "LBP": [0.1, 0.1]}}
    monkeypatch.setattr(evidence, "load", lambda name: content)
    cells = (
        TEXT("## Start"), CODE('from x import y\nstored = evidence.load("01")'),
        TEXT("## Part\n\nThe CNN names 40 %."), CODE('draw(stored["top-1"]["CNN"])'),
    )  # fmt: skip
    assert unbound(*cells) == []
    content["top-1"]["CNN"][0][0] = 0.1
    assert len(unbound(*cells)) == 1


def test_only_the_parts_of_the_evidence_that_a_section_draws_count(monkeypatch):
    monkeypatch.setattr(evidence, "load", lambda name: {"a": 0.37, "b": 0.58})
    start = TEXT("## Start"), CODE('stored, other = evidence.load("01"), evidence.load("02")')
    says, draws = TEXT("## Part\n\nIt is 58 %."), 'draw(stored["{}"])'
    assert unbound(*start, says, CODE(draws.format("b"))) == []
    assert len(unbound(*start, says, CODE(draws.format("a")))) == 1
    assert unbound(*start, says, CODE("draw(other)")) == []


def test_a_section_without_code_may_repeat_any_other_and_one_with_code_may_not():
    other = TEXT("## One"), shows("f()", "0.61")
    says = TEXT("## Two\n\nAs seen, 61 %.")
    assert unbound(*other, says) == []
    assert len(unbound(*other, says, CODE("pass"))) == 1


NO_CLAIMS = """\
# 05 · Embeddings
See lessons 06, 07 and 08, and exercise 3.
`rate = 0.37` and $x^{37}$
([Turk & Pentland 1991](https://doi.org/10.37/37)), 2004\u201306
1. One
2. Two
s21 to s40
ResNet-18 and L2
(1) does this, (2) that
identification (1:N)
**Exercise 2.** Of 370 people 37 pass.
**Further reading.** In 37 volumes."""


def test_what_claims_nothing_needs_no_source():
    assert numbers.find_numbers(NO_CLAIMS) == []


@pytest.mark.parametrize(
    ("printed", "value", "same"),
    [
        ("87.3", 0.87349, True),
        ("87.3", 0.87351, False),
        ("87", 0.873, True),
        ("7.0", 6.96, True),
        ("2.1", -2.1, True),
        ("12,000", 11_574, True),
        ("12,000", 11_400, False),
        ("1,203", 1_203.4, True),
        ("300", 320, False),
        ("200", 2, False),
        ("1e-8", 1e-8, True),
        ("5 of them", 4.7, False),
        ("0", 0.04, False),
        ("5 points", 4.7, True),
        ("They are 5, or by 5.1 times", 4.7, True),
        ("5 %", 0.047, True),
    ],
)
def test_numbers_agree_as_they_are_rounded_a_single_digit_only_with_a_unit(printed, value, same):
    assert numbers.find_numbers(printed)[0].is_rounded(value) is same


def test_a_fact_is_checked_where_it_can_be_and_else_believed():
    says = TEXT("## Part\n\nOf 42 people."), CODE("pass")
    assert unbound(*says, **{"42 people": "= 6 * 7"}) == []
    assert len(unbound(*says, **{"42 people": "= 6 * 8"})) == 1
    assert unbound(*says, **{"42 people": "Adams 1979"}) == []
    source = "facecourse/lesson01_background/evidence.json: top-1/5/CNN"
    assert len(unbound(*says, **{"42 people": source})) == 1
    exact = TEXT("## Part\n\nBetween 97.5 and 100 %."), CODE("pass")
    assert unbound(*exact, **{"97.5 and 100 %": source}) == []


def test_a_fact_that_no_text_states_any_more_is_named(tmp_path, monkeypatch):
    (tmp_path / "facts.toml").write_text('[all]\n[00]\n"37 whales" = "Melville 1851"\n')
    monkeypatch.setattr(numbers, "FACTS", tmp_path / "facts.toml")
    assert "facts.toml: no text says '37 whales'" in numbers.check(sources(["00"])[0])
