"""Every exercise of every lesson: its own solution passes, its wrong answers do not."""

import ast
import copy
import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import randrange

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from facecourse.classroom import self_test
from facecourse.classroom.sandbox import judge_answer
from facecourse.kit import Exercise, charts, load_lesson
from facecourse.kit.exercise import define, defined
from facecourse.lesson02_learning import figures
from facecourse.lesson06_distillation import budget
from notebooks.build import sources

LESSONS = {source.stem[:2]: load_lesson(source.stem[:2]) for source in sources()}
LESSONS["self-test"] = self_test
EVERY = [exercise for module in LESSONS.values() for exercise in module.EXERCISES]


@pytest.fixture
def meet(monkeypatch):
    """Checkers that draw one of a few groups of people meet this one; their seeds stay chance."""

    def meet(group):
        def draw(count):
            return group % count if count < 10 else randrange(count)

        for module in (budget, *LESSONS.values()):
            if hasattr(module, "randrange"):
                monkeypatch.setattr(module, "randrange", draw)

    return meet


@pytest.fixture(autouse=True)
def the_first_group(meet):
    meet(0)


@pytest.fixture
def undrawn(monkeypatch):
    """From its call on, figures are closed, not shown."""

    def undraw():
        for module in (charts, figures):
            monkeypatch.setattr(module, "show", lambda figure, *_: plt.close(figure))

    return undraw


def exercises(*marks: pytest.MarkDecorator) -> pytest.MarkDecorator:
    """A test of every exercise; those that train networks are marked."""
    every = [
        pytest.param(e, id=f"{e.lesson}-{e.name}", marks=marks if e.name in LONG else ())
        for e in EVERY
    ]
    return pytest.mark.parametrize("exercise", every)


LONG = {"turn", "door", "student", "plan", "shrink", "fool", "mine"}  # as long as a notebook
SLOW = {"02", "03", "06", "07", "08", "09"}  # lessons whose functions, called often, take long
each_exercise, each_answered = exercises(), exercises(pytest.mark.notebook)
# Their checkers draw one of a few groups of people.
DRAWING = [e for e in EVERY if e.name in {"student", "plan", "shrink", "door_threshold", "fool"}]


def solved(exercise: Exercise, code: str):
    """The value that `code` gives the name the starter leaves open."""
    return define(code, **copy.deepcopy(exercise.context))


@pytest.mark.parametrize("number", LESSONS)
def test_every_lesson_has_enough_exercises(number):
    module = LESSONS[number]
    assert len(module.EXERCISES) >= (1 if number == "00" else 4)
    for exercise in module.EXERCISES:
        assert exercise.lesson == number
        assert getattr(module, exercise.name) is exercise, "a lesson calls it by its name"


SCALARS = {
    "float": float,
    "tensor of one": lambda x: torch.tensor([[x]], dtype=torch.float64, requires_grad=True),
    "array": np.asarray,
    "NumPy's float": np.float64,
    "fraction": lambda x: Fraction(float(x)),
    "decimal": lambda x: Decimal(float(x)),
}
ARRAYS = {
    "array": lambda x: x.numpy(),
    "float32": torch.Tensor.float,
    "nested lists": torch.Tensor.tolist,
    "rows of tensors": list,
    "rows of arrays": lambda x: tuple(row.numpy() for row in x),
    "negative strides": lambda x: np.ascontiguousarray(x.numpy()[::-1])[::-1],
    "objects": lambda x: x.numpy().astype(object),
    "with a gradient": lambda x: x.double().clone().requires_grad_(),
}


def forms(value) -> dict:
    """A right answer in the forms in which a learner may have it."""
    if isinstance(value, str):
        return {"text": value, "NumPy's text": np.str_(value), "capital": f" {value.upper()} "}
    if isinstance(value, bool):
        return {"bool": value, "NumPy's": np.bool_(value), "tensor": torch.tensor(value)}
    if callable(value) or isinstance(value, dict | torch.optim.Optimizer):
        return {}
    array = torch.as_tensor(value).detach()
    if array.ndim == 0:
        return {name: form(array.item()) for name, form in SCALARS.items()}
    return {name: form(array) for name, form in ARRAYS.items()}


# Of what a function returns those that a careless checker would trip over; the others are found
# by the answers that are numbers themselves.
RETURNED = {"float", "decimal", "array", "nested lists", "with a gradient"}


