from types import SimpleNamespace

import pytest
from matplotlib import pyplot as plt
from matplotlib.offsetbox import AnnotationBbox, OffsetImage

from facelib import figures
from facelib.measure import Interval


@pytest.fixture
def figure(monkeypatch):
    """An empty one, in a notebook."""
    monkeypatch.setattr(figures.InteractiveShell, "initialized", lambda: True)
    figure, _ = figures.subplots()
    yield figure
    plt.close(figure)


def test_a_figure_carries_its_text_alternative_in_every_form_and_must_have_one(figure):
    content = figures.mime(figure, 'Two curves & a "cross"')
    assert 'alt="Two curves &amp; a &quot;cross&quot;"' in content["text/html"]
    assert content["text/plain"] == 'Two curves & a "cross"'
    assert content["image/png"] in content["text/html"]
    with pytest.raises(ValueError, match="say what the figure shows"):
        figures.mime(figure, "plot")


def test_showing_a_figure_closes_it_and_can_replace_an_earlier_output(figure, monkeypatch):
    shown = []
    monkeypatch.setattr(figures, "display", lambda content, **_: shown.append(content) or "handle")
    assert figures.show(figure, "an empty figure") == "handle"
    assert not plt.fignum_exists(figure.number)
    handle = SimpleNamespace(update=lambda content, raw: shown.append(content))
    assert figures.show(figure, "a new empty figure", handle) is handle
    assert [each["text/plain"] for each in shown] == ["an empty figure", "a new empty figure"]


def test_outside_a_notebook_the_text_alternative_is_printed(figure, monkeypatch, capsys):
    monkeypatch.setattr(figures.InteractiveShell, "initialized", lambda: False)
    assert figures.show(figure, "an empty figure") is None
    assert capsys.readouterr().out == "an empty figure\n"


def test_the_style_does_not_leak_into_the_readers_own_plots():
    before = dict(plt.rcParams)
    plt.close(figures.subplots()[0])
    assert dict(plt.rcParams) == before


def test_a_table_reads_as_text_and_as_html_with_words_on_the_left_and_escapes_names():
    rows = [["<b>", 0.12345, 3], ["c", Interval(0.5, 0.4, 0.6, 9), -1]]
    table = figures.Table(["name", "value", "count"], rows)
    assert repr(table).splitlines() == [
        "name  value                 count",
        "<b>   0.123                 3",
        "c     0.500 [0.400, 0.600]  -1",
    ]
    cells = '<td style="text-align:left">&lt;b&gt;</td><td style="white-space:nowrap">0.123</td>'
    assert cells in table._repr_html_()
    page = figures.Table(["method", "lost", "n"], [["LBP", "-", 2], ["HOG", "+0.5 [0, 1]", 3]])
    assert page._repr_html_().count("text-align:left") == 3
    none = '<table><tr><th style="text-align:left">n</th></tr></table>'
    assert figures.Table(["n"], [])._repr_html_() == none


def test_a_figure_with_a_picture_inside_is_no_chart(figure):
    figure.axes[0].plot([0, 1])
    assert '<img class="chart" alt=' in figures.mime(figure, "two points joined")["text/html"]
    for draw in ("imshow", "pcolormesh", "matshow"):
        other, axis = figures.subplots()
        getattr(axis, draw)([[0, 1], [1, 0]])
        assert "chart" not in figures.mime(other, "a small picture")["text/html"]
        plt.close(other)
    box = AnnotationBbox(OffsetImage([[0, 1], [1, 0]]), (0, 0))
    figure.axes[0].add_artist(box)
    assert "chart" not in figures.mime(figure, "a picture pinned on")["text/html"]
