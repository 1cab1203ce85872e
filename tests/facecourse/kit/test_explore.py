import re

import pytest
from ipywidgets import IntSlider

from facecourse.kit.explore import AT_REST, COMPUTING, explore
from facelib.figures import Table, show, subplots


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


def test_a_page_without_a_kernel_holds_the_first_drawing(shell):
    box = explore(doubled, n=IntSlider(3))
    page = box._repr_mimebundle_()["text/html"]
    assert 'alt="A figure without any line."' in page
    assert cells(page) == ["2"]
    assert box.children[1].children[1].value == page


def test_a_control_that_takes_its_time_says_that_it_computes(shell):
    seen = []
    slider = IntSlider(0)
    box = explore(lambda n: seen.append(status.value if n else ""), n=slider)
    status, _ = box.children[1].children
    slider.value = 1
    assert seen == ["", COMPUTING]
    assert status.value == AT_REST


def test_what_goes_wrong_in_a_callback_stands_where_the_picture_was(shell):
    slider = IntSlider(3)
    status, picture = explore(doubled, n=slider).children[1].children
    with pytest.raises(ZeroDivisionError):
        slider.value = 0
    assert re.search(r"Traceback \(most recent call last\)[^$]*ZeroDivisionError", picture.value)
    assert status.value == AT_REST
    slider.value = 2
    assert cells(picture.value) == ["3"]


def test_a_figure_that_says_all_stands_without_a_table(shell):
    box = explore(lambda n: show(subplots()[0], "It says it all."), n=IntSlider(3))
    assert cells(page := box._picture.value) == []
    assert "None" not in page
