"""Exercises: check an answer, ask for a hint, see a solution.

The answer is passed in the open, `exercise.check(answer)`; nothing is read from the notebook
behind the learner's back.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from facecourse.kit import progress

Kind = Literal["correct", "incorrect", "error", "not attempted"]
Checker = Callable[[Any], str | None]

_MARK = {"correct": "✔", "incorrect": "✘", "error": "⚠", "not attempted": "…"}
_COLOUR = {
    "correct": "#007a55",
    "incorrect": "#b34a00",
    "error": "#a3195b",
    "not attempted": "#5f6b7a",
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

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __neg__ = __getitem__ = _refuse
    __truediv__ = __rtruediv__ = __matmul__ = __rmatmul__ = __pow__ = __rpow__ = __call__ = _refuse
    __array_ufunc__ = _refuse
    __torch_function__ = classmethod(_refuse)


____ = _Blank()


@dataclass(frozen=True)
class Outcome:
    """What `check` found: one of four kinds, and what to tell the learner."""

    kind: Kind
    message: str

    def __repr__(self) -> str:
        return f"{_MARK[self.kind]} {self.kind}: {self.message}"

    def _repr_html_(self) -> str:
        return (
            f'<div role="status" style="border-left:4px solid {_COLOUR[self.kind]};'
            f'padding:.2em .8em"><b style="color:{_COLOUR[self.kind]}">{_MARK[self.kind]} '
            f"{self.kind}</b> {html.escape(self.message)}</div>"
        )


class Question:
    """What exercises and quizzes share: a checked answer, noted in the learner's progress.

    Attributes: name, unique in its lesson; prompt, the question; checker, which returns None for
    a right answer and else the reason why it is wrong; praise, for a right answer; lesson, "02",
    set by `collect`.
    """

    name: str
    prompt: str
    checker: Checker
    praise: str
    lesson: str

    def check(self, answer: Any) -> Outcome:
        """Is this answer right? Never raises: a fault in the answer is an outcome, too."""
        outcome = self._judge(answer)
        if self.lesson and outcome.kind != "not attempted":
            progress.note(self.lesson, self.name, solved=outcome.kind == "correct")
        return outcome

    def _judge(self, answer: Any) -> Outcome:
        try:
            parts = answer if isinstance(answer, list | tuple) else [answer]
            if any(isinstance(part, _Blank) for part in parts):
                raise NotAttemptedError
            reason = self.checker(answer)
        except NotAttemptedError:
            return Outcome("not attempted", f"Replace ____ in the cell above it. {self.prompt}")
        except CannotCheckError as error:
            return Outcome("error", str(error))
        except Exception as error:  # whatever the learner's answer does is for them to see
            return Outcome(
                "error",
                f"Your answer is of type {type(answer).__name__}; checking it failed with "
                f"{type(error).__name__}. Is it of the kind the question asks for?",
            )
        return Outcome("correct", self.praise) if reason is None else Outcome("incorrect", reason)


@dataclass
class Exercise(Question):
    """One task with everything that belongs to it.

    Args:
        name: unique in its lesson.
        prompt: the question, a sentence or two.
        starter: code with one `____` where the answer goes, as it stands in the lesson:
            `name = ____`, or a function that returns `____`.
        hints: from a nudge to nearly the answer.
        answer: the code that replaces the starter and defines the same name.
        checker: returns None for a right answer, else the reason why it is wrong.
        wrong: answers the checker must reject.
        context: makes the variables that `answer` takes from the lesson, for tests.
    """

    name: str
    prompt: str
    starter: str
    hints: tuple[str, ...]
    answer: str
    checker: Checker
    wrong: tuple[Any, ...]
    praise: str = "That is right."
    context: Callable[[], dict[str, Any]] = dict
    lesson: str = field(default="", repr=False)
    _shown: int = field(default=0, repr=False)

    @property
    def variable(self) -> str:
        """The name, of a variable or a function, that starter and answer define."""
        return re.match(r"(?:def )?(\w+)", self.starter)[1]

    def hint(self) -> None:
        """Print the next hint; after the last one, the last again."""
        self._shown = min(self._shown + 1, len(self.hints))
        print(f"Hint {self._shown} of {len(self.hints)}: {self.hints[self._shown - 1]}")

    def solution(self) -> None:
        """Print code that solves the exercise."""
        print(self.answer)


Asked = TypeVar("Asked", bound=Question)


def collect(lesson: str, *questions: Asked) -> tuple[Asked, ...]:
    """The questions of lesson "02" in their order; each now knows where it belongs.

    Raises:
        ValueError: two have one name, and would share their progress.
    """
    names = [question.name for question in questions]
    if len(set(names)) < len(names):
        raise ValueError(f"each question of lesson {lesson} needs a name of its own, got {names}")
    for question in questions:
        question.lesson = lesson
    return questions
