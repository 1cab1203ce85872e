import re

import pytest
import torch

from facecourse.lesson02_learning import figures as curves


def test_slopes_are_derivatives():
    x = torch.tensor([-1.0, 0.5, 2.0])
    torch.testing.assert_close(curves.differentiate(torch.square, x), 2 * x)


def test_functions_lists_values_and_slopes(shown):
    table = curves.draw_activations({"square": torch.square}, -1, 3, at=(2,))
    assert table.rows == [["square", "4.000, 4.000"]]
    assert "square from -1 to 3" in shown[0]


def test_pulls_reads_the_curve_at_the_places_asked_for(shown):
    table = curves.draw_pulls({"a": [1.0, 0.5, 0.0]}, [0.01, 0.5, 1.0], at=(0.5, 1.0))
    assert table.rows == [["a", "0.500", "0.000"]]


def test_paths_tells_how_far_down_a_walk_has_come(shown):
    walk = torch.linspace(1, 0, 6)[:, None].expand(6, 2)
    table = curves.draw_paths(lambda w: w.square().sum(-1), torch.zeros(2), {"straight": walk})
    assert table.head[1:] == ["0 steps", "5 steps"]
    assert table.rows == [["straight", "2.00000", "0.00000"]]


def test_learning_lists_the_last_look(shown):
    table = curves.draw_learning({"train": [2.0, 0.5]}, {"train": [0.1, 0.9]}, steps=20)
    assert table.rows == [["train", "0.500", "0.900"]]
    assert "train: loss 0.500, top-1 0.900" in shown[0]


def test_the_rate_slider_trains_again_and_changes_the_table(shown, capsys):
    rates = []

    def attempt(rate):
        rates.append(rate)
        return {"Adam": ([1.0, rate], 0.5), "momentum": ([1.0, float("nan")], 0.0)}

    box = curves.rate_slider(attempt, start=0.01)
    before = capsys.readouterr().out
    box.children[0].value = 0.1
    after = capsys.readouterr().out
    assert rates == pytest.approx([0.01, 0.1])
    assert re.search(r"Adam +0\.0100 +0\.01 +0\.500", before)
    assert re.search(r"Adam +0\.1000 +0\.1 +0\.500", after)
    assert "not a number" in after


def test_step_spread_compares_the_weights_of_one_step(shown):
    sizes = torch.linspace(1, 21, 201).expand(12, 201)
    table = curves.draw_step_sizes(sizes, [1 / (1 + step) for step in range(12)])
    assert table.rows[0] == ["1", "2.000", "11.000", "20.000", "10", "1.000", "1"]
    assert table.rows[1][0] == "10"


def test_barrier_names_the_highest_point(shown):
    table = curves.draw_barrier({"a": [0.5, 2.0, 0.4]})
    assert table.rows == [["a", "0.500", "2.000", "0.400"]]
    assert "a rises to 2.00" in shown[0]


def test_changes_are_paired_and_in_percentage_points(shown):
    table = curves.compare_to({"none": [0.5, 0.6, 0.7], "more": [0.6, 0.7, 0.8]}, "none")
    assert table.rows == [["more", "0.600", "0.700", "+10.0 [10.0, 10.0]", "3"]]
    assert "more +10.0" in shown[0]