class InForm:
    """A function that is an object, as `functools.partial` makes them, and gives its numbers in a
    form; it notes in which forms it could."""

    def __init__(self, function, form: str = ""):
        self.function, self.form, self.forms = function, form, set()

    def __call__(self, *arguments):
        value = self.function(*arguments)
        self.forms |= set(known := forms(value))
        return known.get(self.form, value)


@each_answered
def test_the_solution_passes_in_every_form_and_as_praise_rounds_it(exercise, undrawn):
    value = solved(exercise, exercise.answer)
    first = InForm(value) if callable(value) else value
    outcome = exercise.check(first)
    assert (outcome.kind, outcome.message) == ("correct", exercise.praise)
    undrawn()
    right = forms(value)
    if callable(value):
        right = {name: InForm(value, name) for name in first.forms & RETURNED}
    for name, answer in right.items():
        outcome = exercise.check(answer)
        assert outcome.kind == "correct", (name, outcome.message)
    if isinstance(value, str) or np.size(value) != 1 or callable(value):
        return
    for text in re.findall(r"\d[\d,]*(?:\.\d+)?", exercise.praise):
        said = float(text.replace(",", ""))
        if abs(said - float(value)) <= 0.5 * 10.0 ** -len(text.partition(".")[2]) and said:
            assert exercise.check(said).kind == "correct", f"praise rounds it to {text}"


@each_answered
def test_three_wrong_answers_are_rejected_and_known_mistakes_have_own_words(exercise, undrawn):
    undrawn()
    outcomes = [exercise.check(answer) for answer in exercise.wrong]
    for answer, outcome in zip(exercise.wrong, outcomes, strict=True):
        assert outcome.kind in ("incorrect", "error"), answer
        assert len(outcome.message) > 10
        assert "checking it failed with" not in outcome.message, "the checker has a fault"
    assert sum(outcome.kind == "incorrect" for outcome in outcomes) >= 3
    for outcome in outcomes[: len(exercise.checker.mistakes)]:
        said = re.search(r"is not it\.|The shape is|numbers are off|NaN", outcome.message)
        assert not said, outcome.message


@pytest.mark.nightly
@pytest.mark.parametrize("group", [1, 2])
@pytest.mark.parametrize("exercise", DRAWING, ids=lambda exercise: exercise.name)
def test_whichever_people_are_drawn_the_solution_passes_and_no_wrong_answer(exercise, group, meet):
    meet(group)
    assert exercise.check(solved(exercise, exercise.answer)).kind == "correct"
    assert not [wrong for wrong in exercise.wrong if exercise.check(wrong).kind == "correct"]


@pytest.mark.parametrize(
    "number",
    [pytest.param(n, marks=pytest.mark.nightly if n in SLOW else ()) for n in LESSONS],
)
def test_whatever_numbers_a_student_is_graded_on_the_solution_passes_and_no_wrong_answer(
    number, monkeypatch
):
    code = compile(Path(LESSONS[number].__file__).read_text("utf-8"), "exercises.py", "exec")
    for seed in range(20):
        monkeypatch.setenv("FACELIB_GRADING_SEED", str(seed))
        exec(code, names := {"__name__": "lesson"})
        for exercise in names["EXERCISES"]:
            if exercise.checker.know is not None:  # a function, tried on drawn numbers
                exercise.lesson = ""
                answer = {defined(exercise.starter): solved(exercise, exercise.answer)}
                assert judge_answer(exercise, answer) == ("correct", exercise.praise), seed


@each_exercise
def test_what_is_right_stays_right_though_an_answer_changed_the_lessons_data(exercise, undrawn):
    data = exercise.context.values()
    kept = {tensor: tensor.clone() for tensor in data if isinstance(tensor, torch.Tensor)}
    if not kept:  # it is what the test above has seen
        return
    undrawn()
    right = solved(exercise, exercise.answer)
    for tensor in kept:
        tensor.zero_()
    outcome = exercise.check(right)
    for tensor, before in kept.items():
        tensor.copy_(before)
    assert outcome.kind == "correct"


@each_exercise
def test_the_starter_is_an_attempt_nobody_has_made_yet(exercise):
    assert exercise.starter.count("____") == 1
    assert exercise.check(solved(exercise, exercise.starter)).kind == "not attempted"


@each_exercise
def test_hints_do_not_hold_the_whole_answer(exercise):
    assert exercise.hints
    last = ast.parse(exercise.answer).body[-1]
    value = ast.unparse(last.body[-1].value if isinstance(last, ast.FunctionDef) else last.value)
    assert all(value not in hint for hint in exercise.hints)
