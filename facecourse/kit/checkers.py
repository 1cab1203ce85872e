"""Checkers of answers (a number, a word, an array, a function) that speak a beginner's words.

A right answer is right in every form that Python, NumPy and PyTorch give it. Shapes are looked at
before anything is converted, and nothing that belongs to the answer or to the question is changed.
"""

import copy
import math
import numbers
import os
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import partial
from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from facecourse.kit.exercise import CannotCheckError, Checker, NotAttemptedError, _Blank

Draw = Callable[[Tensor, Tensor], object]
_ROWS = "A tensor is wanted, or numbers in rows of one length"


def kind_of(answer: Any) -> str:
    """What an answer is, as one would say it to a beginner."""
    if answer is None:
        return "nothing (None), as from a function that lacks its `return`"
    if isinstance(answer, bool | np.bool_):
        return f"{answer}, a truth value"
    if isinstance(answer, str):
        return f"text, {answer[:40]!r}: leave out the quotes"
    if isinstance(answer, Tensor | np.ndarray):
        return f"a {type(answer).__name__} of shape {tuple(answer.shape)}"
    if isinstance(answer, FunctionType | BuiltinFunctionType):
        return "a function: call it, and pass what it returns"
    return f"a {type(answer).__name__}"


def draw_normal(*shape: int, seed: int) -> Tensor:
    """Standard normal numbers to try an answer on, the same at every call. Graded answers are tried
    on other ones for each student, whose seed is in the environment then."""
    seed += int(os.environ.get("FACELIB_GRADING_SEED", 0))
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def number(
    wanted: float, tolerance: float = 1e-6, reasons: dict[float, str] | None = None
) -> Checker:
    """A checker for a number; `reasons` explains answers that come from a known mistake."""
    reasons = reasons or {}

    def judge(answer: Any) -> str | None:
        if isinstance(answer, tuple) and answer and all(type(part) is int for part in answer):
            raise CannotCheckError(
                f"A comma makes {answer} of it. Write thousands as 10_000 and a half as 0.5."
            )
        if math.prod(getattr(answer, "shape", (0,))) == 1 and not _is_truth(answer):
            answer = as_numbers(answer).item()
        if not isinstance(answer, numbers.Real | Decimal) or isinstance(answer, bool):
            raise CannotCheckError(f"One number is wanted; this is {kind_of(answer)}.")
        try:
            value = float(answer)
        except OverflowError as error:
            raise CannotCheckError("That number is too large to be the answer.") from error
        if not math.isfinite(value):
            return f"The result is {value}, not a number: is something divided by zero?"
        if abs(value - wanted) <= tolerance:
            return None
        for mistake, reason in reasons.items():
            # A wide tolerance for the answer must not take all small numbers for one mistake.
            if abs(value - mistake) <= min(tolerance, 0.01 * abs(mistake) + 1e-9):
                return reason
        return f"{value:g} is not it."

    return Checker(judge, tuple(reasons))


def choice(wanted: str, reasons: dict[str, str]) -> Checker:
    """A checker for one word out of several; `reasons` says why each other one is wrong."""

    def judge(answer: Any) -> str | None:
        if not isinstance(answer, str):
            raise CannotCheckError(f"A word in quotes is wanted; this is {kind_of(answer)}.")
        word = answer.strip().lower()
        if word == wanted:
            return None
        return reasons.get(word, f"Answer with one of: {', '.join(sorted([wanted, *reasons]))}.")

    return Checker(judge, tuple(reasons))


def tensor(
    wanted: Tensor, tolerance: float = 1e-5, reasons: Sequence[tuple[Tensor, str]] = ()
) -> Checker:
    """A checker for an array of numbers.

    `tolerance` is the largest difference allowed, absolute plus relative; `reasons` are arrays that
    come from a known mistake, and what to say then.
    """
    targets = [as_numbers(wanted)]
    known = [([as_numbers(mistake)], why) for mistake, why in reasons]
    mistakes = tuple(mistake.clone() for mistake, _ in reasons)
    return Checker(lambda answer: _compare([answer], targets, known, tolerance, None), mistakes)


