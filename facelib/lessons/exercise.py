"""Exercises: check an answer, ask for a hint, see a solution.

The answer is passed in the open, `exercise.check(answer)`; nothing is read from the notebook
behind the learner's back.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["correct", "incorrect", "error", "not attempted"]
_MARK = {"correct": "✔", "incorrect": "✘", "error": "⚠", "not attempted": "…"}
_COLOUR = {
    "correct": "#007a55",
    "incorrect": "#b34a00",
    "error": "#a3195b",
    "not attempted": "#5f6b7a",
}


class _Blank:
    """The gap in a starter, `____`, that the learner replaces."""

    def __repr__(self) -> str:
        return "____"


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
            f'<div style="border-left:4px solid {_COLOUR[self.kind]};padding:.2em .8em">'
            f'<b style="color:{_COLOUR[self.kind]}">{_MARK[self.kind]} {self.kind}</b> '
            f"{html.escape(self.message)}</div>"
        )


@dataclass
class Exercise:
    """One question with everything that belongs to it.

    Args:
        name: unique in its lesson.
        prompt: the question, a sentence or two.
        starter: code with `____` where the answer goes, as it stands in the lesson.
        hints: from a nudge to nearly the answer.
        answer: the code that replaces the starter.
        checker: returns None for a right answer, else the reason why it is wrong.
        wrong: answers the checker must reject.
        context: makes the variables that `answer` takes from the lesson, for tests.
    """

    name: str
    prompt: str
    starter: str
    hints: tuple[str, ...]
    answer: str
    checker: Callable[[Any], str | None]
    wrong: tuple[Any, ...]
    praise: str = "That is right."
    context: Callable[[], dict[str, Any]] = dict
    _shown: int = field(default=0, repr=False)

    def check(self, answer: Any) -> Outcome:
        """Is this answer right? Never raises: a fault in the answer is an outcome, too."""
        if isinstance(answer, _Blank):
            return Outcome("not attempted", f"Replace ____ in the cell above it. {self.prompt}")
        try:
            reason = self.checker(answer)
        except Exception as error:  # whatever the learner's answer does is for them to see
            return Outcome(
                "error",
                f"Your answer is of type {type(answer).__name__}; checking it failed with "
                f"{type(error).__name__}. Is it of the kind the question asks for?",
            )
        return Outcome("correct", self.praise) if reason is None else Outcome("incorrect", reason)

    def hint(self) -> None:
        """Print the next hint; after the last one, the last again."""
        self._shown = min(self._shown + 1, len(self.hints))
        print(f"Hint {self._shown} of {len(self.hints)}: {self.hints[self._shown - 1]}")

    def solution(self) -> None:
        """Print code that solves the exercise."""
        print(self.answer)


def number(
    wanted: float, tolerance: float = 1e-6, reasons: dict[float, str] | None = None
) -> Callable[[Any], str | None]:
    """A checker for a number; `reasons` explains answers that come from a known mistake."""

    def check(answer: Any) -> str | None:
        value = float(answer)
        if abs(value - wanted) <= tolerance:
            return None
        for mistake, reason in (reasons or {}).items():
            if abs(value - mistake) <= tolerance:
                return reason
        return f"{value:g} is not it."

    return check


def choice(wanted: str, reasons: dict[str, str]) -> Callable[[Any], str | None]:
    """A checker for one word out of several; `reasons` says why each other one is wrong."""

    def check(answer: Any) -> str | None:
        word = str(answer).strip().lower()
        if word == wanted:
            return None
        return reasons.get(word, f"Answer with one of: {', '.join(sorted([wanted, *reasons]))}.")

    return check
