import pytest
import torch

from facelib.data import Augment, Distort

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


CLEAN = {"gamma": 0.0, "shade": 0.0, "coarse": 0.0, "hide": 0.0, "mirror": False}


def test_nothing_distorted_changes_nothing(images):
    same = Distort(**CLEAN)(images, generator())
    torch.testing.assert_close(same, (images / 255).clamp(min=1e-3), atol=1e-5, rtol=0)


def test_distortions_are_the_same_for_the_same_generator_and_stay_in_range(images):
    first, again, other = (Distort()(images, generator(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert first.min() >= 0
    assert first.max() <= 1


def test_gamma_keeps_the_order_of_grey_values(images):
    curved = Distort(**CLEAN | {"gamma": 0.5})(images, generator())
    for before, after in zip(images.flatten(1).long(), curved.flatten(1), strict=True):
        assert (after[before.argsort()].diff() >= 0).all()
    assert (curved - images / 255).abs().amax((1, 2, 3)).max() > 0.05


def test_shade_is_smooth(images):
    flat = torch.full_like(images, 128)
    shaded = Distort(**CLEAN | {"shade": 0.1})(flat, generator())
    assert shaded.std() > 0.01
    assert shaded.diff(dim=3).abs().max() < 0.1


def test_so_many_images_lose_their_detail(images):
    many = images.repeat(20, 1, 1, 1)
    coarse = Distort(**CLEAN | {"coarse": 0.3})(many, generator())
    lost = coarse.diff(dim=3).abs().mean((1, 2, 3)) < 0.98 * (many / 255).diff(dim=3).abs().mean(
        (1, 2, 3)
    )
    assert 0.2 < lost.float().mean() < 0.4


def test_so_many_images_are_hidden_in_part_by_one_grey(images):
    many = images.repeat(20, 1, 1, 1)
    changed = Distort(**CLEAN | {"hide": 0.4})(many, generator()) != (many / 255).clamp(min=1e-3)
    touched = changed.flatten(1).any(1)
    assert 0.3 < touched.float().mean() < 0.5
    assert changed.flatten(1).float().mean(1).max() < 0.5


def test_half_of_them_are_mirrored(images):
    many = images.repeat(20, 1, 1, 1)
    flipped = (Distort(**CLEAN | {"mirror": True})(many, generator()) - many / 255).abs().amax(
        (1, 2, 3)
    ) > 0.01
    assert 0.4 < flipped.float().mean() < 0.6
