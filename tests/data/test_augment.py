import pytest
import torch

from facelib.data import Augment

STILL = {"shift": 0.0, "degrees": 0.0, "scale": 0.0, "mirror": False, "light": 0.0}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def images():
    return torch.randint(256, (20, 1, 24, 20), dtype=torch.uint8, generator=generator(1))


def test_no_change_allowed_changes_nothing(images):
    same = Augment(**STILL)(images, generator())
    torch.testing.assert_close(same, images / 255, atol=1e-5, rtol=0)


def test_the_same_generator_draws_the_same_changes(images):
    first, again, other = (Augment()(images, generator(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_values_stay_between_zero_and_one_and_the_input_is_not_touched(images):
    before = images.clone()
    faces = Augment(light=0.9)(images, generator())
    assert faces.dtype == torch.float32
    assert faces.shape == images.shape
    assert 0 <= faces.min() < faces.max() <= 1
    assert torch.equal(images, before)


def test_mirror_flips_about_half_of_the_images(images):
    faces = Augment(**{**STILL, "mirror": True})(images, generator())
    wanted = images / 255
    kept = (faces - wanted).abs().amax((1, 2, 3)) < 1e-4
    flipped = (faces - wanted.flip(3)).abs().amax((1, 2, 3)) < 1e-4
    assert (kept ^ flipped).all()
    assert 5 <= int(flipped.sum()) <= 15


def test_rotation_keeps_lengths_on_images_that_are_not_square():
    images = torch.zeros(200, 1, 60, 40, dtype=torch.uint8)
    images[:, :, 30, 5:35] = 255  # a level bar of 30 pixels
    faces = Augment(**{**STILL, "degrees": 30.0})(images, generator())
    bright = [(face[0] > 0.3).nonzero().float() for face in faces]
    lengths = torch.stack([(b.amax(0) - b.amin(0)).norm() for b in bright])
    torch.testing.assert_close(lengths, torch.full((200,), 29.0), atol=2.0, rtol=0)


def test_shift_moves_by_at_most_the_part_asked_for():
    images = torch.zeros(100, 1, 40, 40, dtype=torch.uint8)
    images[:, :, 18:22, 18:22] = 255
    faces = Augment(**{**STILL, "shift": 0.1})(images, generator())
    grid = torch.arange(40.0)
    down = (faces.sum((1, 3)) * grid).sum(1) / faces.sum((1, 2, 3)) - 19.5
    assert 3.0 < down.abs().max() <= 4.0 + 1e-3
    assert abs(float(down.mean())) < 1.0


def test_light_changes_the_brightness_of_each_image_by_itself():
    images = torch.full((50, 1, 8, 8), 128, dtype=torch.uint8)
    means = Augment(**{**STILL, "light": 0.4})(images, generator()).mean((1, 2, 3))
    assert means.std() > 0.05
    assert (means - 128 / 255).abs().max() <= 0.2 + 0.01
