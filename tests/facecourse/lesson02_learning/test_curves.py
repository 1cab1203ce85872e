import re

import torch

from facecourse.lesson02_learning import figures as curves


def test_every_table_holds_what_its_figure_draws_and_the_text_alternative_says(shown):
    walk = torch.linspace(1, 0, 6)[:, None].expand(6, 2)
    runs = {"none": [0.5, 0.6, 0.7], "more": [0.6, 0.7, 0.8]}
    tables = [
        curves.draw_activations({"square": torch.square}, -1, 4, at=(3,)),
        curves.draw_pulls({"a": [1.0, 0.5, 0.0]}, [0.01, 0.5, 1.0], at=(0.5, 1.0)),
        curves.draw_learning({"train": [2.0, 0.5]}, {"train": [0.1, 0.9]}, steps=20),
        curves.draw_barrier({"a": [0.5, 2.0, 0.4]}),
        curves.compare_to(runs, "none"),
        curves.draw_paths(lambda w: w.square().sum(-1), torch.zeros(2), {"straight": walk}),
    ]
    assert [row for table in tables for row in table.rows] == [
        ["square", "9.000, 6.000"],  # value, slope
        ["a", "0.500", "0.000"],
        ["train", "0.500", "0.900"],
        ["a", "0.500", "2.000", "0.400"],
        ["more", "0.600", "0.700", "+10.0 [10.0, 10.0]", "3"],
        ["straight", "2.00000", "0.00000"],
    ]
    assert tables[-1].head[1:] == ["0 steps", "5 steps"]
    said = "square from -1 to 4", "train: loss 0.500, top-1 0.900", "a rises to 2.00", "more +10.0"
    assert all(words in " ".join(shown) for words in said)


def test_the_summary_of_minima_gives_ranges_over_seeds():
    ends = {"loss": [0.3, 0.31], "top-1": [0.8, 0.9], "agreement": 0.85, "highest between": [1.5]}
    assert curves.summarise_minima({"8": ends}).rows == [
        ["8", "2", "0.3000 to 0.3100", "0.800 to 0.900", "0.850", "1.50 to 1.50"]
    ]


def test_the_rate_slider_trains_again_and_changes_the_table(shown, capsys):
    def attempt(rate):
        return {"Adam": ([1.0, rate], 0.5), "momentum": ([1.0, float("nan")], 0.0)}

    box = curves.rate_slider(attempt, start=0.01)
    assert re.search(r"Adam +0\.0100 +0\.01 +0\.500", capsys.readouterr().out)
    box.children[0].value = 0.1
    after = capsys.readouterr().out
    assert re.search(r"Adam +0\.1000 +0\.1 +0\.500", after)
    assert "not a number" in after


def test_step_spread_compares_the_weights_of_one_step(shown):
    sizes = torch.linspace(1, 21, 201).expand(12, 201)
    table = curves.draw_step_sizes(sizes, [1 / (1 + step) for step in range(12)])
    assert table.rows[0] == ["1", "2.000", "11.000", "20.000", "10", "1.000", "1"]
    assert table.rows[1][0] == "10"
