"""People who don't exist: the same numbers give the same faces, and every number does something."""

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage

from facelib.data import resize, to_grey
from facelib.door.detect import detect
from facelib.synth import (
    IDENTITY,
    NUISANCE,
    Factors,
    head,
    identities,
    mesh,
    nuisances,
    render,
    skin_group,
    synth,
)
from facelib.synth.head import MAPS, surface

PLAIN = dict.fromkeys(NUISANCE, 0.0) | {
    "scale": 0.9, "elevation": 20.0, "ambient": 0.5, "contrast": 1.0, "blur": 0.3, "back_tone": 0.5,
    "distance": 1.0, "hat_y": 0.3,
}  # fmt: skip
SEEN_WITH = {  # factors that only show together with another
    "back_hue": {"back_colour": 0.8}, "back_place": {"back_clutter": 1.0},
    "noise_place": {"noise": 0.1}, "block_x": {"block": 0.3}, "block_y": {"block": 0.3},
    "cloth_hue": {"cloth_tone": 0.7}, "hat_y": {"hat": 0.5}, "teeth": {"smile": 1.0},
    "beard_shape": {"beard": 1.0}, "glasses_width": {"glasses": 1.0},
    "glasses_shape": {"glasses": 1.0}, "mole_u": {"mole": 1.0},
    "mole_v": {"mole": 1.0, "mole_u": 0.3}, "skin_u": {"mottle": 1.0, "age": 1.0},
    "skin_v": {"mottle": 1.0, "age": 1.0},
}  # fmt: skip
AVERAGE = {name: (factor.low + factor.high) / 2 for name, factor in IDENTITY.items()} | {
    "beard": 0.0, "moustache": 0.0, "glasses": 0.0, "fringe": 0.0, "freckles": 0.0, "mole": 0.0,
    "hair_red": 0.0, "hair_length": 0.1, "hair_cover": 0.9,
}  # fmt: skip


def plain(n: int = 1, **choices) -> Factors:
    return nuisances(n, 0, **(PLAIN | choices))


def average(n: int = 1, **choices) -> Factors:
    return identities(n, 0, **(AVERAGE | choices))


def joined(rows: list[Factors]) -> Factors:
    return Factors(rows[0].table, torch.cat([row.values for row in rows]))


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


