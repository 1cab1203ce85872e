import pytest
import torch

from facecourse.kit import charts
from facelib.measure import Verification


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
