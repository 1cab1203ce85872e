"""Every exercise of every lesson: its own solution passes, its wrong answers do not."""

import importlib
import re

import pytest

from facelib.lessons import Exercise, ____
from notebooks.build import sources

LESSONS = [source.stem[:2] for source in sources()]
EXERCISES = [
    pytest.param(exercise, id=f"{lesson}-{exercise.name}")
    for lesson in LESSONS
    for exercise in importlib.import_module(f"facelib.lessons.lesson{lesson}").EXERCISES
]


def solved(exercise: Exercise, code: str):
    """The value that `code` gives the variable the starter leaves open."""
    names = {"____": ____} | exercise.context()
    exec(code, names)
    return names[re.match(r"\w+", exercise.starter)[0]]


def test_every_lesson_has_at_least_three_exercises():
    for lesson in LESSONS:
        declared = importlib.import_module(f"facelib.lessons.lesson{lesson}").EXERCISES
        assert len({exercise.name for exercise in declared}) == len(declared) >= 3


@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_solution_passes(exercise):
    outcome = exercise.check(solved(exercise, exercise.answer))
    assert (outcome.kind, outcome.message) == ("correct", exercise.praise)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_at_least_three_wrong_answers_are_rejected_with_a_reason(exercise):
    assert len(exercise.wrong) >= 3
    for answer in exercise.wrong:
        outcome = exercise.check(answer)
        assert outcome.kind in ("incorrect", "error"), answer
        assert len(outcome.message) > 10


@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_starter_is_an_attempt_nobody_has_made_yet(exercise):
    assert exercise.starter.count("____") == 1
    assert exercise.check(solved(exercise, exercise.starter)).kind == "not attempted"


@pytest.mark.parametrize("exercise", EXERCISES)
def test_hints_do_not_hold_the_whole_answer(exercise):
    assert exercise.hints
    right_side = exercise.answer.split("=", 1)[1].strip()
    assert all(right_side not in hint for hint in exercise.hints)
