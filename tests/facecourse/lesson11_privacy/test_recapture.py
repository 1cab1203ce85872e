"""Photographs of photographs, of lesson 11."""

import pytest
import torch

from facecourse.lesson11_privacy import recapture
from facelib.synth import synth

FACES = synth(4, images=1, seed=2**27)


def make(kind, images, seed):
    return recapture.recapture(images, seed, recapture.SURFACES[kind])


@pytest.mark.parametrize("kind", recapture.SURFACES)
def test_a_recapture_looks_like_the_photograph_and_its_seed_decides_how(kind):
    images = FACES.images[:, :, :, :50]  # not square
    made, again, other = (make(kind, images, seed) for seed in (0, 0, 1))
    assert (made.dtype, made.shape) == (torch.uint8, images.shape)
    assert torch.equal(made, again)
    assert not torch.equal(made, other)
    pairs = torch.stack([images.float().flatten(1), made.float().flatten(1)], 1)
    assert all(torch.corrcoef(pair)[0, 1] > 0.5 for pair in pairs)


def test_prints_and_screens_leave_more_on_a_grey_wall_than_the_camera_does():
    wall = torch.full((8, 1, 64, 64), 120, dtype=torch.uint8)
    uneven = {kind: make(kind, wall, 0).float().std((2, 3)).mean() for kind in recapture.SURFACES}
    assert uneven[recapture.CAMERA] < min(uneven["print"], uneven["screen"]) / 1.3


def test_a_print_is_never_black_nor_white():
    bars = torch.zeros(4, 1, 64, 64, dtype=torch.uint8)
    bars[..., 32:] = 255
    made = make("print", bars, 0).float()
    assert made[..., 4:24].mean() > 15
    assert made[..., 40:60].mean() < 230


def test_what_is_no_grey_picture_is_refused():
    for bad in (FACES.images.float(), FACES.images[0], FACES.images.expand(-1, 3, -1, -1)):
        with pytest.raises(ValueError, match="want uint8"):
            make("print", bad, 0)


def test_an_image_is_compared_with_its_persons_other_photographs_alone():
    person, alone = torch.tensor([0, 0, 0, 1, 1, 1]), torch.eye(6)
    enrolled, mixed = torch.eye(2)[person], alone.clone()
    mixed[0] = alone[1]  # like one of its two others
    for asked, known, shares in (
        (enrolled, enrolled, [1] * 6), (1 - enrolled, enrolled, [0] * 6), (alone, alone, [0] * 6),
        (mixed, alone, [0.5] + [0] * 5),
    ):  # fmt: skip
        assert recapture.share_accepted(asked, known, person, 0.5).tolist() == shares


def test_a_detector_tells_stripes_from_none_on_images_it_has_not_seen():
    generator = torch.Generator().manual_seed(0)
    noise = torch.randint(100, 140, (40, 1, 32, 32), generator=generator, dtype=torch.uint8)
    stripes = noise + (60 * (torch.arange(32) % 4 < 2)).byte()
    model = recapture.train_detector(noise[:20], stripes[:20])
    live, attacks = (recapture.score_attacks(model, images[20:]) for images in (noise, stripes))
    assert live.max() < 0 < attacks.min()
    assert not recapture.bpcer_at(live, attacks, 0.05).any()


def test_live_faces_and_attacks_weigh_alike_however_many_there_are():
    generator = torch.Generator().manual_seed(0)
    noise = torch.randint(0, 255, (80, 1, 32, 32), generator=generator, dtype=torch.uint8)
    model = recapture.train_detector(noise[:10], noise[10:60])
    scores = recapture.score_attacks(model, noise[60:])
    assert 2 < int((scores > 0).sum()) < 18, "not all of them attacks, as most were"


def test_the_share_of_attacks_that_passes_sets_the_threshold():
    attacks, live = torch.arange(20.0), torch.tensor([-1.0, 0.5, 1.0, 5.0])
    assert recapture.bpcer_at(live, attacks, 0.0).tolist() == [False, True, True, True]
    assert recapture.bpcer_at(live, attacks, 0.05).tolist() == [False, False, True, True]
    assert recapture.bpcer_at(live, attacks, 0.25).tolist() == [False, False, False, True]
