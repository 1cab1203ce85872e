"""Quizzes judge what is clicked and what is typed, and read without a front end."""

from __future__ import annotations

import pytest

from facecourse.kit import quiz
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
    return Quiz("How many eyes has a face?", OPTIONS, right="b")


@pytest.fixture
def several():
    return Quiz("Which are even?", OPTIONS, right="b, d")


@pytest.fixture
def typed():
    reasons = {0.4: "Per cent are wanted.", 6: "Out of 15?", 60: "The other half."}
    return NumberQuiz("What share are 6 of 15?", 40, 0.5, unit="%", reasons=reasons)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(answer, "correct") for answer in ("b", "B ", "two", ["two"], ("b",))]
    + [(answer, "incorrect") for answer in ("a", "c", "d", "four, or more")]
    + [
        (answer, "error") for answer in ("", "e", None, 2, [], "a b", ["a", "b"], object(), 9 * "b")
    ],
)
def test_an_option_is_named_by_letter_or_text_and_has_its_words(single, answer, kind):
    outcome = single.check(answer)
    assert outcome.kind == kind
    assert (outcome.message in OPTIONS.values()) == (kind != "error")
    assert (outcome.message == "Two it is.") == (kind == "correct")
    assert len(outcome.message) > 9


def test_several_answers_must_all_be_there_and_no_other(several):
    for answer in ("b, d", "d b", "b and d", ["two", "four, or more"]):
        assert several.check(answer).kind == "correct", answer
    assert several.check("b").message == "What you chose is right, but it is not all."
    assert several.check("a, b, d").message == "One is too few."
    assert len(several.wrong) == 2**4 - 2
    assert all(several.check(wrong).kind == "incorrect" for wrong in several.wrong)


@pytest.mark.parametrize(
    "answer", [40, "40", " 40.4 ", 39.6, "39,6", "40 %", "40%", "40 percent", "40 per cent"]
)
def test_a_number_may_come_as_text_with_its_unit_or_a_comma(typed, answer):
    assert typed.check(answer).kind == "correct"


def test_a_comma_may_part_thousands(typed):
    size = NumberQuiz("How many bytes?", 1240, 0.5, "bytes", reasons={1.5: "Kilo."})
    assert all(size.check(text).kind == "correct" for text in ("1,240", "1 240 bytes", "1_240"))
    assert size.check("1,240,000").message == "1.24e+06 is not it."
    assert size.check("1,5").message == "Kilo."


def test_what_is_no_number_is_helped(typed):
    assert typed.check("0.4").message == "Per cent are wanted."
    for text in ("forty", "", "%", "1.2.3", "40 bytes"):
        outcome = typed.check(text)
        assert outcome.kind == "error"
        assert "A number such as 12.5 is wanted" in outcome.message
    assert typed.check("nan").kind == "incorrect"


@pytest.mark.parametrize("answer", ["one", "two"])
def test_clicking_gives_the_outcome_as_a_page_and_keeps_the_progress(single, answer):
    collect("07", {"eyes": single})
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
    _, form, button, feedback = several.widget().children
    assert not any(box.value for box in form.children)
    form.children[1].value = form.children[3].value = True
    button.click()
    assert "correct</b> Two it is. Four is &lt;b&gt;far" in feedback.value
    _, form, button, feedback = typed.widget().children
    form.children[0].value = "40"
    button.click()
    assert "That is right." in feedback.value


def test_a_quiz_that_was_solved_says_so_when_it_is_drawn_anew(single, several):
    collect("07", {"eyes": single, "even": several})
    for answer, solved in (("a", False), ("b", True), ("a", True)):
        single.check(answer)
        for page in (single.widget().children[3].value, single._repr_html_()):
            assert ("You have solved this one before." in page) == solved
    assert several.widget().children[3].value == ""


def test_without_a_front_end_the_question_is_text_and_says_how_to_answer(single, several, typed):
    collect("07", {"eyes": single, "share": typed})
    single.prompt = "Is `x` *here*?"
    for page in (single.widget().children[0].value, single._repr_html_()):
        assert "<b>Is <code>x</code> <em>here</em>?</b>" in page
    assert repr(single).splitlines() == [
        "Is `x` here?",
        "a) one", "b) two", "c) three", "d) four, or more",
        'Answer by exercises.eyes.check("b")',
    ]  # fmt: skip
    assert '.check("a, b")' in repr(several)
    assert "(Several may be right.)" in repr(several)
    assert repr(typed).splitlines()[-1] == "Answer by exercises.share.check(12.5)"


def test_the_page_that_stays_when_the_kernel_is_gone_is_an_output_of_its_own(single, monkeypatch):
    collect("07", {"eyes": single})
    shown = []
    monkeypatch.setattr(quiz, "display", lambda data, raw: shown.append(data))
    single._ipython_display_()
    still, live = shown
    assert still["text/plain"] == repr(single)
    assert "<br>d) four, or more<br>Run this cell to answer." in still["text/html"]
    assert live.keys() == {"text/plain", "application/vnd.jupyter.widget-view+json"}
    assert 'class="quiz-still-07-eyes"' in still["text/html"]
    assert ".quiz-still-07-eyes{display: none}" in single.widget().children[0].value


@pytest.mark.parametrize(
    ("options", "right"),
    [({"a": "", "b": "", "c": ""}, "a"), (OPTIONS, "e"), (OPTIONS, "a, e"), (OPTIONS, "two")],
)
def test_a_quiz_that_nobody_can_answer_is_refused(options, right):
    with pytest.raises(ValueError, match="four options or more"):
        Quiz("?", options, right)
