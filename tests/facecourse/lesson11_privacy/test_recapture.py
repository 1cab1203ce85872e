"""Photographs of photographs, of lesson 10."""

import pytest
import torch
from facecourse.lesson10_harm import figures, recapture

from facelib.synth import synth

FACES = synth(4, images=1, seed=2**27)
MAKE = {"camera": recapture.recapture} | recapture.RECAPTURES


@pytest.mark.parametrize("kind", MAKE)
def test_a_recapture_looks_like_the_photograph_and_its_seed_decides_how(kind):
    images = FACES.images[:, :, :, :50]  # not square
    made, again, other = (MAKE[kind](images, seed) for seed in (0, 0, 1))
    assert (made.dtype, made.shape) == (torch.uint8, images.shape)
    assert torch.equal(made, again)
    assert not torch.equal(made, other)
    pairs = torch.stack([images.float().flatten(1), made.float().flatten(1)], 1)
    assert all(torch.corrcoef(pair)[0, 1] > 0.5 for pair in pairs)


def test_prints_and_screens_leave_more_on_a_grey_wall_than_the_camera_does():
    wall = torch.full((8, 1, 64, 64), 120, dtype=torch.uint8)
    uneven = {kind: make(wall, 0).float().std((2, 3)).mean() for kind, make in MAKE.items()}
    assert uneven["camera"] < min(uneven["print"], uneven["screen"]) / 1.3


def test_a_print_is_never_black_nor_white():
    bars = torch.zeros(4, 1, 64, 64, dtype=torch.uint8)
    bars[..., 32:] = 255
    made = MAKE["print"](bars, 0).float()
    assert made[..., 4:24].mean() > 15
    assert made[..., 40:60].mean() < 230


def test_what_is_no_grey_picture_is_refused():
    for bad in (FACES.images.float(), FACES.images[0], FACES.images.expand(-1, 3, -1, -1)):
        with pytest.raises(ValueError, match="want uint8"):
            recapture.recapture(bad, 0)


def test_an_image_is_compared_with_its_persons_other_photographs_alone():
    person, alone = torch.tensor([0, 0, 0, 1, 1, 1]), torch.eye(6)
    enrolled, mixed = torch.eye(2)[person], alone.clone()
    mixed[0] = alone[1]  # like one of its two others
    for asked, known, shares in (
        (enrolled, enrolled, [1] * 6), (1 - enrolled, enrolled, [0] * 6), (alone, alone, [0] * 6),
        (mixed, alone, [0.5] + [0] * 5),
    ):  # fmt: skip
        assert recapture.share_accepted(asked, known, person, 0.5).tolist() == shares
    with pytest.raises(ValueError, match="5, 6, 6"):
        recapture.share_accepted(alone[:5], alone, person, 0.5)


def test_a_detector_tells_stripes_from_none_on_images_it_has_not_seen():
    generator = torch.Generator().manual_seed(0)
    noise = torch.randint(100, 140, (40, 1, 32, 32), generator=generator, dtype=torch.uint8)
    stripes = noise + (60 * (torch.arange(32) % 4 < 2)).byte()
    model = recapture.train_detector(noise[:20], stripes[:20])
    assert not recapture.detect_attacks(model, noise[20:]).any()
    assert recapture.detect_attacks(model, stripes[20:]).all()


def test_a_figure_shows_every_kind(capsys):
    figures.draw_recaptures(FACES)
    said = capsys.readouterr().out
    assert all(word in said for word in ("camera", "print", "screen"))
