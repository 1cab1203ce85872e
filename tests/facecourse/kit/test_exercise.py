from __future__ import annotations

import io
import math
import re
import sys
import warnings

import numpy as np
import pytest
import torch

from facecourse.kit.checkers import function, number
from facecourse.kit.exercise import (
    Checker,
    Exercise,
    NotAttemptedError,
    Outcome,
    ____,
    collect,
    define,
)
from facecourse.kit.words import to_html, to_plain


@pytest.fixture
def exercise():
    return Exercise(
        prompt="What is 2 + 3?",
        starter="total = ____",
        hints=("Count on your fingers.", "It is less than 6."),
        answer="total = 2 + 3",
        checker=number(5, reasons={6: "That is 2 x 3."}),
        also_wrong=(4,),
    )


def test_hints_come_one_after_the_other_and_the_solution_is_code_that_passes(exercise, capsys):
    for _ in range(3):
        exercise.hint()
    assert capsys.readouterr().out.splitlines() == [
        "Hint 1 of 2: Count on your fingers.",
        "Hint 2 of 2: It is less than 6.",
        "Hint 2 of 2: It is less than 6.",
    ]
    exercise.solution()
    names = {}
    exec(capsys.readouterr().out, names)
    assert exercise.check(names["total"]).kind == "correct"


@pytest.mark.parametrize(
    "use",
    [lambda x: x + 1, lambda x: 2 * x, lambda x: x < 3, abs, float, bool, len, sum, lambda x: x[0],
     lambda x: x(), lambda x: np.ones(2) * x, lambda x: torch.ones(2) + x, torch.exp, math.sqrt],
)  # fmt: skip
def test_nothing_can_be_calculated_with_the_gap_but_it_can_be_shown(use):
    with pytest.raises(NotAttemptedError):
        use(____)
    assert repr(____) == "____"


def test_a_checker_that_fails_on_an_answer_says_what_it_was_given(exercise):
    exercise.checker = lambda answer: answer.split()
    outcome = exercise.check(5)
    assert outcome.kind == "error"
    assert "of type int; checking it failed with AttributeError" in outcome.message


def test_a_slip_is_the_answer_but_for_one_piece_with_its_own_words():
    def ask(**how):
        return Exercise("?", "def f(x): ____", (), "def f(x):\n    return x + 1", **how)

    checker = function(lambda x: x + 1, (2,))
    told = ask(checker=checker, slips={"+ -> -": "Add it.", " + 1 -> ": "Add one."})
    assert [told.check(wrong).message for wrong in told.wrong] == ["Add it.", "Add one."]
    assert told.check(define(told.answer)).kind == "correct"
    alone = ask(checker=checker, slips=("+ -> *",))
    assert [alone.check(wrong).kind for wrong in alone.wrong] == ["incorrect"]
    for change in ("y -> x", "x -> y", "no arrow"):
        with pytest.raises(ValueError, match="a piece that the answer has once"):
            ask(checker=checker, slips=(change,))


def test_a_page_shows_code_and_emphasis_as_such_and_never_runs_the_learners_html(exercise):
    exercise.checker = Checker(lambda _: "Is `a * b` *really* 2 * 3 * 4, <b> or `<x*y*z>`?")
    page = exercise.check(1)._repr_html_()
    code = "<code>&lt;x*y*z&gt;</code>"
    assert f"<code>a * b</code> <em>really</em> 2 * 3 * 4, &lt;b&gt; or {code}?" in page
    assert repr(exercise.check(1)) == "✘ incorrect: Is `a * b` really 2 * 3 * 4, <b> or `<x*y*z>`?"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_an_outcome_is_printed_on_a_console_of_few_characters(exercise, encoding, monkeypatch):
    console = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", console)
    for outcome in (exercise.check(5), exercise.check("知"), Outcome("incorrect", "h² \ud800")):
        print(outcome)
    console.seek(0)
    assert console.readline().rstrip() == "correct: That is right."


def brightness(colour):
    """Relative luminance (WCAG 2.2) of "#rrggbb"."""
    shares = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return sum(weight * s for weight, s in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("kind", ["correct", "incorrect", "error", "not attempted"])
def test_a_verdict_is_seen_on_light_and_on_dark_pages(kind):
    page = Outcome(kind, "words")._repr_html_()
    (colour,) = re.findall("#[0-9a-f]{6}", page)
    for background in ("#ffffff", "#111111"):
        dark, light = sorted([brightness(colour), brightness(background)])
        assert (light + 0.05) / (dark + 0.05) >= 3, "a graphical object"
    assert "border-left" in page
    assert " color:" not in page, "words have the page's own colour, on either theme"


def test_a_check_is_an_outcome_though_warnings_are_errors_and_nothing_can_be_saved(
    exercise, tmp_path, monkeypatch
):
    collect("07", {"sum": exercise})
    (tmp_path / "file").touch()
    monkeypatch.setenv("FACELIB_PROGRESS", str(tmp_path / "file"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        outcome = exercise.check(5)
    assert outcome.kind == "correct"
    assert outcome.message.startswith("That is right. (Your progress was not saved: ")


@pytest.mark.parametrize(
    ("text", "page", "plain"),
    [
        ("*a phrase*, then", "<em>a phrase</em>, then", "a phrase, then"),
        ("2*3*4 and `a*b*c`", "2*3*4 and <code>a*b*c</code>", "2*3*4 and `a*b*c`"),
        ("a lone ` or *", "a lone ` or *", "a lone ` or *"),
    ],
)
def test_code_and_emphasis_are_marked_up_and_nothing_else(text, page, plain):
    assert (to_html(text), to_plain(text)) == (page, plain)


def test_half_a_character_harms_no_page():
    assert to_html("\ud800") == "?"
