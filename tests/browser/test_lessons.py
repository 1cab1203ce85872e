"""Every lesson as a learner meets it: in JupyterLab, in a browser, by keyboard."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from facecourse.kit import Exercise, load_lesson
from facecourse.learn import read_source
from notebooks.build import sources
from tests.browser.driver import Lesson

pytestmark = pytest.mark.browser


# Every lesson runs and takes an answer every time. To move its controls, the first one and the one
# with most sliders stand for all; the others take their turn at night.
MOVED_EVERY_TIME = ("00", "05")


def each_lesson(*now: str) -> pytest.MarkDecorator:
    """A test of every lesson, at night if its number is not among those named, if any are."""
    lessons = [
        pytest.param(
            source,
            id=source.stem,
            marks=[] if source.name[:2] in now or not now else pytest.mark.nightly,
        )
        for source in sources()
    ]
    return pytest.mark.parametrize("source", lessons, indirect=True, scope="module")


@pytest.fixture(scope="module")
def source(request) -> Path:
    return request.param


@pytest.fixture(scope="module")
def lesson(source, open_lesson, tmp_path_factory) -> Iterator[Lesson]:
    """A lesson all of whose cells have run; what the tests leave of it is photographed."""
    lesson = open_lesson(read_source(source), source.stem)
    lesson.run_all()
    yield lesson
    folder = Path(os.environ.get("FACELIB_SCREENSHOTS") or tmp_path_factory.mktemp("screenshots"))
    lesson.screenshot(folder / f"{source.stem}.png")


def answers(declared: tuple[Exercise, ...]) -> tuple[str, dict[str, str]]:
    """A starter and both answers' outcomes: of the first exercise of one line whose wrong answer is
    a literal, else of the first, where None stands for an answer of the wrong kind."""
    for exercise in declared:
        wrong = exercise.wrong[0]
        if isinstance(wrong, int | float | str) and "\n" not in exercise.starter + exercise.answer:
            line = exercise.starter.replace("____", repr(wrong))
            return exercise.starter, {line: "incorrect", exercise.answer: "correct"}
    first = declared[0]
    return first.starter, {
        first.starter.replace("____", "None"): "error",
        first.answer: "correct",
    }


@each_lesson()
def test_run_all_ends_without_an_error_or_a_warning(lesson, source, record_property):
    record_property("cost", f"{source.stem} in the browser: {lesson.seconds:.0f} s")
    assert lesson.faults() == []


@each_lesson(*MOVED_EVERY_TIME)
def test_every_slider_changes_a_computed_value(lesson):
    assert lesson.dead_controls() == []
    assert lesson.faults() == []


@each_lesson()
def test_a_wrong_answer_is_incorrect_and_a_right_one_correct(lesson, source):
    lesson.answer(*answers(load_lesson(source.name[:2]).EXERCISES))
    assert lesson.faults() == []


@each_lesson(*MOVED_EVERY_TIME)
def test_nothing_was_asked_from_the_network(lesson):
    assert lesson.requested
    assert lesson.requests_elsewhere() == set()
