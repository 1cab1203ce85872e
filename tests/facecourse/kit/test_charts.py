import pytest
import torch

from facecourse.kit import charts
from facelib.measure import Interval, Verification


@pytest.fixture
def pairs():
    generator = torch.Generator().manual_seed(0)
    same = torch.arange(400) < 100
    return Verification(torch.randn(400, generator=generator) * 0.1 + same * 0.3, same)


def test_the_scores_figure_reports_what_the_threshold_decides(shown, pairs):
    threshold = pairs.threshold_at(0.05)
    charts.draw_scores(pairs, threshold)
    rates = f"FAR {pairs.far_at(threshold):.2%}, TAR {pairs.tar_at(0.05):.2%}"
    assert rates in shown[0]
    assert f"{threshold:.3f}" in shown[0]


def test_moving_the_slider_draws_again_with_another_far(shown, pairs):
    slider = charts.threshold_slider(pairs, 0.0).children[0]
    slider.value = 0.2
    first, second = shown
    assert first != second
    assert f"FAR {pairs.far_at(slider.value):.2%}" in second


def test_pictures_and_answers_are_drawn_whatever_their_dimensions(shown):
    picture = torch.rand(4, 5)
    charts.draw_panels({"a": picture, "b": picture[None, None]}, "Two pictures of noise")
    for shape in ((1, 1, 4, 5), (2, 3, 4, 5), (2,)):
        charts.side_by_side(torch.zeros(shape), torch.ones(shape))
    said = "On the left what you made, on the right what was wanted."
    assert shown == ["Two pictures of noise", said, said, said]


def test_a_table_of_measurements_writes_formats_functions_and_single_values():
    found = {
        "a": {"bytes": 4000, "lost": Interval(1.26, -0.5, 2.0, n=3)},
        "b": {"bytes": 2_500_000, "lost": Interval(0.0, 0.0, 0.0, n=3)},
    }
    columns = {"kB": lambda row: f"{row['bytes'] / 1e3:,.0f}", "lost": "{lost:+.1f}"}
    table = charts.tabulate(found, "", columns | {"point": "{lost.value:.2f}"})
    assert table.head == ["", *columns, "point"]
    assert table.rows == [
        ["a", "4", "+1.3 [-0.5, 2.0]", "1.26"],
        ["b", "2,500", "+0.0 [0.0, 0.0]", "0.00"],
    ]
    single = charts.tabulate({"50%": Interval(1.5, 1.4, 1.6, 9)}, "zeros", {"faster": "{:.1f}"})
    assert single.rows == [["50%", "1.5 [1.4, 1.6]"]]
    with pytest.raises(KeyError, match="losd"):
        charts.tabulate({"a": {"bytes": 1}}, "", {"lost": "{losd:.1f}"})
