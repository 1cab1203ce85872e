import pytest
import torch

from facecourse.lesson00_start import figures
from facelib.data import FaceSet


class Named(torch.nn.Module):
    """Says "0" to dark pictures and "1" to bright ones."""

    def forward(self, images):
        bright = images.mean((1, 2, 3))
        return 10 * torch.stack([0.5 - bright, bright - 0.5], 1)


@pytest.fixture
def faces():
    images = torch.tensor([40, 215], dtype=torch.uint8).view(2, 1, 1, 1).repeat(1, 1, 56, 46)
    images[:, :, 20:30, 20:30] = 128
    return FaceSet(images, torch.arange(2), ("dark", "bright"))


@pytest.mark.parametrize("damage", ["noise", "blur", "shift", "turn"])
def test_more_steps_change_a_picture_more_and_none_leave_it_as_it_is(faces, damage):
    still, some, more = (figures.spoil(faces.images, damage, steps) for steps in (0, 2, 8))
    assert torch.equal(still, faces.images)
    first, second = ((spoilt.float() - faces.images).abs().mean() for spoilt in (some, more))
    assert 0 < first < second


def test_names_are_rated_by_shares_that_add_up_to_one(faces):
    rated = figures.rate_names(Named(), faces.images)
    assert rated.argmax(1).tolist() == [0, 1]
    assert torch.allclose(rated.sum(1), torch.ones(2))


def test_another_person_is_shown_and_named(faces, moved):
    who, *_ = figures.spoil_slider(Named(), faces).children
    assert moved(who, 1)[:3] == ["bright", "bright", "right"]


def test_a_higher_threshold_keeps_more_answers_back(moved):
    sure, right = torch.tensor([0.3, 0.5, 0.7, 0.9]), torch.tensor([False, True, False, True])
    slider = figures.sure_slider(sure, right).children[0]
    assert moved(slider, 0.4) == ["40%", "3", "1", "1", "33%"]
    assert moved(slider, 0.8) == ["80%", "1", "3", "0", "0%"]
    assert moved(slider, 1.0)[1:] == ["0", "4", "0", "0%"]


def test_the_curves_end_lower_than_they_begin_for_a_network_that_noise_confuses(faces, capsys):
    figures.draw_damage(Named(), faces)
    assert "noise from 100.0% to" in capsys.readouterr().out