def function(
    reference: Callable, *cases: tuple, tolerance: float = 1e-5, draw: Draw | None = None
) -> Checker:
    """A checker for a function that returns a number or an array, tried on some inputs.

    `reference` does it right. A case holds the arguments of one call, of which the answer gets
    copies; `tolerance` is as in `tensor`. `draw(answer, wanted)` is called with what the first case
    gives if the two have the same shape. Mistakes are an exercise's `slips`.
    """

    def results(of: Callable) -> list[Tensor]:
        return [as_numbers(of(*copy.deepcopy(case))) for case in cases]

    def know(reasons: Iterable[tuple[Callable, str]]) -> Checker:
        reasons = tuple(reasons)

        def judge(answer: Any) -> str | None:
            answers, known = run(answer, *cases), ((results(of), why) for of, why in reasons)
            called = [f"Called with {', '.join(map(_brief, case))}: " for case in cases]
            return _compare(answers, results(reference), known, tolerance, draw, called)

        return Checker(judge, tuple(mistake for mistake, _ in reasons), know)

    return know(())


def run(function: Callable, *cases: tuple) -> list:
    """What a learner's function returns for copies of these arguments, a call each; raises as
    `run_on` does."""
    # One copy a case: copied together, two cases that share a tensor would share its copy.
    return [run_on(function, *copy.deepcopy(case)) for case in cases]


def run_on(function: Callable, *arguments: Any) -> Any:
    """What a learner's function returns for these very arguments.

    Raises:
        CannotCheckError: it is no function; or it raised, or the learner stopped it, and the
            message says where.
        NotAttemptedError: it calculated with the gap, or returned it.
    """
    if not callable(function):
        wanted = "A function is wanted: pass its name, without brackets and arguments."
        raise CannotCheckError(f"{wanted} This is {kind_of(function)}.")
    dtype = torch.get_default_dtype()
    try:
        returned = function(*arguments)
    except NotAttemptedError:
        raise
    except BaseException as error:  # sys.exit() too: it must not end the kernel
        raise CannotCheckError(_explain(error, function)) from error
    finally:
        torch.set_default_dtype(dtype)
    if isinstance(returned, _Blank):
        raise NotAttemptedError
    return returned


def build(function: Callable, *arguments: Any) -> nn.Module:
    """The network that a learner's function returns for these very arguments; raises as `run_on`
    does, and where it is none."""
    network = run_on(function, *arguments)
    if not isinstance(network, nn.Module):
        wanted = "Return the network, an nn.Module"
        raise CannotCheckError(f"{wanted}; this is {kind_of(network)}.")
    return network


def _explain(error: BaseException, function: Callable) -> str:
    where, trace = "", error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code is getattr(function, "__code__", None):
            where = f" in its line {trace.tb_lineno - function.__code__.co_firstlineno + 1}"
        trace = trace.tb_next
    if isinstance(error, KeyboardInterrupt):
        return f"You stopped your function{where}. Is there a loop that never ends?"
    if isinstance(error, TypeError) and not where:
        return f"Your function can't be called as the question says. Python says: {error}."
    return f"Your function raised {type(error).__name__}{where}. Python says: {error}."


def find_shape(answer: Any) -> tuple[int, ...]:
    """The shape of numbers in any form, found without converting or counting them.

    Raises:
        CannotCheckError: they aren't numbers.
        NotAttemptedError: there is a gap among them.
    """
    if isinstance(answer, _Blank):
        raise NotAttemptedError
    if answer is None or isinstance(answer, str | bytes) or callable(answer):
        raise CannotCheckError(f"Numbers are wanted; this is {kind_of(answer)}.")
    if isinstance(answer, Sequence):
        return (len(answer), *(find_shape(answer[0]) if len(answer) else ()))
    if isinstance(answer, numbers.Number):
        return ()
    if not hasattr(answer, "shape"):
        raise CannotCheckError(f"{_ROWS}; this is {kind_of(answer)}.")
    return tuple(answer.shape)


