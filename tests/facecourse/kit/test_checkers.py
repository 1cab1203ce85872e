"""Whatever a learner hands in gets an outcome and words they understand."""

from __future__ import annotations

import contextlib
import sys
import threading
import time

import numpy as np
import pytest
import torch

from facecourse.kit import checkers
from facecourse.kit.checkers import choice, function, number, tensor
from facecourse.kit.exercise import Exercise, ____


def judge(checker, answer):
    return Exercise("q", "?", "a = ____", (), "a = 1", checker, ()).check(answer)


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (5, "correct", "right"),
        (torch.tensor([[5.0]]), "correct", "right"),
        (np.float32(5), "correct", "right"),
        (torch.tensor(5.0, requires_grad=True), "correct", "right"),
        (6, "incorrect", "That is 2 x 3."),
        (4, "incorrect", "4 is not it."),
        (float("nan"), "incorrect", "nan, not a number"),
        (torch.tensor(float("inf")), "incorrect", "inf, not a number"),
        ("five", "error", "this is text, 'five': leave out the quotes"),
        (None, "error", "nothing (None), as from a function that lacks its `return`"),
        (True, "error", "a truth value"),
        (torch.tensor(True), "error", "a Tensor of shape ()"),
        ((5,), "error", "A comma makes (5,)"),
        ((), "error", "a tuple"),
        ((True, False), "error", "a tuple"),
        (10**400, "error", "too large"),
        ([____], "not attempted", "Replace"),
        (torch.nn.Linear(1, 1), "error", "a Linear"),
        (torch.ones(2, 3), "error", "a Tensor of shape (2, 3)"),
        (np.ones(0), "error", "a ndarray of shape (0,)"),
        (torch.ones((), device="meta"), "error", "device 'meta', and 'cpu' is wanted"),
        (abs, "error", "a function: call it"),
        ([5], "error", "a list"),
        (1j, "error", "a complex"),
        ((10, 368), "error", "Write thousands as 10_000"),
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


WANTED = torch.tensor([[1.0, 2.0], [3.0, 4.0]])


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (WANTED.clone().requires_grad_(), "correct", "right"),
        (WANTED.numpy(), "correct", "right"),
        (WANTED.int(), "correct", "right"),
        (WANTED.tolist(), "correct", "right"),
        (WANTED + 1e-7, "correct", "right"),
        (WANTED.T, "incorrect", "transposed"),
        (WANTED.flatten(), "incorrect", "The shape is (4,), and (2, 2) is wanted."),
        (WANTED + torch.eye(2), "incorrect", "2 of 4 numbers are off; the worst is at [0, 0]"),
        (WANTED / torch.tensor([0.0, 1]), "incorrect", "2 of 4 numbers are NaN or infinite"),
        (WANTED.to("meta"), "error", "add .cpu()"),
        (WANTED + 1j, "error", "complex"),
        (WANTED.half(), "error", "16 bits"),
        ("1 2 3 4", "error", "text"),
        (None, "error", "None"),
        (True, "error", "truth value"),
        (torch.relu, "error", "a function: call it"),
        ([[1, 2], [3]], "error", "a list"),
        ({"a": 1}, "error", "a dict"),
    ],
)
def test_a_tensor_is_judged_whatever_comes(answer, kind, words):
    checker = tensor(lambda: WANTED, reasons=[(WANTED.T, "That is transposed.")])
    outcome = judge(checker, answer)
    assert (outcome.kind, words in outcome.message) == (kind, True), outcome


def test_a_drawing_shows_what_was_made_beside_what_was_wanted():
    drawn = []
    checker = tensor(WANTED, draw=lambda *pair: drawn.append(pair))
    assert checker(WANTED) is None
    assert checker(WANTED + 1) is not None
    assert [torch.equal(*pair) for pair in drawn] == [True, False]
    for undrawable in (WANTED[0], WANTED / 0):
        assert checker(undrawable) is not None
    assert len(drawn) == 2


def softmax(z):
    return (z - z.max()).exp() / (z - z.max()).exp().sum()


def forever(z):
    while True:
        z = z + 1


def in_place(z):
    z -= z.max()
    return z.exp() / z.exp().sum()


def third_line(z):
    z = z.exp()
    return z.nothing / z.sum()


