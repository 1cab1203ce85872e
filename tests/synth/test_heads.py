"""Faces on MakeHuman's head: every number does something, from any side, at any size."""

import gzip
from importlib import import_module

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage

from facelib.data import resize, to_grey
from facelib.data.folder import _cascade
from facelib.synth import nuisances as plain_nuisances
from facelib.synth.heads import (
    FRONTAL,
    IDENTITY,
    NUISANCE,
    WORLD,
    head,
    identities,
    mesh,
    nuisances,
    render,
)
from facelib.synth.heads.head import MAPS, surface
from tests.synth.test_synth import apart, brightness, largest_part, rises
from tools import bake_head

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


def plain(n: int = 1, **choices):
    return nuisances(n, 0, **(PLAIN | choices))


def average(n: int = 1, **choices):
    return identities(n, 0, **(AVERAGE | choices))


@pytest.mark.parametrize("table", [IDENTITY, NUISANCE], ids=["identity", "nuisance"])
def test_every_factor_changes_the_picture(table):
    for name, factor in table.items():
        ends = torch.tensor([0.0 if factor.chance < 1 else factor.low, factor.high])
        if "hue" in name or name == "crooked":  # it goes round a circle
            ends = torch.tensor([0.0, 0.5])
        choices = SEEN_WITH.get(name, {}) | {name: ends}
        person, photo = (choices, {}) if table is IDENTITY else ({}, choices)
        if table is IDENTITY:
            photo = {"yaw": 15.0, "scale": 1.0}
        images = render(average(2, **person), plain(2, **photo), size=112, channels=3)
        assert (images[0].int() - images[1].int()).abs().max() >= 8, name
        assert factor.meaning


def test_the_same_numbers_give_the_same_face_alone_or_together():
    people, photos = identities(21), nuisances(21)
    together = render(people, photos)
    alone = torch.cat([render(people[k : k + 1], photos[k : k + 1]) for k in range(21)])
    off = (together.int() - alone.int()).abs().float()
    assert off.quantile(0.999) <= 1  # a spot may fall into the next pixel
    assert torch.allclose(identities(40, 3).values[:7], identities(7, 3).values, atol=1e-6)


CORNERS = torch.cartesian_prod(torch.tensor([-50.0, -20.0, 0.0, 50.0]), torch.arange(-20.0, 21, 20))


@pytest.mark.parametrize("size", [64, 112])
def test_a_head_is_in_one_piece_at_any_turn(size):
    yaw, pitch = CORNERS.repeat(5, 1).unbind(1)
    maps, _ = surface(identities(60, 1), plain(60, yaw=yaw, pitch=pitch, scale=0.7), size)
    assert maps.isfinite().all()
    spots = len(mesh.load(maps.device, size).spot_quad)
    assert spots * (2 + 1.5) / head.NEAR < 2**31, "a spot and its depth are one number"
    for inside in (maps[:, MAPS.index("cover")] > 0).numpy():
        assert 0.1 < inside.mean() < 0.6
        assert largest_part(inside) > 0.995
        assert largest_part(~np.pad(inside, 1)) > 0.995


@pytest.mark.parametrize("size", [64, 112])
def test_nothing_shows_through_a_head_as_large_as_aligners_cut_it(size):
    yaw, pitch = CORNERS.repeat(2, 1).unbind(1)
    maps, _ = surface(identities(24, 1), plain(24, yaw=yaw, pitch=pitch, scale=1.25), size)
    cover = maps[:, MAPS.index("cover")].numpy()
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


def test_half_a_mask_covers_the_mouth_and_a_whole_one_the_nose_but_not_the_eyes():
    bare, half, whole = render(average(3), plain(3, mask=torch.tensor([0.0, 0.5, 1.0])), 112).int()
    maps, _ = surface(average(), plain(), 112)
    lips, v = maps[0, MAPS.index("lips")] > 0.9, maps[0, 1]
    on_head = maps[0, MAPS.index("cover")] == 1
    nose = on_head & ((v - 0.38).abs() < 0.06) & (maps[0, 0].abs() < 0.1)
    eyes = on_head & (v.abs() < 0.05)
    for image, masked in ((half, (True, False, False)), (whole, (True, True, False))):
        changed = (image - bare)[0].abs() > 8
        assert [bool(changed[part].float().mean() > 0.5) for part in (lips, nose, eyes)] == [
            *masked
        ]


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


def test_sizes_colours_and_compiled_faces_agree(monkeypatch):
    people, photos = identities(20), nuisances(20, blur=0.6, noise=0.0, exposure=(-0.5, 0.0))
    small, large = render(people, photos, 64).float(), render(people, photos, 112).float()
    assert (resize(large, 64, 64) - small).abs().mean() < 3
    off = (to_grey(render(people, photos, channels=3).float()) - small).abs()
    assert off.quantile(0.99) <= 2
    module = import_module("facelib.synth.heads.render")
    graph = torch.compile(module.picture, dynamic=False, fullgraph=True, backend="aot_eager")
    monkeypatch.setattr(module, "_compile", lambda: graph)
    fused = render(people, photos, compiled=True)
    assert (small.int() - fused.int()).abs().max() <= 1


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
    photos = nuisances(60, 12, yaw=(-10.0, 10.0), pitch=(-10.0, 10.0))
    images = render(identities(60, 11), photos, size=112)[:, 0].numpy()
    box = {"scale_factor": 1.1, "step_ratio": 1, "min_size": (30, 30), "max_size": (112, 112)}
    assert np.mean([bool(_cascade()(img=image, **box)) for image in images]) >= 0.9


