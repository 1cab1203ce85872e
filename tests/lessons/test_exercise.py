import pytest

from facelib.lessons import Exercise, Outcome, ____
from facelib.lessons.exercise import choice, number


@pytest.fixture
def exercise():
    return Exercise(
        name="sum",
        prompt="What is 2 + 3?",
        starter="total = ____",
        hints=("Count on your fingers.", "It is less than 6."),
        answer="total = 2 + 3",
        checker=number(5, reasons={6: "That is 2 x 3."}),
        wrong=(4, 6),
    )


@pytest.mark.parametrize(
    ("answer", "kind", "message"),
    [
        (5, "correct", "That is right."),
        (6, "incorrect", "That is 2 x 3."),
        (4, "incorrect", "4 is not it."),
        (float("nan"), "incorrect", "nan is not it."),
        (____, "not attempted", "Replace ____"),
        ("five", "error", "of type str; checking it failed with ValueError"),
        (None, "error", "of type NoneType; checking it failed with TypeError"),
    ],
)
def test_each_answer_has_its_outcome(exercise, answer, kind, message):
    outcome = exercise.check(answer)
    assert outcome.kind == kind
    assert message in outcome.message


def test_the_outcome_reads_without_colour_and_never_runs_the_learners_html(exercise):
    assert repr(exercise.check("five")).startswith("⚠ error: ")
    outcome = Outcome("incorrect", "<b>5</b>")
    assert "<b>5</b>" not in outcome._repr_html_()
    assert "&lt;b&gt;5" in outcome._repr_html_()


def test_hints_come_one_after_the_other_and_the_last_one_stays(exercise, capsys):
    for _ in range(3):
        exercise.hint()
    assert capsys.readouterr().out.splitlines() == [
        "Hint 1 of 2: Count on your fingers.",
        "Hint 2 of 2: It is less than 6.",
        "Hint 2 of 2: It is less than 6.",
    ]


def test_the_solution_is_code_that_passes_the_check(exercise, capsys):
    exercise.solution()
    names = {}
    exec(capsys.readouterr().out, names)
    assert exercise.check(names["total"]).kind == "correct"


def test_the_gap_shows_itself_as_it_is_written():
    assert repr(____) == "____"


def test_a_choice_explains_the_wrong_words_it_knows():
    check = choice("verification", {"identification": "Nobody is searched for."})
    assert check(" Verification ") is None
    assert check("identification") == "Nobody is searched for."
    assert check("magic") == "Answer with one of: identification, verification."
