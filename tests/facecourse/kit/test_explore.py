import re

import pytest
from IPython.core.interactiveshell import InteractiveShell
from ipywidgets import IntSlider
from traitlets.config import Config

from facecourse.kit import explore as exploring
from facecourse.kit.charts import Table
from facecourse.kit.explore import explore
from facelib.figures import show, subplots


@pytest.fixture
def notebook(tmp_path):
    """A shell, as a notebook has one: what is displayed in it can be caught."""
    no_history = Config(HistoryManager={"enabled": False})
    yield InteractiveShell.instance(ipython_dir=str(tmp_path), config=no_history)
    InteractiveShell.clear_instance()


def doubled(n: int) -> Table:
    figure, _ = subplots()
    show(figure, "A figure without any line.")
    return Table(["double"], [[str(6 // n)]])


def cells(page: str) -> list[str]:
    return re.findall("<td[^>]*>(.*?)</td>", page)


def test_what_is_drawn_follows_every_control(capsys):
    a, b = IntSlider(1), IntSlider(2)
    box = explore(lambda a, b: Table(["sum"], [[a + b]]), a=a, b=b)
    assert box.children[:2] == (a, b)
    a.value = 5
    b.value = 7
    assert [int(n) for n in re.findall(r"^(\d+)$", capsys.readouterr().out, re.M)] == [3, 7, 12]


def test_a_page_without_a_kernel_holds_the_first_drawing(notebook):
    box = explore(doubled, n=IntSlider(3))
    page = box._repr_mimebundle_()["text/html"]
    assert 'alt="A figure without any line."' in page
    assert cells(page) == ["2"]
    assert box.children[1].children[1].value == page


def test_a_control_that_takes_its_time_says_that_it_computes(notebook):
    seen = []
    box = explore(
        lambda n: seen.append(box.children[1].children[0].value if n else ""), n=IntSlider(0)
    )
    box.children[0].value = 1
    assert seen == ["", exploring.COMPUTING]
    assert box.children[1].children[0].value == exploring.AT_REST


def test_what_goes_wrong_in_a_callback_stands_where_the_picture_was(notebook):
    slider = IntSlider(3)
    box = explore(doubled, n=slider)
    with pytest.raises(ZeroDivisionError):
        slider.value = 0
    assert "Traceback (most recent call last)" in box.children[1].children[1].value
    assert "ZeroDivisionError" in box.children[1].children[1].value
    assert box.children[1].children[0].value == exploring.AT_REST
    slider.value = 2
    assert cells(box.children[1].children[1].value) == ["3"]
