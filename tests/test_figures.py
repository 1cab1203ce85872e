import pytest
from matplotlib import pyplot as plt

from facelib import figures
from facelib.measure import Interval


def test_a_figure_carries_its_text_alternative_in_every_form():
    figure, _ = figures.subplots()
    content = figures.mime(figure, 'Two curves & a "cross"')
    plt.close(figure)
    assert 'alt="Two curves &amp; a &quot;cross&quot;"' in content["text/html"]
    assert content["text/plain"] == 'Two curves & a "cross"'
    assert content["image/png"] in content["text/html"]


def test_a_text_alternative_that_says_nothing_is_refused():
    figure, _ = figures.subplots()
    with pytest.raises(ValueError, match="say what the figure shows"):
        figures.mime(figure, "plot")
    plt.close(figure)


def test_showing_a_figure_closes_it(monkeypatch):
    shown = []
    monkeypatch.setattr(figures.InteractiveShell, "initialized", lambda: True)
    monkeypatch.setattr(figures, "display", lambda content, **_: shown.append(content) or "handle")
    figure, _ = figures.subplots()
    assert figures.show(figure, "an empty figure") == "handle"
    assert not plt.fignum_exists(figure.number)
    assert shown[0]["text/plain"] == "an empty figure"


def test_outside_a_notebook_the_text_alternative_is_printed(monkeypatch, capsys):
    monkeypatch.setattr(figures.InteractiveShell, "initialized", lambda: False)
    figure, _ = figures.subplots()
    assert figures.show(figure, "an empty figure") is None
    assert capsys.readouterr().out == "an empty figure\n"


def test_a_figure_can_replace_an_earlier_output(monkeypatch):
    class Handle:
        def update(self, content, raw):
            self.content = content

    handle = Handle()
    figure, _ = figures.subplots()
    monkeypatch.setattr(figures.InteractiveShell, "initialized", lambda: True)
    assert figures.show(figure, "another empty figure", handle) is handle
    assert handle.content["text/plain"] == "another empty figure"


def test_the_style_does_not_leak_into_the_readers_own_plots():
    before = plt.rcParams["axes.grid"]
    figure, _ = figures.subplots()
    plt.close(figure)
    assert plt.rcParams["axes.grid"] == before


def test_a_table_reads_as_text_and_as_html_and_escapes_names():
    rows = [["<b>", 0.12345, 3], ["c", Interval(0.5, 0.4, 0.6, 9), -1]]
    table = figures.Table(["name", "value", "count"], rows)
    assert repr(table).splitlines() == [
        "name  value                 count",
        "<b>   0.123                 3",
        "c     0.500 [0.400, 0.600]  -1",
    ]
    assert (
        '<td style="text-align:left">&lt;b&gt;</td><td style="white-space:nowrap">0.123</td>'
        in table._repr_html_()
    )


def test_words_stand_on_the_left_and_numbers_on_the_right():
    page = figures.Table(["method", "lost", "n"], [["LBP", "-", 2], ["HOG", "+0.5 [0, 1]", 3]])
    assert page._repr_html_().count("text-align:left") == 3
    assert figures.Table(["n"], [])._repr_html_() == (
        '<table><tr><th style="text-align:left">n</th></tr></table>'
    )


def test_a_long_table_is_folded_under_what_it_says():
    page = figures.Table(["n"], [[1]], fold="All & sundry")._repr_html_()
    assert page.startswith("<details><summary>All &amp; sundry</summary><table>")
    assert page.endswith("</table></details>")
