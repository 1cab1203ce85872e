"""Checkers of answers (a number, a word, a tensor, a function) that speak a beginner's words."""

from __future__ import annotations

import copy
import ctypes
import math
import numbers
import threading
from collections.abc import Callable, Sequence
from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from facecourse.kit.exercise import CannotCheckError, Checker, NotAttemptedError, _Blank

PATIENCE = 5.0  # seconds a learner's function may take
Draw = Callable[[Tensor, Tensor], object]


def kind_of(answer: Any) -> str:
    """What an answer is, as one would say it to a beginner."""
    if answer is None:
        return "nothing (None), as from a function that lacks its `return`"
    if isinstance(answer, bool):
        return f"{answer}, a truth value"
    if isinstance(answer, str):
        return f"text, {answer[:40]!r}: leave out the quotes"
    if isinstance(answer, Tensor | np.ndarray):
        return f"a {type(answer).__name__} of shape {tuple(answer.shape)}"
    if isinstance(answer, FunctionType | BuiltinFunctionType):
        return "a function: call it, and pass what it returns"
    return f"a {type(answer).__name__}"


def number(
    wanted: float, tolerance: float = 1e-6, reasons: dict[float, str] | None = None
) -> Checker:
    """A checker for a number; `reasons` explains answers that come from a known mistake."""

    def check(answer: Any) -> str | None:
        if isinstance(answer, Tensor | np.ndarray):
            values = as_numbers(answer)
            truth = answer.dtype in (torch.bool, np.bool_)
            answer = values.item() if values.numel() == 1 and not truth else answer
        if isinstance(answer, tuple) and answer and all(type(part) is int for part in answer):
            raise CannotCheckError(
                f"A comma makes {answer} of it. Write thousands as 10_000 and a half as 0.5."
            )
        if not isinstance(answer, numbers.Real) or isinstance(answer, bool):
            raise CannotCheckError(f"One number is wanted; this is {kind_of(answer)}.")
        try:
            value = float(answer)
        except OverflowError as error:
            raise CannotCheckError("That number is too large to be the answer.") from error
        if not math.isfinite(value):
            return f"The result is {value}, not a number: is something divided by zero?"
        if abs(value - wanted) <= tolerance:
            return None
        for mistake, reason in (reasons or {}).items():
            # A wide tolerance for the answer must not take all small numbers for one mistake.
            if abs(value - mistake) <= min(tolerance, 0.01 * abs(mistake) + 1e-9):
                return reason
        return f"{value:g} is not it."

    return check


def choice(wanted: str, reasons: dict[str, str]) -> Checker:
    """A checker for one word out of several; `reasons` says why each other one is wrong."""

    def check(answer: Any) -> str | None:
        word = str(answer).strip().lower()
        if word == wanted:
            return None
        return reasons.get(word, f"Answer with one of: {', '.join(sorted([wanted, *reasons]))}.")

    return check


def tensor(
    wanted: Tensor | Callable[[], Tensor],
    tolerance: float = 1e-5,
    reasons: Sequence[tuple[Tensor | Callable[[], Tensor], str]] = (),
    draw: Draw | None = None,
) -> Checker:
    """A checker for an array of numbers.

    Args:
        wanted: the right answer, or a function that makes it when it is first needed.
        tolerance: largest difference allowed, absolute plus relative.
        reasons: what comes from a known mistake, and what to say then.
        draw: called as draw(answer, wanted) when the two have the same shape.
    """

    def check(answer: Any) -> str | None:
        value, target = as_numbers(answer), _made(wanted)
        mistaken = [why for mistake, why in reasons if _close(value, _made(mistake), tolerance)]
        if value.shape == target.shape and value.isfinite().all() and draw is not None:
            draw(value, target)
        if _close(value, target, tolerance):
            return None
        return mistaken[0] if mistaken else _difference(value, target, tolerance)

    return check


def function(
    reference: Callable,
    *cases: tuple,
    tolerance: float = 1e-5,
    reasons: Sequence[tuple[Callable, str]] = (),
    draw: Draw | None = None,
) -> Checker:
    """A checker for a function that returns a number or an array, tried on some inputs.

    Args:
        reference: does it right.
        cases: the arguments of one call each; the answer gets copies.
        tolerance: as `tensor`.
        reasons: functions that make a known mistake, and what to say then.
        draw: called as draw(answer, wanted) for the first case.
    """

    def check(answer: Any) -> str | None:
        if not callable(answer):
            raise CannotCheckError(
                "A function is wanted: pass its name, without brackets and arguments. "
                f"This is {kind_of(answer)}."
            )
        values = list(map(as_numbers, run(answer, *cases)))
        targets = [as_numbers(reference(*case)) for case in cases]
        if draw is not None and values[0].shape == targets[0].shape:
            draw(values[0], targets[0])
        wrong = [
            (case, value, target)
            for case, value, target in zip(cases, values, targets, strict=True)
            if not _close(value, target, tolerance)
        ]
        if not wrong:
            return None
        for mistaken, why in reasons:
            mistakes = [as_numbers(mistaken(*case)) for case in cases]
            if all(map(_close, values, mistakes, [tolerance] * len(cases))):
                return why
        case, value, target = wrong[0]
        return (
            f"Called with {', '.join(map(_brief, case))}: {_difference(value, target, tolerance)}"
        )

    return check


