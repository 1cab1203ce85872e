"""Quizzes: a question with prepared answers, or one for a number, to be clicked or typed.

In JupyterLab a quiz is a widget that a keyboard alone can use. Where no front end draws widgets,
the same question stands there as text and is answered by `quiz.check("b")`.
"""

from __future__ import annotations

import html
import string
from collections.abc import Mapping
from itertools import chain, combinations
from typing import Any

import ipywidgets as widgets

from facecourse.kit import checkers
from facecourse.kit.exercise import CannotCheckError, Question

WIDE = {"width": "max-content", "max_width": "100%"}


class _Shown(Question):
    """How every quiz is shown; `_form` gives the widget to answer with and its reader."""

    def _form(self) -> tuple[widgets.Widget, Any]:
        raise NotImplementedError

    def _lines(self) -> list[str]:
        return []

    @property
    def how(self) -> str:
        """How to answer without widgets."""
        return f"Answer by lesson.{self.name}.check({self.example})"

    def widget(self) -> widgets.VBox:
        """The question, the answers, a button, and a place for the outcome."""
        form, read = self._form()
        button = widgets.Button(description="Check")
        feedback = widgets.HTML()
        feedback.add_class("quiz-feedback")

        def answer(_: object) -> None:
            feedback.value = self.check(read())._repr_html_()

        button.on_click(answer)
        question = widgets.HTML(f"<b>{html.escape(self.prompt)}</b>")
        box = widgets.VBox([question, form, button, feedback])
        box.add_class("quiz")
        return box

    def __repr__(self) -> str:
        return "\n".join([self.prompt, *self._lines(), self.how])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        lines = "".join(f"<br>{html.escape(line)}" for line in self._lines())
        page = f"<p><b>{html.escape(self.prompt)}</b>{lines}</p>"
        return self.widget()._repr_mimebundle_() | {"text/plain": repr(self), "text/html": page}


class Quiz(_Shown):
    """One or several right answers out of a list.

    Args:
        name: unique in its lesson, and the quiz's name in the lesson's module.
        question: a sentence.
        options: at least four answers, each with what to say to who picks it.
        right: the right one, or a tuple of all right ones.

    Raises:
        ValueError: a right answer that isn't an option, or fewer than four options.
    """

    example = '"b"'

    def __init__(
        self, name: str, question: str, options: Mapping[str, str], right: str | tuple[str, ...]
    ) -> None:
        self.name, self.options, self.lesson = name, dict(options), ""
        self.several = not isinstance(right, str)
        self.right = frozenset(right if self.several else [right])
        if len(options) < 4 or not self.right <= options.keys():
            raise ValueError(
                f"quiz {name!r} needs four options or more with the right ones among them, "
                f"got {list(options)} and {sorted(self.right)}"
            )
        if self.several:
            question, self.example = f"{question} (Several may be right.)", '"a, b"'
        self.prompt, self.checker = question, self._checker
        self.praise = " ".join(options[option] for option in options if option in self.right)

    @property
    def wrong(self) -> tuple[tuple[str, ...], ...]:
        """Every wrong choice."""
        most = len(self.options) if self.several else 1
        sizes = range(1, most + 1)
        choices = chain.from_iterable(combinations(self.options, size) for size in sizes)
        return tuple(choice for choice in choices if set(choice) != self.right)

    def _checker(self, answer: Any) -> str | None:
        chosen = self._chosen(answer)
        if chosen == self.right:
            return None
        mistakes = [why for text, why in self.options.items() if text in chosen - self.right]
        if mistakes:
            return " ".join(mistakes)
        return "What you chose is right, but it is not all."

    def _chosen(self, answer: Any) -> frozenset[str]:
        """The options that an answer names by letter or by text."""
        letters = dict(zip(string.ascii_lowercase, self.options, strict=False))
        if isinstance(answer, str) and answer not in self.options:
            answer = [part for part in answer.lower().replace(",", " ").split() if part != "and"]
        parts = [answer] if isinstance(answer, str) else list(answer or ())
        chosen = frozenset(letters.get(part, part) for part in parts)
        if not chosen or not chosen <= self.options.keys():
            raise CannotCheckError(f"Choose from the letters a to {list(letters)[-1]}.")
        if len(chosen) > 1 and not self.several:
            raise CannotCheckError("Only one answer is right: choose one.")
        return chosen

    def _lines(self) -> list[str]:
        return [
            f"{letter}) {option}"
            for letter, option in zip(string.ascii_lowercase, self.options, strict=False)
        ]

    def _form(self) -> tuple[widgets.Widget, Any]:
        if not self.several:
            radio = widgets.RadioButtons(options=list(self.options), value=None, layout=WIDE)
            return radio, lambda: radio.value
        boxes = [
            widgets.Checkbox(description=option, indent=False, layout=WIDE)
            for option in self.options
        ]
        return widgets.VBox(boxes), lambda: [box.description for box in boxes if box.value]


class NumberQuiz(_Shown):
    """A number to be typed.

    Args:
        name: unique in its lesson, and the quiz's name in the lesson's module.
        question: a sentence.
        wanted: the right number.
        tolerance: how far off may be called right.
        unit: shown behind the field.
        reasons: what to say to numbers that come from a known mistake, at least three.
        praise: what to say to the right one.
    """

    def __init__(
        self,
        name: str,
        question: str,
        wanted: float,
        tolerance: float,
        unit: str = "",
        reasons: Mapping[float, str] | None = None,
        praise: str = "That is right.",
    ) -> None:
        self.name, self.prompt, self.praise, self.lesson = name, question, praise, ""
        self.unit, self.example = unit, "12.5"
        self.right, self.wrong = wanted, tuple(reasons or ())
        self._number = checkers.number(wanted, tolerance, dict(reasons or {}))
        self.checker = self._checker

    def _checker(self, answer: Any) -> str | None:
        if isinstance(answer, str):
            try:
                answer = float(answer.replace(" ", ""))
            except ValueError as error:
                raise CannotCheckError(
                    f"A number such as {self.example} is wanted, with a point and without a unit; "
                    f"this is {answer!r}."
                ) from error
        return self._number(answer)

    def _form(self) -> tuple[widgets.Widget, Any]:
        field = widgets.Text(placeholder="a number", continuous_update=False)
        return widgets.HBox([field, widgets.Label(self.unit)]), lambda: field.value
