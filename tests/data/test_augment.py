import pytest
import torch

from facelib.data import Augment, Distort

CLEAN = {"gamma": 0.0, "shade": 0.0, "coarse": 0.0, "hide": 0.0, "mirror": False}
STILL = {"shift": 0.0, "degrees": 0.0, "scale": 0.0, "mirror": False, "light": 0.0}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def images():
    return torch.randint(1, 256, (20, 1, 24, 20), dtype=torch.uint8, generator=generator(1))


@pytest.mark.parametrize("change", [Augment(light=0.9), Distort()])
def test_a_generator_draws_the_same_changes_within_range_and_spares_the_input(images, change):
    before, same = images.clone(), images.float()
    first, again, other = (change(images, generator(seed)) for seed in (0, 0, 1))
    assert torch.equal(change(same, generator(0)), first)
    assert torch.equal(same, before)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert (first.dtype, first.shape) == (torch.float32, images.shape)
    assert 0 <= first.min() < first.max() <= 1
    assert torch.equal(images, before)


@pytest.mark.parametrize("change", [Augment(), Distort()])
def test_floats_up_to_1_are_refused_and_no_images_are_none(images, change):
    with pytest.raises(ValueError, match="want images uint8, or floats from 0 to 255.*by 255"):
        change(images / 255, generator())
    assert change(images[:0], generator()).shape == (0, 1, 24, 20)
    assert change(0 * images.float(), generator()).shape == images.shape, "the night is black"


@pytest.mark.parametrize(("kind", "still"), [(Augment, STILL), (Distort, CLEAN)])
def test_mirror_flips_about_half_of_the_images_and_nothing_else_is_changed(images, kind, still):
    mirror = kind(**still | {"mirror": True})
    many = images.repeat(20, 1, 1, 1)
    faces, wanted = mirror(many, generator()), many / 255
    kept, flipped = ((faces - x).abs().amax((1, 2, 3)) < 1e-4 for x in (wanted, wanted.flip(3)))
    assert (kept ^ flipped).all()
    assert 0.4 < flipped.float().mean() < 0.6


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


def test_so_many_images_lose_their_detail_and_so_many_are_hidden_in_part_by_one_grey(images):
    many = images.repeat(20, 1, 1, 1)
    coarse = Distort(**CLEAN | {"coarse": 0.3})(many, generator())
    before, after = (part.diff(dim=3).abs().mean((1, 2, 3)) for part in (many / 255, coarse))
    assert 0.2 < (after < 0.98 * before).float().mean() < 0.4
    changed = Distort(**CLEAN | {"hide": 0.4})(many, generator()) != (many / 255).clamp(min=1e-3)
    touched = changed.flatten(1).any(1)
    assert 0.3 < touched.float().mean() < 0.5
    assert changed.flatten(1).float().mean(1).max() < 0.5