def run(function: Callable, *cases: tuple, seconds: float = PATIENCE) -> list:
    """What a learner's function returns for copies of these arguments, within some seconds.

    Args:
        function: the learner's.
        cases: the arguments of one call each.
        seconds: for all calls together.

    Raises:
        CannotCheckError: it raised, or didn't end; the message says where.
        NotAttemptedError: it returned the gap, or calculated with it.
    """
    # One copy a case: copied together, two cases that share a tensor would share its copy.
    cases, results, errors = [copy.deepcopy(case) for case in cases], [], []

    def call() -> None:
        try:
            results.extend(function(*case) for case in cases)
        except BaseException as error:  # sys.exit() too: it must not end the kernel
            errors.append(error)

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        stopped = _stop(thread)
        raise CannotCheckError(
            f"Your function had not ended after {seconds:g} seconds. "
            "Is there a loop that never ends?"
            + ("" if stopped else " It could not be stopped: restart the kernel.")
        )
    if any(isinstance(result, _Blank) for result in results):
        raise NotAttemptedError
    if errors:
        if isinstance(errors[0], NotAttemptedError):
            raise errors[0]
        raise CannotCheckError(_said(errors[0], function)) from errors[0]
    return results


def _stop(thread: threading.Thread, attempts: int = 20) -> bool:
    """End a loop in another thread; one that waits inside C, or catches everything, may go on."""
    for _ in range(attempts):
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit)
        )
        thread.join(0.05)
        if not thread.is_alive():
            return True
    return False


def _said(error: BaseException, function: Callable) -> str:
    where, trace = "", error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code is getattr(function, "__code__", None):
            where = f" in its line {trace.tb_lineno - function.__code__.co_firstlineno + 1}"
        trace = trace.tb_next
    if isinstance(error, TypeError) and not where:
        return f"Your function can't be called as the question says. Python says: {error}."
    return f"Your function raised {type(error).__name__}{where}. Python says: {error}."


def _made(wanted: Tensor | Callable[[], Tensor]) -> Tensor:
    return as_numbers(wanted() if callable(wanted) else wanted)


def as_numbers(answer: Any) -> Tensor:
    """The answer as float64 on the CPU."""
    if isinstance(answer, Tensor) and answer.device.type != "cpu":
        raise CannotCheckError(
            f"Your tensor is on the device '{answer.device}', and 'cpu' is wanted: add .cpu()."
        )
    if isinstance(answer, bool | str | None) or callable(answer):
        raise CannotCheckError(f"Numbers are wanted; this is {kind_of(answer)}.")
    if getattr(answer, "dtype", None) in (torch.float16, torch.bfloat16, np.float16):
        raise CannotCheckError("These numbers have only 16 bits: make them 32 by .float().")
    try:
        value = torch.as_tensor(answer).detach()
    except (TypeError, ValueError, RuntimeError) as error:
        raise CannotCheckError(
            f"A tensor is wanted, or numbers in rows of one length; this is {kind_of(answer)}."
        ) from error
    if value.is_complex():
        raise CannotCheckError("Real numbers are wanted; these are complex.")
    return value.double()


def _close(value: Tensor, target: Tensor, tolerance: float) -> bool:
    # A known mistake may give NaN; the right answer has none, so NaN is never taken for right.
    return value.shape == target.shape and torch.allclose(
        value, target, rtol=tolerance, atol=tolerance, equal_nan=True
    )


def _difference(value: Tensor, target: Tensor, tolerance: float) -> str:
    """How two arrays differ, in one or two sentences."""
    if value.shape != target.shape:
        return f"The shape is {tuple(value.shape)}, and {tuple(target.shape)} is wanted."
    if not value.isfinite().all():
        bad = int((~value.isfinite()).sum())
        return (
            f"{bad} of {value.numel()} numbers are NaN or infinite: "
            "is something divided by zero, or a logarithm taken of zero?"
        )
    if value.ndim == 0:
        return f"{value:g} is not it."
    off = (value - target).abs() / (1 + target.abs())
    index = tuple(int(i) for i in torch.unravel_index(off.argmax(), off.shape))
    return (
        f"{int((off > tolerance).sum())} of {value.numel()} numbers are off; the worst is at "
        f"{list(index)}: yours is {value[index]:.4g}, wanted is {target[index]:.4g}."
    )


def _brief(argument: Any) -> str:
    if isinstance(argument, Tensor) and argument.ndim:
        return f"a tensor of shape {tuple(argument.shape)}"
    return f"{float(argument):g}" if isinstance(argument, numbers.Real) else str(argument)
