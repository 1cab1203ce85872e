"""Exercises: check an answer, ask for a hint, see a solution.

The answer is passed in the open, `exercise.check(answer)`; nothing is read from the notebook
behind the learner's back.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import torch

from facecourse.kit import progress
from facecourse.kit.words import to_html, to_plain
from facelib import data, measure

Kind = Literal["correct", "incorrect", "error", "not attempted", "answered"]

MODULES = {"data": data, "math": math, "measure": measure, "torch": torch, "nn": torch.nn}

# A mark before the words and the colour of the bar beside them, 3 : 1 on white and on black. No
# colour of words is 4.5 : 1 on both, so these have the page's own.
_LOOK = {
    "correct": ("✔", "#00875f"),
    "incorrect": ("✘", "#c75300"),
    "error": ("⚠", "#c2367a"),
    "not attempted": ("…", "#6b7a8c"),
    "answered": ("✎", "#6b7a8c"),
}


class CannotCheckError(Exception):
    """An answer that can't be compared with the right one; the message is for the learner."""


class NotAttemptedError(Exception):
    """There is still a gap in the answer, inside a function for example."""


class _Blank:
    """The gap in a starter, `____`, that the learner replaces. It can't be calculated with."""

    def __repr__(self) -> str:
        return "____"

    def _refuse(self, *_: object, **__: object) -> None:
        raise NotAttemptedError("there is still a gap, ____, in this calculation")

    def __getattr__(self, name: str) -> None:
        if name.startswith("_"):  # Python, NumPy and IPython ask for these
            raise AttributeError(name)
        self._refuse()

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __neg__ = __getitem__ = _refuse
    __truediv__ = __rtruediv__ = __matmul__ = __rmatmul__ = __pow__ = __rpow__ = __call__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __abs__ = __invert__ = __and__ = __rand__ = _refuse
    __bool__ = __float__ = __int__ = __index__ = __len__ = _refuse
    __array_ufunc__ = _refuse
    __torch_function__ = classmethod(_refuse)


____ = _Blank()


def defined(code: str) -> str:
    """The name that some code of a lesson defines last."""
    return re.findall(r"^(?:def )?(\w+)(?=\(| = )", code, re.MULTILINE)[-1]


def define(code: str, **context: Any) -> Any:
    """What some code of a lesson defines last, a function or a value; it may use what `context`
    holds and the modules of `MODULES`."""
    names = {"____": ____, **MODULES, **context}
    exec(code, names)
    return names[defined(code)]


@dataclass(frozen=True)
class Outcome:
    """What `check` found, and what to tell the learner. Only a class, where answers are judged
    after they are handed in, meets "answered"."""

    kind: Kind
    message: str

    def __repr__(self) -> str:
        return to_plain(f"{_LOOK[self.kind][0]} {self.kind}: {self.message}").removeprefix("? ")

    def _repr_html_(self) -> str:
        mark, colour = _LOOK[self.kind]
        style = f"border-left:6px solid {colour};padding:.2em .8em"
        words = f"<b>{mark} {self.kind}</b> {to_html(self.message)}"
        return f'<div role="status" style="{style}">{words}</div>'


@dataclass(frozen=True)
class Checker:
    """What judges an answer.

    Attributes:
        judge: returns None for a right answer, else the reason why it is wrong.
        mistakes: the wrong answers that it knows a reason for.
        know: makes a checker that knows more of them: pairs of a wrong answer and the reason.
    """

    judge: Callable[[Any], str | None]
    mistakes: tuple[Any, ...] = ()
    know: Callable[[Iterable[tuple[Any, str]]], Checker] | None = None

    def __call__(self, answer: Any) -> str | None:
        return self.judge(answer)