CASES = [(torch.tensor([1.0, 2.0, 3.0]),), (torch.tensor([1000.0, 0.0]),)]


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (softmax, "correct", "right"),
        (lambda z: torch.softmax(z, 0), "correct", "right"),
        (in_place, "correct", "right"),
        (torch.sigmoid, "incorrect", "That is the sigmoid of each."),
        (lambda z: z.exp() / z.exp().sum(), "incorrect", "a tensor of shape (2,): 1 of 2 numbers"),
        (lambda z: z[:1], "incorrect", "The shape is (1,), and (3,) is wanted."),
        (lambda z: z.sum(), "incorrect", "The shape is (), and (3,) is wanted."),
        (lambda z: ____, "not attempted", "Replace"),
        (lambda z: z.exp() / ____, "not attempted", "Replace"),
        (lambda z: ____ * 2 - z, "not attempted", "Replace"),
        (lambda z: None, "error", "lacks its `return`"),
        (lambda z: "text", "error", "text"),
        (lambda z: z.to("meta"), "error", "'cpu' is wanted"),
        (lambda: 1, "error", "can't be called as the question says"),
        (lambda z: sys.exit(), "error", "SystemExit"),
        (third_line, "error", "raised AttributeError in its line 3"),
        (softmax(CASES[0][0]), "error", "pass its name, without brackets"),
        (None, "error", "A function is wanted"),
    ],
)
def test_a_function_is_judged_whatever_it_does(answer, kind, words):
    checker = function(softmax, *CASES, reasons=[(torch.sigmoid, "That is the sigmoid of each.")])
    outcome = judge(checker, answer)
    assert (outcome.kind, words in outcome.message) == (kind, True), outcome
    assert CASES[0][0].tolist() == [1, 2, 3], "the cases stay as they are"


def test_a_function_that_never_ends_is_stopped(monkeypatch):
    monkeypatch.setattr(checkers.run, "__kwdefaults__", {"seconds": 0.2})
    ended = []

    def watched(z):
        try:
            forever(z)
        finally:
            ended.append(True)

    start = time.perf_counter()
    outcome = judge(function(softmax, *CASES), watched)
    assert (outcome.kind, "had not ended after 0.2 seconds" in outcome.message) == ("error", True)
    assert time.perf_counter() - start < 2
    for _ in range(100):
        if ended:
            break
        time.sleep(0.02)
    assert ended, "the thread goes on"


def test_a_function_that_holds_out_says_that_the_kernel_must_be_restarted(monkeypatch):
    monkeypatch.setattr(checkers.run, "__kwdefaults__", {"seconds": 0.1})
    monkeypatch.setattr(checkers._stop, "__defaults__", (2,))
    release = threading.Event()

    def stubborn(z):
        while not release.is_set():
            try:
                release.wait(0.01)
            except BaseException:  # the mistake of a bare `except:`
                continue

    outcome = judge(function(softmax, *CASES), stubborn)
    release.set()
    assert outcome.kind == "error"
    assert outcome.message.endswith("It could not be stopped: restart the kernel.")


def test_a_loop_that_catches_one_error_is_stopped_by_the_next(monkeypatch):
    monkeypatch.setattr(checkers.run, "__kwdefaults__", {"seconds": 0.1})

    def patient(z):
        for _ in range(3):
            with contextlib.suppress(BaseException):
                forever(z)

    outcome = judge(function(softmax, *CASES), patient)
    assert outcome.message.endswith("Is there a loop that never ends?")


def test_only_what_is_off_by_more_than_the_tolerance_is_counted():
    reason = tensor(torch.tensor([100.0, 2.0]), tolerance=1e-3)(torch.tensor([100.01, 3.0]))
    assert reason.startswith("1 of 2 numbers are off; the worst is at [1]")


def test_a_wide_tolerance_does_not_spread_to_known_mistakes():
    check = number(40, tolerance=0.5, reasons={0.4: "Per cent are wanted."})
    assert check(0.4) == "Per cent are wanted."
    assert check(0) == "0 is not it."


def test_a_function_of_numbers_is_judged_and_drawn():
    drawn = []
    checker = function(lambda a, b: a + b, (1, 2), (3.0, 4), draw=lambda *pair: drawn.append(pair))
    assert judge(checker, lambda a, b: a + b).kind == "correct"
    assert judge(checker, lambda a, b: a * b).message.startswith("Called with 1, 2: 2 is not it.")
    assert len(drawn) == 2


def test_a_function_may_work_in_place_though_two_cases_share_a_tensor():
    shared = torch.ones(3)

    def doubled_in_place(values, times):
        values *= times
        return values

    check = checkers.function(lambda values, times: values * times, (shared, 2.0), (shared, 5.0))
    assert check(doubled_in_place) is None
    assert torch.equal(shared, torch.ones(3))
