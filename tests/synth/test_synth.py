"""People who don't exist: the same numbers give the same faces, and every number does something."""

from importlib import import_module

import numpy as np
import pytest
import torch
from scipy import ndimage

from facelib.data import resize, to_grey
from facelib.data.folder import _cascade
from facelib.synth import (
    IDENTITY,
    NUISANCE,
    Factors,
    head,
    identities,
    nuisances,
    paint,
    prepare,
    relief,
    render,
    skin_group,
    synth,
)

# A still, evenly lit, frontal photograph: each test changes one thing about it.
PLAIN = dict.fromkeys(NUISANCE, 0.0) | {
    "scale": 1.0, "elevation": 20.0, "ambient": 0.5, "contrast": 1.0, "blur": 0.3, "back_tone": 0.5,
}  # fmt: skip
SEEN_WITH = {  # factors that only show together with another
    "back_hue": {"back_colour": 0.8},
    "back_place": {"back_clutter": 1.0},
    "noise_place": {"noise": 0.1},
    "block_x": {"block": 0.3},
    "block_y": {"block": 0.3},
    "cloth_hue": {"cloth_tone": 0.7},
}
NOT_PAINTED = {"masculine"}  # draws others along
IDENTITY_WITH = {
    "beard_shape": {"beard": 1.0},
    "glasses_width": {"glasses": 1.0},
    "glasses_shape": {"glasses": 1.0},
    "mole_u": {"mole": 1.0},
    "mole_v": {"mole": 1.0, "mole_u": 0.3},
    "skin_u": {"mottle": 1.0, "age": 1.0},
    "skin_v": {"mottle": 1.0, "age": 1.0},
}
AVERAGE = {name: (factor.low + factor.high) / 2 for name, factor in IDENTITY.items()} | {
    "beard": 0.0, "moustache": 0.0, "glasses": 0.0, "fringe": 0.0, "freckles": 0.0, "mole": 0.0,
    "hair_red": 0.0, "chin_cleft": 0.0, "hair_length": 0.1, "hair_cover": 0.9,
}  # fmt: skip


def plain(n: int = 1, **choices) -> Factors:
    return nuisances(n, 0, **(PLAIN | choices))


def average(n: int = 1, **choices) -> Factors:
    return identities(n, 0, **(AVERAGE | choices))


def brightness(images: torch.Tensor) -> torch.Tensor:
    return images.float().mean((1, 2, 3))


def apart(images: torch.Tensor) -> float:
    """Mean difference in grey levels between the first and the last image."""
    return float((images[0].float() - images[-1].float()).abs().mean())


def largest_part(mask: np.ndarray) -> float:
    """Share of the mask that hangs together with most of it."""
    labels, _ = ndimage.label(mask)
    return np.bincount(labels[mask]).max() / mask.sum()


def rises(values: torch.Tensor) -> bool:
    return bool((values.diff() > 0).all())


@pytest.mark.parametrize("size", [64, 112])
@pytest.mark.parametrize("channels", [1, 3])
def test_images_are_uint8_of_the_size_and_channels_asked_for(size, channels):
    images = render(identities(3), nuisances(3), size=size, channels=channels)
    assert images.shape == (3, channels, size, size)
    assert images.dtype == torch.uint8
    assert images.float().std((1, 2, 3)).min() > 10


def test_the_same_seed_gives_the_same_pixels_and_another_seed_others():
    first, again, other = (synth(4, 3, seed=seed).images for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert (first.float() - other.float()).abs().mean() > 10


def test_the_first_people_do_not_depend_on_how_many_there_are():
    assert torch.allclose(identities(40, 3).values[:7], identities(7, 3).values, atol=1e-6)
    assert torch.allclose(nuisances(40, 3).values[:7], nuisances(7, 3).values, atol=1e-5)


def test_a_face_does_not_depend_on_the_others_rendered_with_it():
    people, photos = identities(21), nuisances(21)
    together = render(people, photos)
    alone = torch.cat([render(people[k : k + 1], photos[k : k + 1]) for k in range(21)])
    assert (together.int() - alone.int()).abs().max() <= 1


def test_every_number_drawn_is_within_its_limits_and_has_a_meaning():
    for table, rows in ((IDENTITY, identities(2000)), (NUISANCE, nuisances(2000))):
        for name, factor in table.items():
            assert factor.meaning
            assert factor.low < factor.high
            values = rows[name]
            assert values.isfinite().all()
            assert values.min() >= min(factor.low, 0)
            assert values.max() <= factor.high
    assert 45 <= len(IDENTITY) <= 80
    assert 25 <= len(NUISANCE) <= 40


@pytest.mark.parametrize("name", sorted(set(IDENTITY) - NOT_PAINTED))
def test_every_factor_of_identity_changes_the_face(name):
    factor = IDENTITY[name]
    ends = torch.tensor([0.0 if factor.chance < 1 else factor.low, factor.high])
    person = average(2, **(IDENTITY_WITH.get(name, {}) | {name: ends}))
    images = render(person, plain(2, yaw=15.0, glasses=0.0), size=112, channels=3)
    assert (images[0].int() - images[1].int()).abs().max() >= 8
    assert apart(images) > 0.005


@pytest.mark.parametrize("name", sorted(NUISANCE))
def test_every_nuisance_factor_changes_the_picture(name):
    factor = NUISANCE[name]
    ends = torch.tensor([0.0 if factor.chance < 1 else factor.low, factor.high])
    if "hue" in name:  # it goes round a circle
        ends = torch.tensor([0.0, 0.5])
    photos = plain(2, **(SEEN_WITH.get(name, {}) | {name: ends}))
    assert apart(render(average(2), photos, size=112, channels=3)) > 0.05


def test_exposure_brightens():
    images = render(average(5), plain(5, exposure=torch.linspace(-1.5, 1.5, 5)))
    assert rises(brightness(images))


def test_light_from_the_right_lights_the_right_half_more():
    images = render(average(5), plain(5, ambient=0.3, azimuth=torch.linspace(-60, 60, 5)))
    face = images[:, :, 24:48, 18:46].float()
    right, left = face[..., 14:].mean((1, 2, 3)), face[..., :14].mean((1, 2, 3))
    assert rises(right - left)
    assert abs(float((right - left)[2])) < 4


def test_skin_reflectance_brightens_skin_and_orders_the_groups():
    people = average(9, skin=torch.linspace(0, 1, 9))
    face = render(people, plain(9))[:, :, 30:50, 24:40]
    assert rises(brightness(face))
    assert skin_group(people, 4).tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 3]


