"""Quizzes: a question with prepared answers, or one for a number, to be clicked or typed.

In JupyterLab a quiz is a widget that a keyboard alone can use. Where no front end draws widgets, or
the kernel that drew this one is gone, the same question stands there as a page or as text, and is
answered by `quiz.check("b")`.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from itertools import chain, combinations
from typing import Any

import ipywidgets as widgets
from IPython.display import display

from facecourse.kit import checkers, progress
from facecourse.kit.exercise import CannotCheckError, Checker, Outcome, Question
from facecourse.kit.words import to_html, to_plain

SOLVED = Outcome("correct", "You have solved this one before.")
WIDE = {"width": "max-content", "max_width": "100%"}


class _Shown(Question):
    """How every quiz is shown; `_form` gives the widget to answer with and its reader."""

    def _form(self) -> tuple[widgets.Widget, Any]:
        raise NotImplementedError

    def _lines(self) -> list[str]:
        return []

    def widget(self) -> widgets.VBox:
        """The question, the answers, a button, and a place for the outcome."""
        form, read = self._form()
        button = widgets.Button(description="Check")
        feedback = widgets.HTML(SOLVED._repr_html_() if self.solved else "")
        feedback.add_class("quiz-feedback")

        def answer(_: object) -> None:
            feedback.value = self.check(read())._repr_html_()

        button.on_click(answer)
        hidden = f"<style>.{self._still_class}{{display: none}}</style>"
        question = widgets.HTML(f"{hidden}<b>{to_html(self.prompt)}</b>")
        box = widgets.VBox([question, form, button, feedback])
        box.add_class("quiz")
        return box

    @property
    def solved(self) -> bool:
        """Does the learner's progress know a right answer?"""
        return bool(self.lesson) and progress.read(self.lesson).get(self.name, False)

    @property
    def _still_class(self) -> str:
        return f"quiz-still-{self.lesson}-{self.name}"

    def __repr__(self) -> str:
        how = f"Answer by exercises.{self.name}.check({self.example})"
        return to_plain("\n".join([self.prompt, *self._lines(), how]))

    def _repr_html_(self) -> str:
        """The question to read where nothing can be clicked; a widget that is alive hides it."""
        lines = "<br>".join([f"<b>{to_html(self.prompt)}</b>", *map(to_html, self._lines())])
        how = "Run this cell to answer." + (SOLVED._repr_html_() if self.solved else "")
        return f'<div class="{self._still_class}">{lines}<br>{how}</div>'

    def _ipython_display_(self) -> None:
        # Two outputs: when the kernel is gone JupyterLab shows an error in place of the widget, and
        # whatever stands in the same output with it is not shown.
        display({"text/plain": repr(self), "text/html": self._repr_html_()}, raw=True)
        display(self.widget()._repr_mimebundle_() | {"text/plain": ""}, raw=True)


class Quiz(_Shown):
    """One or several right answers out of a list.

    `options` are at least four answers, each with what to say to who picks it; `right` is the
    letter of the right one, "b", or of all right ones, "a, c".

    Raises:
        ValueError: a letter that no option has, or fewer than four options.
    """

    def __init__(self, question: str, options: Mapping[str, str], right: str) -> None:
        self.options, self.name, self.lesson = dict(options), "", ""
        self.several = "," in right
        self.letters = dict(zip(string.ascii_lowercase, options, strict=False))
        chosen = right.split(", ")
        if len(options) < 4 or not self.letters.keys() >= set(chosen):
            raise ValueError(
                f"a quiz needs four options or more, with the right ones among them, "
                f"got {list(options)} and {right!r}"
            )
        self.right = frozenset(self.letters[letter] for letter in chosen)
        self.example = '"a, b"' if self.several else '"b"'
        self.prompt = f"{question} (Several may be right.)" if self.several else question
        self.checker = Checker(self._judge_choice, self._wrong_choices())
        self.praise = " ".join(options[option] for option in options if option in self.right)

    def _wrong_choices(self) -> tuple[tuple[str, ...], ...]:
        most = len(self.options) if self.several else 1
        sizes = range(1, most + 1)
        choices = chain.from_iterable(combinations(self.options, size) for size in sizes)
        return tuple(choice for choice in choices if set(choice) != self.right)

    def _judge_choice(self, answer: Any) -> str | None:
        chosen = self._find_options(answer)
        if chosen == self.right:
            return None
        mistakes = [why for text, why in self.options.items() if text in chosen - self.right]
        return " ".join(mistakes) or "What you chose is right, but it is not all."

    def _find_options(self, answer: Any) -> frozenset[str]:
        """The options that an answer names by letter or by text."""
        if isinstance(answer, str) and answer not in self.options:
            answer = [part for part in answer.lower().replace(",", " ").split() if part != "and"]
        parts = answer if isinstance(answer, list | tuple | frozenset) else [answer]
        chosen = frozenset(self.letters.get(part, part) for part in parts)
        if not chosen or not chosen <= self.options.keys():
            raise CannotCheckError(f"Choose from the letters a to {list(self.letters)[-1]}.")
        if len(chosen) > 1 and not self.several:
            raise CannotCheckError("Only one answer is right: choose one.")
        return chosen

    def _lines(self) -> list[str]:
        return [f"{letter}) {option}" for letter, option in self.letters.items()]

    def _form(self) -> tuple[widgets.Widget, Any]:
        if not self.several:
            radio = widgets.RadioButtons(options=list(self.options), value=None, layout=WIDE)
            return radio, lambda: radio.value
        look = {"indent": False, "layout": WIDE}
        boxes = [widgets.Checkbox(description=option, **look) for option in self.options]
        return widgets.VBox(boxes), lambda: [box.description for box in boxes if box.value]


class NumberQuiz(_Shown):
    """A number to be typed, right if it is no farther off than `tolerance`.

    `unit` is shown behind the field; `reasons` say what to say to numbers that come from a known
    mistake, at least three, and `praise` what to say to the right one.
    """

    def __init__(
        self,
        question: str,
        wanted: float,
        tolerance: float,
        unit: str = "",
        reasons: Mapping[float, str] | None = None,
        praise: str = "That is right.",
    ) -> None:
        self.prompt, self.praise, self.name, self.lesson = question, praise, "", ""
        self.unit, self.right, self.example = unit, wanted, "12.5"
        self._number = checkers.number(wanted, tolerance, dict(reasons or {}))
        self.checker = Checker(self._judge_text, self._number.mistakes)

    def _judge_text(self, answer: Any) -> str | None:
        if not isinstance(answer, str):
            return self._number(answer)
        text = "".join(answer.split())
        for unit in (self.unit, "%", "percent"):
            text = text.removesuffix(unit)
        # Whether a comma is a point or parts thousands, only the one who typed it knows.
        readings = [text.replace(",", "."), text.replace(",", "")][text.count(",") > 1 :]
        try:
            said = [self._number(float(reading)) for reading in readings]
        except ValueError as error:
            wanted = f"A number such as {self.example} is wanted"
            raise CannotCheckError(f"{wanted}; this is {answer!r}.") from error
        return None if None in said else said[0]

    def _form(self) -> tuple[widgets.Widget, Any]:
        field = widgets.Text(placeholder="a number", continuous_update=False)
        return widgets.HBox([field, widgets.Label(self.unit)]), lambda: field.value
