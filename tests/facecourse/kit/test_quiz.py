"""Quizzes judge what is clicked and what is typed, and read without a front end."""

from __future__ import annotations

import ipywidgets
import pytest

from facecourse.kit.exercise import collect
from facecourse.kit.progress import read
from facecourse.kit.quiz import NumberQuiz, Quiz

OPTIONS = {
    "one": "One is too few.",
    "two": "Two it is.",
    "three": "Three is a crowd.",
    "four, or more": "Four is <b>far</b> too many.",
}


@pytest.fixture
def single():
    return Quiz("eyes", "How many eyes has a face?", OPTIONS, right="two")


@pytest.fixture
def several():
    return Quiz("even", "Which are even?", OPTIONS, right=("two", "four, or more"))


@pytest.fixture
def typed():
    reasons = {0.4: "Per cent are wanted.", 6: "Out of 15?", 60: "The other half."}
    return NumberQuiz("share", "What share are 6 of 15?", 40, 0.5, unit="%", reasons=reasons)


def parts(quiz, kind):
    box = quiz.widget()
    found = [box]
    for widget in found:
        found += getattr(widget, "children", ())
    return [widget for widget in found if isinstance(widget, kind)]


@pytest.mark.parametrize("answer", ["b", "B ", "two", ["two"], ("b",)])
def test_an_option_is_named_by_letter_or_text(single, answer):
    outcome = single.check(answer)
    assert (outcome.kind, outcome.message) == ("correct", "Two it is.")


@pytest.mark.parametrize("answer", ["a", "c", "d", "four, or more"])
def test_a_wrong_option_says_why(single, answer):
    outcome = single.check(answer)
    assert outcome.kind == "incorrect"
    assert outcome.message in OPTIONS.values()


@pytest.mark.parametrize("answer", ["", "e", None, 2, [], "a b", ["a", "b"], object(), "b" * 99])
def test_what_is_no_choice_is_an_error_in_words(single, answer):
    outcome = single.check(answer)
    assert outcome.kind == "error"
    assert len(outcome.message) > 10


def test_several_answers_must_all_be_there_and_no_other(several):
    for answer in ("b, d", "d b", "b and d", ["two", "four, or more"]):
        assert several.check(answer).kind == "correct", answer
    assert several.check("b").message == "What you chose is right, but it is not all."
    assert several.check("a, b, d").message == "One is too few."
    assert len(several.wrong) == 2**4 - 2
    assert all(several.check(wrong).kind == "incorrect" for wrong in several.wrong)


def test_a_number_may_come_as_text_and_is_given_a_tolerance(typed):
    assert all(typed.check(answer).kind == "correct" for answer in (40, "40", " 40.4 ", 39.6))
    assert typed.check("0.4").message == "Per cent are wanted."
    assert typed.check("40 %").kind == typed.check("").kind == "error"
    assert "with a point and without a unit" in typed.check("39,6").message
    assert typed.check("nan").kind == "incorrect"


@pytest.mark.parametrize("answer", ["one", "two"])
def test_clicking_gives_the_outcome_as_a_page_and_keeps_the_progress(single, answer):
    collect("07", single)
    box = single.widget()
    _, radio, button, feedback = box.children
    button.click()
    assert "error" in feedback.value
    radio.value = answer
    button.click()
    wanted = "correct" if answer == "two" else "incorrect"
    assert f"{wanted}</b> {OPTIONS[answer]}" in feedback.value
    assert read("07") == {"eyes": answer == "two"}


def test_boxes_are_ticked_and_a_number_is_typed(several, typed):
    box = several.widget()
    for tick in parts(several, ipywidgets.Checkbox):
        assert not tick.value
    ticks, button, feedback = box.children[1].children, *box.children[2:]
    ticks[1].value = ticks[3].value = True
    button.click()
    assert "correct</b> Two it is. Four is &lt;b&gt;far" in feedback.value
    _, (form), button, feedback = typed.widget().children
    form.children[0].value = "40"
    button.click()
    assert "That is right." in feedback.value


def test_every_drawing_starts_afresh(single):
    (first,) = parts(single, ipywidgets.RadioButtons)
    first.value = "two"
    (again,) = parts(single, ipywidgets.RadioButtons)
    assert again.value is None


def test_without_a_front_end_the_question_is_text_and_says_how_to_answer(single, several, typed):
    assert repr(single).splitlines() == [
        "How many eyes has a face?",
        "a) one", "b) two", "c) three", "d) four, or more",
        'Answer by lesson.eyes.check("b")',
    ]  # fmt: skip
    assert '.check("a, b")' in repr(several)
    assert "(Several may be right.)" in repr(several)
    assert repr(typed).splitlines()[-1] == "Answer by lesson.share.check(12.5)"
    bundle = single._repr_mimebundle_()
    assert bundle["text/plain"] == repr(single)
    assert "<br>d) four, or more" in bundle["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in bundle


@pytest.mark.parametrize(
    ("options", "right"),
    [({"a": "", "b": "", "c": ""}, "a"), (OPTIONS, "five"), (OPTIONS, ("one", "five"))],
)
def test_a_quiz_that_nobody_can_answer_is_refused(options, right):
    with pytest.raises(ValueError, match="four options or more"):
        Quiz("q", "?", options, right)
