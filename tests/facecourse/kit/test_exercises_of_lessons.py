"""Every question of every lesson: its own solution passes, its wrong answers do not."""

import ast
import copy
import math

import pytest
import torch

from facecourse.kit import Exercise, ____, load_lesson
from facelib import measure
from notebooks.build import sources

LESSONS = {source.stem[:2]: load_lesson(source.stem[:2]) for source in sources()}


def questions(*kinds: str) -> list:
    return [
        pytest.param(question, id=f"{number}-{question.name}")
        for number, module in LESSONS.items()
        for kind in kinds
        for question in getattr(module, kind, ())
    ]


def solved(exercise: Exercise, code: str):
    """The value that `code` gives the name the starter leaves open."""
    modules = {"math": math, "measure": measure, "torch": torch}
    names = {"____": ____} | modules | copy.deepcopy(exercise.context)
    exec(code, names)
    return names[exercise.variable]


@pytest.mark.parametrize("number", LESSONS)
def test_every_lesson_has_enough_exercises_and_quizzes(number):
    least = (3, 0) if number in ("00", "01") else (5, 3)
    module = LESSONS[number]
    assert len(module.EXERCISES) >= least[0]
    assert len(getattr(module, "QUIZZES", ())) >= least[1]
    for question in (*module.EXERCISES, *getattr(module, "QUIZZES", ())):
        assert question.lesson == number
        assert getattr(module, question.name) is question, "a lesson calls it by its name"


@pytest.mark.parametrize("exercise", questions("EXERCISES"))
def test_the_solution_passes(exercise):
    outcome = exercise.check(solved(exercise, exercise.answer))
    assert (outcome.kind, outcome.message) == ("correct", exercise.praise)


@pytest.mark.parametrize("quiz", questions("QUIZZES"))
def test_the_right_answer_of_a_quiz_passes(quiz):
    outcome = quiz.check(quiz.right)
    assert (outcome.kind, outcome.message) == ("correct", quiz.praise)


@pytest.mark.parametrize("question", questions("EXERCISES", "QUIZZES"))
def test_at_least_three_wrong_answers_are_rejected_with_a_reason(question):
    outcomes = [question.check(answer) for answer in question.wrong]
    for answer, outcome in zip(question.wrong, outcomes, strict=True):
        assert outcome.kind in ("incorrect", "error"), answer
        assert len(outcome.message) > 10
        assert "checking it failed with" not in outcome.message, "the checker has a fault"
    assert sum(outcome.kind == "incorrect" for outcome in outcomes) >= 3


@pytest.mark.parametrize("exercise", questions("EXERCISES"))
def test_the_starter_is_an_attempt_nobody_has_made_yet(exercise):
    assert exercise.starter.count("____") == 1
    assert exercise.check(solved(exercise, exercise.starter)).kind == "not attempted"


@pytest.mark.parametrize("exercise", questions("EXERCISES"))
def test_hints_do_not_hold_the_whole_answer(exercise):
    assert exercise.hints
    last = ast.parse(exercise.answer).body[-1]
    value = ast.unparse(last.body[-1].value if isinstance(last, ast.FunctionDef) else last.value)
    assert all(value not in hint for hint in exercise.hints)
