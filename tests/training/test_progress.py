from types import SimpleNamespace

import pytest

from facelib.training import History
from facelib.training.progress import Progress, draw


def test_the_plot_says_in_words_what_it_shows():
    history = History(loss=[3.0, 2.0, 1.25], validation=[(1, 0.5), (3, 0.875)])
    figure, alt = draw(history)
    assert alt == ("Training loss over 3 steps, now 1.25. Validation from 0.500 to 0.875.")
    assert [axes.get_ylabel() for axes in figure.axes] == ["training loss", "validation"]
    assert figure.axes[0].lines[0].get_ydata().tolist() == [3.0, 2.0, 1.25]


@pytest.mark.parametrize("show", [True, False])
def test_the_bar_counts_on_from_where_a_run_was_resumed_unless_it_is_hidden(show, capsys):
    with Progress(3, 5, show=show, plot=False) as bar:
        bar.update()
        bar.show(History(loss=[2.5]))
    assert ("3/5" in capsys.readouterr().err) is show


def test_the_plot_is_redrawn_at_most_once_a_second_but_always_at_the_end(monkeypatch):
    shown = []
    monkeypatch.setattr("facelib.training.progress.time", SimpleNamespace(monotonic=lambda: 5.0))
    monkeypatch.setattr(
        "facelib.figures.show", lambda figure, alt, handle: shown.append(handle) or "handle"
    )
    bar = Progress(0, 9, show=False, plot=True)
    for _ in range(5):
        bar.show(History(loss=[1.0]))
    bar.show(History(loss=[1.0]), last=True)
    assert shown == [None, "handle"]