def as_numbers(answer: Any) -> Tensor:
    """Numbers in any form (a tensor, an array, rows of these) as a new float64 tensor on the CPU.

    Raises:
        CannotCheckError: they aren't numbers, or can't be compared with others.
        NotAttemptedError: there is a gap among them.
    """
    try:
        return torch.from_numpy(np.array(_as_arrays(answer), dtype=np.float64))
    except (TypeError, ValueError, RuntimeError) as error:
        raise CannotCheckError(f"{_ROWS}; this is {kind_of(answer)}.") from error


def _as_arrays(part: Any) -> Any:
    """The answer with NumPy's arrays in place of PyTorch's, which NumPy itself wouldn't join."""
    find_shape(part)
    if isinstance(part, Sequence):
        return [_as_arrays(part[place]) for place in range(len(part))]
    if isinstance(part, Tensor) and part.device.type != "cpu":
        raise CannotCheckError(
            f"Your tensor is on the device '{part.device}', and 'cpu' is wanted: add .cpu()."
        )
    if getattr(part, "dtype", None) in (torch.float16, torch.bfloat16, np.float16):
        raise CannotCheckError("These numbers have only 16 bits: make them 32 by .float().")
    if part.is_complex() if isinstance(part, Tensor) else np.iscomplexobj(part):
        raise CannotCheckError("Real numbers are wanted; these are complex.")
    if isinstance(part, np.ndarray) and part.dtype.kind not in "biuf":
        return _as_arrays(part.tolist())  # objects may be numbers, text is none
    return part.detach().numpy() if isinstance(part, Tensor) else part


def _is_truth(answer: Any) -> bool:
    """Is it one truth value, in Python's form, NumPy's or PyTorch's?"""
    if isinstance(answer, bool | np.bool_):
        return True
    arrays = isinstance(answer, Tensor | np.ndarray)
    return arrays and math.prod(answer.shape) == 1 and answer.dtype in (torch.bool, np.bool_)


def _compare(
    answers: list,
    targets: list[Tensor],
    mistakes: Iterable[tuple[list[Tensor], str]],
    tolerance: float,
    draw: Draw | None,
    places: Sequence[str] = ("",),
) -> str | None:
    """Why these arrays, one a case, aren't the wanted ones; None if they are.

    `places` come before the words about a difference in each case; the rest is as in `function`.
    """
    for answer in answers:
        if isinstance(answer, bool | np.bool_):
            raise CannotCheckError(f"Numbers are wanted; this is {kind_of(answer)}.")
    shapes = [find_shape(answer) for answer in answers]
    # A known mistake may give NaN; the right answer has none, so NaN is never taken for right.
    is_close = partial(torch.allclose, rtol=tolerance, atol=tolerance, equal_nan=True)

    def are(arrays: list[Tensor]) -> bool:
        if shapes != [tuple(array.shape) for array in arrays]:
            return False
        return all(map(is_close, [as_numbers(answer) for answer in answers], arrays))

    alike = shapes == [tuple(target.shape) for target in targets]
    if draw is not None and alike and (first := as_numbers(answers[0])).isfinite().all():
        draw(first, targets[0].clone())
    if are(targets):
        return None
    if why := next((why for arrays, why in mistakes if are(arrays)), ""):
        return why
    for place, answer, shape, target in zip(places, answers, shapes, targets, strict=True):
        if shape != tuple(target.shape):
            return f"{place}The shape is {shape}, and {tuple(target.shape)} is wanted."
        value = as_numbers(answer)
        if not is_close(value, target):
            return place + _tell_difference(value, target, tolerance)
    return None


def _tell_difference(value: Tensor, target: Tensor, tolerance: float) -> str:
    """How two arrays of one shape differ, in one or two sentences."""
    if not value.isfinite().all():
        bad = int((~value.isfinite()).sum())
        why = "is something divided by zero, or a logarithm taken of zero?"
        return f"{bad} of {value.numel()} numbers are NaN or infinite: {why}"
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
    if callable(argument) and not isinstance(argument, nn.Module):
        return "a function"
    return f"{float(argument):g}" if isinstance(argument, numbers.Real) else str(argument)