def test_the_same_seed_gives_the_same_pixels_and_another_seed_others():
    first, again, other = (synth(4, 3, seed=seed).images for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert (first.float() - other.float()).abs().mean() > 10


def test_the_same_numbers_give_the_same_face_alone_or_together():
    people, photos = identities(21), nuisances(21)
    together = render(people, photos)
    alone = torch.cat([render(people[k : k + 1], photos[k : k + 1]) for k in range(21)])
    off = (together.int() - alone.int()).abs().float()
    assert off.quantile(0.999) <= 1  # a spot may fall into the next pixel
    assert torch.allclose(identities(40, 3).values[:7], identities(7, 3).values, atol=1e-6)
    assert torch.allclose(nuisances(40, 3).values[:7], nuisances(7, 3).values, atol=1e-5)


@pytest.mark.parametrize("table", [IDENTITY, NUISANCE], ids=["identity", "nuisance"])
def test_every_factor_changes_the_picture(table):
    people, photos = [], []
    for name, factor in table.items():
        ends = torch.tensor([0.0 if factor.chance < 1 else factor.low, factor.high])
        if "hue" in name or name == "crooked":  # it goes round a circle
            ends = torch.tensor([0.0, 0.5])
        choices = SEEN_WITH.get(name, {}) | {name: ends}
        person, photo = (choices, {}) if table is IDENTITY else ({}, choices)
        if table is IDENTITY:
            photo = {"yaw": 15.0, "scale": 1.0}
        people.append(average(2, **person))
        photos.append(plain(2, **photo))
    images = render(joined(people), joined(photos), channels=3).int()
    changed = (images[::2] - images[1::2]).abs().flatten(1).amax(1)
    assert [name for name, most in zip(table, changed.tolist(), strict=True) if most < 8] == []


CORNERS = torch.cartesian_prod(torch.tensor([-50.0, -20.0, 0.0, 50.0]), torch.arange(-20.0, 21, 20))


@pytest.mark.parametrize("size", [64, 112])
def test_at_any_turn_a_head_is_in_one_piece_and_nothing_shows_through_however_large(size):
    yaw, pitch = CORNERS.repeat(2, 1).unbind(1)
    maps, large = (
        surface(identities(24, 1), plain(24, yaw=yaw, pitch=pitch, scale=scale), size)[0]
        for scale in (0.7, 1.25)  # as large as aligners cut it
    )
    assert maps.isfinite().all()
    spots = len(mesh.load(maps.device, size).spot_quad)
    assert spots * (2 + 1.5) / head.NEAR < 2**31, "a spot and its depth are one number"
    for inside in (maps[:, MAPS.index("cover")] > 0).numpy():
        assert 0.1 < inside.mean() < 0.6
        assert largest_part(inside) > 0.995
        assert largest_part(~np.pad(inside, 1)) > 0.995
    cover = large[:, MAPS.index("cover")].numpy()
    inside = np.stack([ndimage.binary_fill_holes(face > 0) for face in cover])
    deep = ndimage.binary_erosion(inside, np.ones((1, 3, 3)), iterations=3)
    assert (cover[deep] < 1).mean() < 0.001  # 1 in 100 without neighbours' help


def test_yaw_goes_right_pitch_up_roll_right_and_shifts_right_and_down():
    def nose(**change):
        """Of the tip and the eyes in the image, right and down, from 0 to 1."""
        photo, plate = plain(**{"scale": 1.25} | change), mesh.load(torch.device("cpu"), 64)
        seen, _, _ = head.turned(head.moved(average(), photo, plate), photo, plate)
        where, _ = head.placed(seen, photo, plate)
        return seen[0, plate.nose], where[0, plate.nose], where[0, plate.eyes[1]].mean(0)

    at_rest, tip, eye = nose()
    assert nose(yaw=20.0)[0][0] > at_rest[0] + 0.1
    assert nose(pitch=15.0)[0][1] < at_rest[1] - 0.1
    assert nose(roll=15.0)[2][1] > eye[1] + 0.02, "leaning to the right lowers the right eye"
    moved = nose(shift_x=0.1, shift_y=0.2)[1] - tip
    torch.testing.assert_close(moved, torch.tensor([0.05, 0.1]))


def test_an_aligner_puts_the_eyes_where_it_should_whoever_it_is_and_however_turned():
    photos = plain(40, scale=1.25, yaw=(-30.0, 30.0), pitch=(-15.0, 15.0))
    maps, _ = surface(identities(40, 2), photos, 112)
    eye = maps[:, MAPS.index("eye")]
    rows = (eye.sum(2) * torch.arange(112)).sum(1) / eye.sum((1, 2))
    assert (rows - 51.6).abs().mean() < 2
    columns = (eye.sum(1) * torch.arange(112)).sum(1) / eye.sum((1, 2))
    assert (columns - 56).abs().mean() < 4


def test_light_exposure_and_skin_brighten():
    lit = render(average(5), plain(5, ambient=0.3, azimuth=torch.linspace(-60, 60, 5))).float()
    assert rises((lit[..., 32:44] - lit[..., 20:32])[:, :, 24:48].mean((1, 2, 3)))
    assert rises(brightness(render(average(5), plain(5, exposure=torch.linspace(-1.5, 1.5, 5)))))
    face = render(average(9, skin=torch.linspace(0, 1, 9)), plain(9))[:, :, 30:50, 24:40]
    assert rises(brightness(face))
    groups = skin_group(average(9, skin=torch.linspace(0, 1, 9)), 4)
    assert groups.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 3]


def test_half_a_mask_covers_the_mouth_and_a_whole_one_the_nose_but_not_the_eyes():
    bare, half, whole = render(average(3), plain(3, mask=torch.tensor([0.0, 0.5, 1.0])), 112).int()
    maps, _ = surface(average(), plain(), 112)
    lips, v = maps[0, MAPS.index("lips")] > 0.9, maps[0, 1]
    on_head = maps[0, MAPS.index("cover")] == 1
    nose = on_head & ((v - 0.38).abs() < 0.06) & (maps[0, 0].abs() < 0.1)
    eyes = on_head & (v.abs() < 0.05)
    for image, masked in ((half, [True, False, False]), (whole, [True, True, False])):
        changed = (image - bare)[0].abs() > 8
        assert [bool(changed[part].float().mean() > 0.5) for part in (lips, nose, eyes)] == masked


def test_an_even_face_turned_to_one_side_mirrors_the_same_face_turned_to_the_other():
    even = dict.fromkeys(("crooked_brow", "hair_part", "mottle", "age", "curl", "mole"), 0.0)
    photos = plain(2, yaw=torch.tensor([-25.0, 25.0]))
    images = render(average(2, **even), photos, size=112)[:, 0].float()
    assert apart(torch.stack([images[0], images[1].flip(1)])) < 0.4 * apart(images)


def test_expressions_move_what_they_name():
    still, *moved = (
        surface(average(), plain(**{"scale": 1.25} | change), 112)[0][0]
        for change in ({}, {"blink": 1.0}, {"mouth_open": 1.0}, {"smile": 1.0, "teeth": 1.0})
    )
    eye, tooth = MAPS.index("eye"), MAPS.index("tooth")
    assert moved[0][eye].sum() < 0.2 * still[eye].sum()
    assert moved[1][tooth].sum() > still[tooth].sum() + 10
    assert moved[2][tooth].sum() > still[tooth].sum() + 10


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


