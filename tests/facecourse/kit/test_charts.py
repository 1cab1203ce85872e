"""Differences are paired by people; figures and their sliders say what was measured."""

import pytest
import torch

from facecourse.kit import charts, stages
from facecourse.kit.compare import judge, paired_points, top1_interval
from facelib.measure import Verification


def test_the_scores_figure_says_what_the_threshold_decides_and_follows_the_slider(shown):
    generator = torch.Generator().manual_seed(0)
    same = torch.arange(400) < 100
    pairs = Verification(torch.randn(400, generator=generator) * 0.1 + same * 0.3, same)
    threshold = pairs.threshold_at(0.05)
    slider = charts.threshold_slider(pairs, threshold).children[0]
    slider.value = 0.2
    first, second = shown
    assert f"FAR {pairs.far_at(threshold):.2%}, TAR {pairs.tar_at(0.05):.2%}" in first
    assert f"{threshold:.3f}" in first
    assert f"FAR {pairs.far_at(slider.value):.2%}" in second


def test_pictures_and_answers_are_drawn_whatever_their_dimensions(shown):
    picture = torch.rand(4, 5)
    charts.draw_panels({"a": picture, "b": picture[None, None]}, "Two pictures of noise")
    for shape in ((1, 1, 4, 5), (2, 3, 4, 5), (2,)):
        charts.side_by_side(torch.zeros(shape), torch.ones(shape))
    said = "On the left what you made, on the right what was wanted."
    assert shown == ["Two pictures of noise", said, said, said]


def test_a_note_on_something_else_than_a_stage_is_refused():
    with pytest.raises(ValueError, match="got one on window"):
        stages.draw_stages({"window": "open"})


def shares(*values):
    """Of four splits, the same of each of three people, but for a little that splits share."""
    return [[v + wobble for v in values] for wobble in (0.0, 0.01, -0.01, 0.0)]


def test_leads_are_paired_by_people_and_say_better_worse_or_undecided():
    high, low, mixed = shares(0.9, 0.91, 0.89), shares(0.5, 0.52, 0.49), shares(0.1, 0.99, 0.9)
    pairs = (high, low), (low, high), (high, mixed), (high[:2], low)
    leads = [paired_points(*pair) for pair in pairs]
    said = [judge(lead, "better", "worse") for lead in leads]
    assert said == ["better", "worse", "undecided", "better"]
    assert leads[0].value == pytest.approx(100 * (2.7 - 1.51) / 3)


def test_intervals_are_about_people_and_not_about_splits():
    alike, uneven = map(top1_interval, (shares(0.5, 0.5, 0.5), shares(0.0, 0.5, 1.0)))
    assert alike.high - alike.low < 0.001
    assert uneven.high - uneven.low > 0.5
    assert (uneven.n, uneven.of) == (3, "people")
