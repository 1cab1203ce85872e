import pytest
import torch

from facecourse.kit import charts
from facelib.measure import Interval, Verification


@pytest.fixture
def pairs():
    generator = torch.Generator().manual_seed(0)
    same = torch.arange(400) < 100
    return Verification(torch.randn(400, generator=generator) * 0.1 + same * 0.3, same)


def test_compare_names_the_best_and_puts_live_values_beside_stored_ones(shown):
    stored = charts.mean_intervals({"a": [0.8, 0.9], "b": [0.95, 0.97]})
    table = charts.compare(stored, {"b": 0.94})
    assert "the highest is b with 0.960" in shown[0]
    assert table.head == ["", "top-1 accuracy (stored)", "this run"]
    assert [row[2] for row in table.rows] == ["-", "0.940"]
    assert charts.compare(stored).head == ["", "top-1 accuracy (stored)"]


def test_the_scores_figure_reports_what_the_threshold_decides(shown, pairs):
    threshold = pairs.threshold_at(0.05)
    table = charts.draw_scores(pairs, threshold)
    assert table.rows[0][1] == f"{pairs.far_at(threshold):.2%}"
    assert table.rows[0][3] == f"{pairs.tar_at(0.05):.2%}"
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


def test_lines_say_where_they_begin_and_end(shown):
    points = [Interval(0.1, 0.0, 0.2, 5), Interval(0.9, 0.8, 1.0, 5)]
    charts.draw_lines([2, 256], {"tuned": points}, "values", "top-1")
    assert shown == ["Curves of top-1 over values: tuned from 0.100 to 0.900."]


def test_a_table_of_measurements_writes_formats_functions_and_means_over_seeds():
    found = {
        "a": {"bytes": 4000, "lost": Interval(1.26, -0.5, 2.0, n=3), "seeds": [0.2, 0.4]},
        "b": {"bytes": 2_500_000, "lost": Interval(0.0, 0.0, 0.0, n=3)},
    }
    columns = {
        "file": charts.in_kilobytes(),
        "in millions": charts.in_millions("bytes", 2),
        "lost": "{lost:+.1f}",
        "point": "{lost.value:.2f}",
        "mean": "{seeds.value:.1f}",
    }
    table = charts.tabulate(found, "", columns)
    assert table.head == ["", *columns]
    assert table.rows == [
        ["a", "4 kB", "0.00 million", "+1.3 [-0.5, 2.0]", "1.26", "0.3"],
        ["b", "2,500 kB", "2.50 million", "+0.0 [0.0, 0.0]", "0.00", "-"],
    ]
    single = charts.tabulate({"50%": Interval(1.5, 1.4, 1.6, 9)}, "zeros", {"faster": "{:.1f}"})
    assert single.rows == [["50%", "1.5 [1.4, 1.6]"]]


def test_a_column_that_no_row_can_fill_is_an_error():
    with pytest.raises(KeyError, match="no row has what is asked for in column 'lost'"):
        charts.tabulate({"a": {"bytes": 1}}, "", {"lost": "{losd:.1f}"})


def test_two_levels_become_two_columns_or_change_places():
    found = {"first": {"x": {"a": [1.0, 2.0], "b": [0.5, 1.5]}}, "second": {"x": {"a": [2.0, 2.0]}}}
    rows = charts.tabulate(charts.flatten(found), ["one", "two"], "{:.1f}").rows
    assert [row[:2] for row in rows] == [["first", "x"], ["second", "x"]]
    assert rows[1][2:] == ["2.0 [2.0, 2.0]", "-"]
    assert charts.transpose({"a": {"x": 1, "y": 2}, "b": {"x": 3, "y": 4}}) == {
        "x": {"a": 1, "b": 3}, "y": {"a": 2, "b": 4},
    }  # fmt: skip
    assert charts.subtract("a", "b")(found["first"]["x"]) == "+0.5 [0.5, 0.5]"
