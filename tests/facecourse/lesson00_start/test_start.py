from unittest.mock import Mock

import pytest
import torch

from facecourse.lesson00_start import figures
from facelib.data import FaceSet
from facelib.synth import synth


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


@pytest.mark.parametrize("damage", ["noise", "blur", "shift", "less light"])
def test_more_steps_change_a_picture_more_and_none_leave_it_as_it_is(faces, damage):
    still, some, more = (figures.spoil(faces.images, damage, steps) for steps in (0, 2, 8))
    assert torch.equal(still, faces.images)
    first, second = ((spoilt.float() - faces.images).abs().mean() for spoilt in (some, more))
    assert 0 < first < second


def name_by_light(images):
    return (images.float().mean((1, 2, 3)) > 127).long()


def test_another_person_is_shown_and_named_by_both(faces, shown):
    who, damage, steps, *_ = figures.spoil_slider(Named(), name_by_light, faces).children
    right = "A spoilt photograph of bright; nearest photograph: bright; network: bright "
    who.value, damage.value, steps.value = 1, "less light", 10
    assert [alt.startswith(right) for alt in shown] == [False, True, True, False]
    assert "nearest photograph: dark; network: dark " in shown[-1]


def test_a_higher_threshold_keeps_more_names_back(faces, shown):
    slider = figures.sure_slider(Named(), faces, "less light", steps=10).children[0]
    slider.value = 0.5
    assert "at 50% 2 names said, 1 of them wrong; 0 times silent" in shown[-1]
    slider.value = 1.0
    assert "at 100% 0 names said, 0 of them wrong; 2 times silent" in shown[-1]


def test_both_recognisers_are_drawn_and_fall_with_the_light(faces, capsys):
    figures.draw_damage(name_by_light, lambda images: Named()(images / 255).argmax(1), faces)
    said = capsys.readouterr().out
    for name in ("nearest photograph", "network"):
        assert f"{name}, shift: from 100.0% to 100.0%" in said
        assert f"{name}, less light: from 100.0% to 50.0%" in said


def test_pictures_2_and_6_of_the_first_figure_show_one_person(monkeypatch):
    drawn = Mock()
    monkeypatch.setattr(figures, "draw_panels", drawn)
    figures.draw_six_faces()
    pictures, *_ = drawn.call_args.args
    assert list(pictures) == list("123456")
    one = synth(5, images=2, seed=3, size=112).images[:2].float()
    for place, image in zip("26", one, strict=True):
        assert torch.equal(pictures[place] + 128, image)
