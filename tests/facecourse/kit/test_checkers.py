"""Whatever a learner hands in gets an outcome and words they understand."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
import torch

from facecourse.kit.checkers import choice, function, number, tensor
from facecourse.kit.exercise import Exercise, ____


def judge(checker, answer):
    return Exercise("?", "a = ____", (), "a = 1", checker).check(answer)


# In which forms a right answer may come, the tests of every exercise try.
WANTED = torch.tensor([[1.0, 2.0], [3.0, 4.0]])


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (5, "correct", "right"),
        (np.array([[5]], dtype=object), "correct", "right"),
        (6, "incorrect", "That is 2 x 3."),
        (4, "incorrect", "4 is not it."),
        (float("nan"), "incorrect", "nan, not a number"),
        ("five", "error", "this is text, 'five': leave out the quotes"),
        (None, "error", "nothing (None), as from a function that lacks its `return`"),
        (True, "error", "a truth value"),
        (np.True_, "error", "True, a truth value"),
        (torch.tensor(True), "error", "a Tensor of shape ()"),
        ((), "error", "a tuple"),
        ((True, False), "error", "a tuple"),
        (10**400, "error", "too large"),
        ([____], "not attempted", "Replace"),
        (np.ones(0), "error", "a ndarray of shape (0,)"),
        (torch.ones((), device="meta"), "error", "device 'meta', and 'cpu' is wanted"),
        (abs, "error", "a function: call it"),
        ([5], "error", "a list"),
        (1j, "error", "a complex"),
        ((10, 368), "error", "A comma makes (10, 368) of it. Write thousands as 10_000"),
    ],
)
def test_a_number_is_judged_whatever_comes(answer, kind, words):
    outcome = judge(number(5, reasons={6: "That is 2 x 3."}), answer)
    assert (outcome.kind, words in outcome.message) == (kind, True), outcome


def test_a_choice_explains_the_wrong_words_it_knows():
    check = choice("verification", {"identification": "Nobody is searched for."})
    assert check(" Verification ") is None
    assert check("identification") == "Nobody is searched for."
    assert check("magic") == "Answer with one of: identification, verification."
    assert "A word in quotes is wanted" in judge(check, 3).message


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        ([WANTED[0].numpy(), [3, Fraction(4)]], "correct", "right"),
        (WANTED.T, "incorrect", "transposed"),
        (WANTED.flatten(), "incorrect", "The shape is (4,), and (2, 2) is wanted."),
        (WANTED + torch.eye(2), "incorrect", "2 of 4 numbers are off; the worst is at [0, 0]"),
        (WANTED / torch.tensor([0.0, 1]), "incorrect", "2 of 4 numbers are NaN or infinite"),
        (WANTED + 1j, "error", "complex"),
        (WANTED.half(), "error", "16 bits"),
        ([["1", "2"], ["3", "4"]], "error", "text"),
        (np.array([["1", "2"], ["3", "4"]]), "error", "text"),
        ([[1, 2], [3, ____]], "not attempted", "Replace"),
        ([WANTED[0], WANTED[1].to("meta")], "error", "add .cpu()"),
        ([[1, 2], [3, 4j]], "error", "complex"),
        (None, "error", "None"),
        (True, "error", "truth value"),
        (torch.relu, "error", "a function: call it"),
        ([[1, 2], [3]], "error", "a list"),
        ({"a": 1}, "error", "a dict"),
    ],
)
def test_a_tensor_is_judged_whatever_comes(answer, kind, words):
    checker = tensor(WANTED, reasons=[(WANTED.T, "That is transposed.")])
    outcome = judge(checker, answer)
    assert (outcome.kind, words in outcome.message) == (kind, True), outcome


def test_a_drawing_shows_what_was_made_beside_what_was_wanted():
    drawn = []
    adding = function(lambda a, b: a + b, (1, 2), (3.0, 4), draw=lambda *pair: drawn.append(pair))
    assert adding(lambda a, b: a + b) is None
    assert adding(lambda a, b: a * b).startswith("Called with 1, 2: 2 is not it.")
    assert [torch.equal(*pair) for pair in drawn] == [True, False]
    checker = function(lambda: WANTED, (), draw=lambda *pair: drawn.append(pair))
    for undrawable in (WANTED[0], WANTED / 0):
        assert checker(undrawable.clone) is not None
    assert len(drawn) == 2


def softmax(z):
    return (z - z.max()).exp() / (z - z.max()).exp().sum()


def in_place(z):
    z -= z.max()
    return z.exp() / z.exp().sum()


def third_line(z):
    z = z.exp()
    return z.nothing / z.sum()


class UnprintableError(Exception):
    def __str__(self):
        sys.exit()


def unprintable(z):
    raise UnprintableError


def careless(z):
    torch.set_default_dtype(torch.float64)
    return softmax(z)


def forever(z):
    while True:
        raise KeyboardInterrupt  # as Jupyter's stop button does


CASES = [(torch.tensor([1.0, 2.0, 3.0]),), (torch.tensor([1000.0, 0.0]),)]


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (lambda z: torch.softmax(z, 0), "correct", "right"),
        (in_place, "correct", "right"),
        (careless, "correct", "right"),
        (torch.sigmoid, "incorrect", "That is the sigmoid of each."),
        (lambda z: z.exp() / z.exp().sum(), "incorrect", "a tensor of shape (2,): 1 of 2 numbers"),
        (lambda z: z[:1], "incorrect", "The shape is (1,), and (3,) is wanted."),
        (lambda z: ____, "not attempted", "Replace"),
        (lambda z: z.exp() / ____, "not attempted", "Replace"),
        (lambda z: None, "error", "lacks its `return`"),
        (lambda: 1, "error", "can't be called as the question says"),
        (lambda z: sys.exit(), "error", "SystemExit"),
        (forever, "error", "You stopped your function in its line 3. Is there a loop"),
        (unprintable, "error", "SystemExit"),
        (third_line, "error", "raised AttributeError in its line 3"),
        (softmax(CASES[0][0]), "error", "A function is wanted: pass its name, without brackets"),
    ],
)
def test_a_function_is_judged_whatever_it_does(answer, kind, words):
    checker = function(softmax, *CASES).know([(torch.sigmoid, "That is the sigmoid of each.")])
    outcome = judge(checker, answer)
    assert (outcome.kind, words in outcome.message) == (kind, True), outcome
    assert CASES[0][0].tolist() == [1, 2, 3], "the cases stay as they are"
    assert torch.get_default_dtype() == torch.float32, "what an answer sets for all is set back"


class Endless(Sequence):
    """Zeros that are counted in no time, and would take hours to convert."""

    def __len__(self):
        return 10**15

    def __getitem__(self, place):
        return 0.0


@pytest.mark.parametrize("answer", [Endless(), range(10**12), torch.zeros(1).expand(10**12)])
def test_numbers_of_a_shape_that_can_not_be_right_are_not_converted(answer):
    said = f"The shape is ({len(answer)},), and (2, 2) is wanted."
    assert tensor(WANTED, reasons=[(WANTED[0], "One row.")])(answer) == said
    assert judge(function(lambda: WANTED, ()), lambda: answer).message == f"Called with : {said}"


def test_a_mistake_of_another_shape_is_known():
    check = tensor(WANTED, reasons=[(WANTED[0], "One row is missing."), (WANTED.sum(), "A sum.")])
    assert check([1, 2]) == "One row is missing."
    assert check(10) == "A sum."


def test_neither_the_answer_nor_the_question_is_changed():
    question, answer = WANTED.clone(), np.array([[1.0, 2.0], [3.0, 5.0]])
    check, spoil = tensor(question), lambda yours, wanted: (yours.zero_(), wanted.zero_())
    call = function(lambda: WANTED, (), draw=spoil)
    question.zero_()
    for _ in range(2):
        assert None not in (check(answer), call(lambda: answer))
        assert check(WANTED) is call(lambda: WANTED) is None
    assert answer.tolist() == [[1, 2], [3, 5]]


def test_the_tolerance_counts_what_is_off_and_does_not_spread_to_known_mistakes():
    reason = tensor(torch.tensor([100.0, 2.0]), tolerance=1e-3)(torch.tensor([100.01, 3.0]))
    assert reason.startswith("1 of 2 numbers are off; the worst is at [1]")
    check = number(40, tolerance=0.5, reasons={0.4: "Per cent are wanted."})
    assert check(0.4) == "Per cent are wanted."
    assert check(0) == "0 is not it."


def test_a_function_may_work_in_place_though_two_cases_share_a_tensor():
    shared = torch.ones(3)

    def doubled_in_place(values, times):
        values *= times
        return values

    check = function(lambda values, times: values * times, (shared, 2.0), (shared, 5.0))
    assert check(doubled_in_place) is None
    assert torch.equal(shared, torch.ones(3))