def test_sizes_and_colours_agree():
    people, photos = identities(20), nuisances(20, blur=0.6, noise=0.0, exposure=(-0.5, 0.0))
    small, large, colour = (
        render(people, photos, size, channels) for size, channels in ((64, 1), (112, 1), (64, 3))
    )
    for images, shape in ((small, (1, 64, 64)), (large, (1, 112, 112)), (colour, (3, 64, 64))):
        assert (images.dtype, images.shape[1:]) == (torch.uint8, shape)
        assert images.float().std((1, 2, 3)).min() > 10
    assert (resize(large.float(), 64, 64) - small).abs().mean() < 3
    off = (to_grey(colour.float()) - small).abs()
    assert off.quantile(0.99) <= 2


@pytest.mark.parametrize("end", [0, 1])
def test_the_ends_of_all_ranges_give_sound_pictures(end):
    person = identities(1, **{name: float(factor[end]) for name, factor in IDENTITY.items()})
    photo = nuisances(1, **{name: float(factor[end]) for name, factor in NUISANCE.items()})
    photo = photo.set(block=0.0, mask=0.0, hat=0.0, exposure=0.0, noise=0.0, blur=0.0)
    for size in (64, 112):
        image = render(person, photo, size)[0, 0].float()
        assert image.std() > 5
        assert 5 < image.median() < 250


def test_a_stock_detector_finds_frontal_faces():
    photos = nuisances(30, 12, yaw=(-10.0, 10.0), pitch=(-10.0, 10.0), scale=(0.86, 1.18))
    images = render(identities(30, 11), photos, size=112, channels=3).permute(0, 2, 3, 1).numpy()
    assert np.mean([bool(detect(Image.fromarray(image))) for image in images]) >= 0.9


BAKED = mesh.FILE.read_bytes()


@pytest.mark.parametrize(
    "content",
    [None, b"PK\x03\x04 no mesh", BAKED[:5000] + bytes(245_000) + BAKED[250_000:]],
    ids=["missing", "another file", "a gap"],
)
def test_a_mesh_that_is_gone_says_to_install_again(tmp_path, monkeypatch, content):
    if content:
        (tmp_path / "head.npz").write_bytes(content)
    monkeypatch.setattr(mesh, "FILE", tmp_path / "head.npz")
    with pytest.raises(ValueError, match="missing or damaged.*install facelib again"):
        mesh.baked.__wrapped__()


def test_a_set_has_labels_groups_and_a_source_and_its_people_can_be_chosen():
    faces = synth(5, 3, seed=2, channels=3)
    assert faces.people == 5
    assert faces.person.tolist() == [k for k in range(5) for _ in range(3)]
    assert torch.equal(faces.group, skin_group(identities(5, 2)).repeat_interleave(3))
    assert "seed 2" in faces.source
    faces = synth(identities(3, 1, skin=(0.0, 0.2), age=0.9), torch.tensor([1, 0, 4]), yaw=0.0)
    assert faces.counts.tolist() == [1, 0, 4]
    assert faces.group.unique().tolist() == [0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: identities(0), "at least 1 row"),
        (lambda: nuisances(2, yow=1.0), "no factor 'yow'; there are yaw"),
        (lambda: nuisances(2, yaw=90.0), r"yaw must lie in -50\.\.50 .*got 90"),
        (lambda: nuisances(2, yaw=(0.0, float("nan"))), "yaw must lie in"),
        (lambda: identities(5).set(age=torch.rand(5, 1)), r"number for age, or 5, got \(5, 1\)"),
        (lambda: identities(3, age=(0.0, 0.5, 1.0)), r"one number for age, or 2, got \(3,\)"),
        (lambda: synth(5, torch.tensor([1, 2])), r"one number for images, or 5, got \(2,\)"),
        (lambda: Factors(IDENTITY, torch.zeros(2, 3)), r"want values \(N, \d+\)"),
        (lambda: identities(2)[:0], r"N >= 1"),
        (lambda: render(identities(2), nuisances(3)), "as many people as photographs, got 2 and 3"),
        (lambda: render(nuisances(2), identities(2)), "rows of identities"),
        (lambda: render(identities(1), nuisances(1), size=96), "size 64 or 112"),
        (lambda: render(identities(1), nuisances(1), channels=4), "channels 1 or 3"),
        (lambda: synth(2, 0), "1 image"),
        (lambda: identities(2, 2**33), "would not tell it from 0"),
        (lambda: synth(2, seed=2**31), "seed from 0 to"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