@dataclass
class Exercise:
    """One task with everything that belongs to it.

    Args:
        prompt: the question, a sentence or two.
        starter: code with one `____` where the answer goes, as it stands in the lesson:
            `name = ____`, or a function that returns `____`.
        hints: from a nudge to nearly the answer.
        answer: the code that replaces the starter and defines the same name.
        checker: judges the answer, and knows mistakes. The edition for a class has neither this nor
            an answer (facecourse.classroom.edition).
        also_wrong: answers that the checker must reject, too.
        context: the variables that `answer` takes from the lesson, its modules apart.
        slips: wrong answers that are `answer` but for one piece of its code, "piece -> other", each
            with what to say to it, unless the checker knows that by itself.
        praise: what to say to a right answer.
        points: what it is worth in a class; ten a lesson.
        name, lesson: `collect` sets them.
    """

    prompt: str
    starter: str
    hints: tuple[str, ...]
    answer: str = ""
    checker: Checker | None = None
    also_wrong: tuple[Any, ...] = ()
    praise: str = "That is right."
    context: Mapping[str, Any] = field(default_factory=dict, repr=False)
    slips: Mapping[str, str] | Sequence[str] = ()
    points: int = 2
    name: str = ""
    lesson: str = field(default="", repr=False)
    _shown: int = field(default=0, repr=False)

    def __post_init__(self) -> None:
        if self.checker is None:
            return
        wrong = tuple(map(self._slip, self.slips))
        if isinstance(self.slips, Mapping):
            self.checker = self.checker.know(zip(wrong, self.slips.values(), strict=True))
        else:
            self.checker = replace(self.checker, mistakes=self.checker.mistakes + wrong)

    def _slip(self, change: str) -> Any:
        piece, arrow, other = change.partition(" -> ")
        if not arrow or self.answer.count(piece) != 1:
            raise ValueError(f"want a piece that the answer has once -> another, got {change!r}")
        return define(self.answer.replace(piece, other), **self.context)

    @property
    def wrong(self) -> tuple[Any, ...]:
        """The known mistakes, and what is wrong besides."""
        return (*self.checker.mistakes, *self.also_wrong)

    def check(self, answer: Any) -> Outcome:
        """Is this answer right? Never raises: a fault in the answer is an outcome, too."""
        outcome = self._judge(answer)
        if self.lesson and outcome.kind not in ("not attempted", "answered"):
            try:
                progress.note(self.lesson, self.name, solved=outcome.kind == "correct")
            except OSError as error:
                lost = f"{outcome.message} (Your progress was not saved: {error}.)"
                return replace(outcome, message=lost)
        return outcome

    def _judge(self, answer: Any) -> Outcome:
        try:
            parts = answer if isinstance(answer, list | tuple) else [answer]
            if any(isinstance(part, _Blank) for part in parts):
                raise NotAttemptedError
            if self.checker is None:
                return Outcome("answered", "It will be judged when you have handed it in.")
            reason = self.checker(answer)
        except NotAttemptedError:
            return Outcome("not attempted", f"Replace ____ with your answer. {self.prompt}")
        except CannotCheckError as error:
            return Outcome("error", str(error))
        except KeyboardInterrupt:
            return Outcome("error", "You stopped the check before it came to an end.")
        except BaseException as error:  # whatever the learner's answer does is for them to see
            return Outcome(
                "error",
                f"Your answer is of type {type(answer).__name__}; checking it failed with "
                f"{type(error).__name__}. Is it of the kind the question asks for?",
            )
        return Outcome("correct", self.praise) if reason is None else Outcome("incorrect", reason)

    def hint(self) -> None:
        """Print the next hint; after the last one, the last again."""
        self._shown = min(self._shown + 1, len(self.hints))
        place = f"Hint {self._shown} of {len(self.hints)}"
        print(to_plain(f"{place}: {self.hints[self._shown - 1]}"))

    def solution(self) -> None:
        """Print code that solves the exercise."""
        print(self.answer or "In a class, your teacher has the solution.")


def collect(lesson: str, names: Mapping[str, Any]) -> tuple[Exercise, ...]:
    """The exercises of lesson "02", each of which now knows its lesson and its name.

    Args:
        lesson: its number.
        names: of a module, `globals()`; an exercise is named as its variable.
    """
    exercises = {name: value for name, value in names.items() if isinstance(value, Exercise)}
    for name, exercise in exercises.items():
        exercise.name, exercise.lesson = name, lesson
    return tuple(exercises.values())