@pytest.mark.parametrize("damage", ["missing", "another file", "a gap"])
def test_a_mesh_that_is_gone_says_to_install_again(tmp_path, monkeypatch, damage):
    if damage == "another file":
        (tmp_path / "head.npz").write_bytes(b"PK\x03\x04 no mesh")
    elif damage == "a gap":
        content = bytearray(mesh.FILE.read_bytes())
        content[5000:250_000] = bytes(245_000)
        (tmp_path / "head.npz").write_bytes(content)
    monkeypatch.setattr(mesh, "FILE", tmp_path / "head.npz")
    with pytest.raises(ValueError, match="missing or damaged.*install facelib again"):
        mesh.baked.__wrapped__()


def test_what_is_not_a_pair_of_tables_is_refused():
    for people, photos in ((nuisances(2), identities(2)), (identities(2), plain_nuisances(2))):
        with pytest.raises(ValueError, match="rows of identities"):
            render(people, photos)
    with pytest.raises(ValueError, match="as many people as photographs, got 2 and 3"):
        render(identities(2), nuisances(3))
    with pytest.raises(ValueError, match="size 64 or 112"):
        render(identities(1), nuisances(1), size=96)
    with pytest.raises(ValueError, match="no factor 'smile'"):
        identities(2, smile=1.0)


def test_faces_at_rest_are_the_same_whatever_the_seed_and_the_world_has_its_ranges():
    still = nuisances(9, 4, **FRONTAL)
    for name in FRONTAL:
        assert still[name].unique().numel() == 1, name
    for name, (low, high) in WORLD.items():
        assert ((nuisances(99, 4, **WORLD)[name] - (low + high) / 2).abs() <= high - low).all()


def test_baking_keeps_what_a_mesh_and_its_targets_say(tmp_path):
    """A plate for a face, a smaller one for each eye and jaw, one target of every sort."""
    lines, faces = [], []

    def plate(group, x, y, half, z):
        lines.extend(f"v {x + a * half} {y + b * half} {z}" for b in (-1, 1) for a in (-1, 1))
        first = len(lines) - 3
        corners = " ".join(f"{first + k}/{k + 1}" for k in (0, 1, 3, 2))
        faces.extend((f"g {group}", f"f {corners}"))

    plate("body", 0.0, 7.2, 0.5, 1.3)
    plate("body", 0.0, 2.0, 0.5, 1.3)  # a knee, say
    for group, x, y in (("l-eye", 0.3, 7.3), ("r-eye", -0.3, 7.3), ("upper-teeth", 0, 6.7),
                        ("lower-teeth", 0, 6.6)):  # fmt: skip
        plate(f"helper-{group}", x, y, 0.05, 1.25)
    mesh_file = tmp_path / "3dobjs/base.obj"
    mesh_file.parent.mkdir()
    texture = ["vt 0 0", "vt 1 0", "vt 0 1", "vt 1 1"]
    mesh_file.write_text("\n".join([*lines, *texture, *faces]))
    targets = {"nose/nose-hump-incr": "0 0 0.22 0", "nose/nose-hump-decr": "0 0 -0.11 0",
               "expression/units/caucasian/eye-left-slit": "1 0.11 0 0"} | {
        f"macrodetails/{origin}-{sex}-{age}": "2 0 0 0.11"
        for origin in bake_head.ORIGINS for sex in ("female", "male") for age in ("old", "young")
    }  # fmt: skip
    for name, line in targets.items():
        file = tmp_path / f"targets/{name}.target.gz"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(gzip.compress(f"# MakeHuman\n{line}\n".encode()))
    (tmp_path / "textures").mkdir()
    for name in ("lips", "ears"):
        Image.new("L", (8, 8), 200).save(tmp_path / f"textures/mpfb_{name}.jpg")
    bake_head.main(tmp_path, tmp_path / "head.npz")
    with np.load(tmp_path / "head.npz") as found:
        assert found["points"].shape == (20, 3)  # without the knee
        np.testing.assert_allclose(found["points"][0], (-0.5 / 1.1, 0.584 / 1.1, 0.8 / 1.1), 1e-5)
        assert found["shape_names"].tolist() == ["nose_hump"]
        moves = found["shapes"] * found["shapes_step"]
        np.testing.assert_allclose(moves[0, :, 0, 1], (0.1, -0.2), atol=2e-3)  # v points down
        assert found["move_names"].tolist() == ["eye_slit"]
        assert found["heads"].shape == (12, 20, 3)
        assert found["lips"][:4].tolist() == [200] * 4
        assert found["sky"][:4].min() > 200