def test_an_even_face_turned_to_one_side_mirrors_the_same_face_turned_to_the_other():
    even = dict.fromkeys(("crooked_brow", "crooked_mouth", "crooked_nose", "hair_part"), 0.0)
    person = average(2, mottle=0.0, age=0.0, curl=0.0, mole=0.0, **even)
    images = render(person, plain(2, yaw=torch.tensor([-25.0, 25.0])), size=112)[:, 0].float()
    mirrored = torch.stack([images[0], images[1].flip(1)])
    assert apart(mirrored) < 0.4 * apart(images)


def test_blinking_hides_the_white_of_the_eyes():
    images = render(average(2, skin=0.1), plain(2, blink=torch.tensor([0.0, 1.0])), size=112)
    eyes = images[:, 0, 42:62, 24:88].flatten(1).float()
    assert eyes[0].max() > eyes[1].max() + 30


def test_occluders_cover_more_the_larger_they_are():
    bare = render(average(), plain())[0].int()
    for name in ("mask", "block"):
        images = render(average(4), plain(4, **{name: torch.tensor([0.2, 0.45, 0.7, 1.0])}))
        changed = ((images.int() - bare).abs() > 12).float().mean((1, 2, 3))
        assert rises(changed), name


def test_glasses_are_the_persons_own_unless_put_on_or_taken_off():
    photos = plain(3, glasses=torch.tensor([-1.0, 0.0, 1.0]))
    with_, without = (render(average(3, glasses=value), photos) for value in (0.75, 0.0))
    assert torch.equal(with_[1], with_[2])
    assert torch.equal(without[0], without[1])
    assert torch.equal(with_[0], without[0])
    assert apart(with_) > 1
    assert torch.equal(with_[2], without[2])


def test_photographs_of_a_person_are_more_alike_than_those_of_two():
    people = identities(12, 5)
    photos = nuisances(3, 6, yaw=(-10.0, 10.0), azimuth=0.0, shift_x=0.0, shift_y=0.0, scale=1.0)
    photos = photos.set(exposure=0.0, ambient=0.6, back_tone=0.5, back_clutter=0.0, blink=0.0)
    images = torch.stack([render(people, photos[[k] * 12]) for k in range(3)]).float()
    unit = torch.nn.functional.normalize((images - images.mean((0, 1))).flatten(2), dim=2)
    score = unit[0] @ unit[1].T
    assert (score.argmax(1) == torch.arange(12)).float().mean() >= 0.5


def test_the_two_sizes_show_the_same_face():
    people, photos = identities(20), nuisances(20, blur=0.6, noise=0.0)
    small, large = render(people, photos, 64).float(), render(people, photos, 112).float()
    assert (resize(large, 64, 64) - small).abs().mean() < 2.5


def test_grey_is_the_brightness_of_the_colours():
    people, photos = identities(20), nuisances(20, exposure=(-0.5, 0.0))
    colour, grey = (render(people, photos, channels=c).float() for c in (3, 1))
    off = (to_grey(colour) - grey).abs()
    assert off.quantile(0.99) <= 2
    unclipped = (colour.amax(1) < 255) & (colour.amin(1) > 0)
    assert off[:, 0][unclipped].max() <= 2


