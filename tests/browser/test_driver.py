"""The driver turns red: faults that Run All doesn't stop at are planted in tiny notebooks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from facecourse.learn import METADATA
from tests.browser.driver import Lesson

pytestmark = pytest.mark.browser

BESIDE = """\
import ipywidgets
from IPython.display import HTML

from facecourse.kit.explore import explore

def beside(control, compute):
    page = "<table><tr><td>{}</td><td>{}</td></tr></table>"
    return explore(lambda value: HTML(page.format(value, compute(value))), value=control)
"""


@pytest.fixture
def run(open_lesson) -> Callable[..., Lesson]:
    """Open a notebook of these cells and run it."""

    def run(*sources: str) -> Lesson:
        cells = [new_code_cell(source) for source in sources]
        lesson = open_lesson(new_notebook(cells=cells, metadata=METADATA), "tiny")
        lesson.run_all()
        return lesson

    return run


def test_controls_of_every_kind_are_moved_wherever_they_stand(run):
    lesson = run(
        BESIDE,
        "beside(ipywidgets.FloatSlider(0.5, min=0, max=1), lambda value: 2 * value)",
        "beside(ipywidgets.FloatSlider(1, min=0, max=1), lambda value: value + 2)",
        "beside(ipywidgets.Dropdown(options=['a', 'b', 'c']), lambda value: 2 * value)",
        "beside(ipywidgets.BoundedFloatText(3, max=3), lambda value: 2 * value)",
    )
    assert lesson.page.locator("td:last-child").all_inner_texts() == ["1.0", "3.0", "aa", "6.0"]
    assert lesson.dead_controls() == []
    assert lesson.page.locator("td:last-child").all_inner_texts() == ["2.0", "2.0", "cc", "4.0"]
    assert lesson.faults() == []


def test_a_slider_that_changes_nothing_or_raises_or_has_no_table_is_found(run, monkeypatch):
    monkeypatch.setattr("tests.browser.driver.SLOWEST", 3000)
    lesson = run(
        BESIDE,
        "beside(ipywidgets.IntSlider(4), lambda value: 'always this')",
        "beside(ipywidgets.IntSlider(5), lambda value: 1 // (value == 5))",
        "ipywidgets.IntSlider(6)",
    )
    assert lesson.faults() == []
    still, raising, alone = lesson.dead_controls()
    assert still.startswith("['always this'] has become ['always this'] beside the control of")
    assert raising.startswith("['1'] has become []")
    assert alone.startswith("[] has become []")
    (fault,) = lesson.faults()
    assert fault.startswith("cell 2 shows")
    assert "ZeroDivisionError" in fault


def test_an_error_or_a_warning_is_found_wherever_it_shows(run):
    cells = [
        "import sys\n\nprint('careful', file=sys.stderr)",
        "import ipywidgets\n\nout = ipywidgets.Output()\nwith out:\n    1 / 0\nout",
        "[][1]",
    ]
    found = run(*cells).faults()
    for cell, words in enumerate(["careful", "ZeroDivisionError", "IndexError"]):
        assert [words in fault for fault in found if fault.startswith(f"cell {cell} ")] == [True]


def test_an_answer_is_typed_over_the_starter_and_an_unexpected_outcome_is_red(run, monkeypatch):
    lesson = run("____ = 0", "word = ____\nprint('✔ correct' if word == 1 else '✘ incorrect')")
    lesson.answer("word = ____", {"word = 2": "incorrect", "word = 1": "correct"})
    monkeypatch.setattr("tests.browser.driver.PATIENCE", 3000)
    with pytest.raises(AssertionError, match="incorrect"):
        lesson.answer("word = ____", {"word = 1": "incorrect"})


def test_a_request_to_another_machine_is_seen(run):
    picture = "<img src='http://192.0.2.1/face.png'>"  # an address kept for documentation
    lesson = run(f'from IPython.display import HTML\n\nHTML("{picture}")')
    assert lesson.requests_elsewhere() == {"http://192.0.2.1/face.png"}
