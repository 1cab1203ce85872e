import pytest

from facecourse.kit import Exercise, Outcome, ____
from facecourse.kit.checkers import number
from facecourse.kit.exercise import collect


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
        (____, "not attempted", "Replace ____"),
        ("five", "error", "One number is wanted; this is text"),
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


def test_a_checker_that_fails_on_an_answer_says_what_it_was_given(exercise):
    exercise.checker = lambda answer: answer.split()
    outcome = exercise.check(5)
    assert outcome.kind == "error"
    assert "of type int; checking it failed with AttributeError" in outcome.message


def test_a_starter_may_define_a_variable_or_a_function(exercise):
    assert exercise.variable == "total"
    exercise.starter = "def add(a, b):\n    return ____"
    assert exercise.variable == "add"


def test_two_questions_of_a_lesson_cannot_share_a_name(exercise):
    assert collect("07", exercise) == (exercise,)
    assert exercise.lesson == "07"
    with pytest.raises(ValueError, match="needs a name of its own"):
        collect("07", exercise, exercise)