@pytest.mark.parametrize("end", [0, 1])
def test_the_ends_of_all_ranges_give_sound_pictures(end):
    """A NaN turned into uint8 would be a black or white hole in an otherwise smooth picture."""
    person = identities(1, **{name: float(factor[end]) for name, factor in IDENTITY.items()})
    photo = nuisances(1, **{name: float(factor[end]) for name, factor in NUISANCE.items()})
    photo = photo.set(block=0.0, mask=0.0, exposure=0.0, noise=0.0, blur=0.0)
    for size in (64, 112):
        image = render(person, photo, size)[0, 0].float()
        assert image.std() > 5
        assert 5 < image.median() < 250


@pytest.mark.parametrize("size", [64, 112])
def test_a_head_has_no_holes_and_no_loose_parts_at_any_turn(size):
    """The head is one piece and so is everything around it (a row of head at the edge aside)."""
    corners = torch.tensor([(y, x) for y in (-50.0, -20.0, 0.0, 50.0) for x in (-20.0, 0.0, 20.0)])
    photos = plain(60, yaw=corners[:, 0].repeat(5), pitch=corners[:, 1].repeat(5), scale=0.7)
    p = prepare.scalars(identities(60, 1), photos, size)
    bumps = relief.bumps(p)
    p = {name: column[:, None, None] for name, column in p.items()}
    rough = head.rough_depth(p, head.atlas(bumps), *paint.screen(p, size // 2))
    surface = head.find(p, *paint.screen(p, size), head.upsample(rough, size))
    assert all(part.isfinite().all() for part in (surface.u, surface.v, *surface.normal))
    for inside in (surface.inside > 0).numpy():
        assert 0.15 < inside.mean() < 0.6
        assert largest_part(inside) > 0.998
        assert largest_part(~np.pad(inside, 1)) > 0.998


def test_a_stock_detector_finds_frontal_faces():
    """scikit-image's cascade, trained on photographs: 97 of 100 when this was written."""
    photos = nuisances(60, 12, yaw=(-10.0, 10.0), pitch=(-10.0, 10.0))
    images = render(identities(60, 11), photos, size=112)[:, 0].numpy()
    found = [
        bool(
            _cascade()(
                img=image, scale_factor=1.1, step_ratio=1, min_size=(30, 30), max_size=(112, 112)
            )
        )
        for image in images
    ]
    assert np.mean(found) >= 0.9


def test_a_set_has_labels_groups_and_a_source():
    faces = synth(5, 3, seed=2, channels=3)
    assert faces.people == 5
    assert faces.person.tolist() == [k for k in range(5) for _ in range(3)]
    assert torch.equal(faces.group, skin_group(identities(5, 2)).repeat_interleave(3))
    assert "seed 2" in faces.source


def test_people_and_the_number_of_their_images_can_be_chosen():
    people = identities(3, 1, skin=(0.0, 0.2), age=0.9)
    faces = synth(people, torch.tensor([1, 0, 4]), yaw=0.0)
    assert faces.counts.tolist() == [1, 0, 4]
    assert faces.group.unique().tolist() == [0]


def test_compiled_faces_differ_by_at_most_one_grey_level(monkeypatch):
    """The same graph as on demand, but without half a minute of making machine code of it."""
    module = import_module("facelib.synth.render")
    compiled = torch.compile(module.picture, dynamic=False, fullgraph=True, backend="aot_eager")
    monkeypatch.setattr(module, "_compile", lambda: compiled)
    people, photos = identities(70), nuisances(70)
    plainly, fused = (render(people, photos, compiled=flag) for flag in (False, True))
    assert (plainly.int() - fused.int()).abs().max() <= 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: identities(0), "at least 1 row"),
        (lambda: nuisances(-1), "at least 1 row"),
        (lambda: identities(2, smile=1.0), "no factor 'smile'; there are width"),
        (lambda: nuisances(2, yow=1.0), "no factor 'yow'; there are yaw"),
        (lambda: nuisances(2, yaw=90.0), r"yaw must lie in -50\.\.50 .*got 90"),
        (lambda: nuisances(2, yaw=(0.0, float("nan"))), "yaw must lie in"),
        (lambda: identities(2).set(age=1.5), r"age must lie in 0\.\.1"),
        (lambda: identities(2)["smile"], "no factor 'smile'"),
        (lambda: Factors(IDENTITY, torch.zeros(2, 3)), r"want values \(N, \d+\)"),
        (lambda: identities(2)[:0], r"N >= 1"),
        (lambda: render(identities(2), nuisances(3)), "as many people as photographs, got 2 and 3"),
        (lambda: render(nuisances(2), identities(2)), "rows of identities"),
        (lambda: render(identities(1), nuisances(1), size=96), "size 64 or 112"),
        (lambda: render(identities(1), nuisances(1), channels=4), "channels 1 or 3"),
        (lambda: synth(0), "at least 1 row"),
        (lambda: synth(2, 0), "1 image"),
        (lambda: identities(2, 2**33), "would not tell it from 0"),
        (lambda: nuisances(2, -1), "seed from 0 to"),
        (lambda: synth(2, seed=2**31), "seed from 0 to"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
