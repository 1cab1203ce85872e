"""The attacks, figures and widgets of lesson 11 do what the lesson says."""

import pytest
import torch
from sklearn.linear_model import Ridge

from facecourse.lesson11_privacy import exercises, experiment, figures, recapture
from facelib.measure import Interval
from facelib.models import FaceResNet, embed
from facelib.synth import IDENTITY, NUISANCE, identities, synth
from facelib.synth.people import pick_seed


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return FaceResNet(4, 128, (0, 0, 1)).eval().requires_grad_(False)


def test_victims_have_three_photographs_and_the_attacker_has_never_rendered_them():
    people, photos = experiment.render_victims(3)
    assert photos.shape == (3, 3, 1, 64, 64)
    others, _ = experiment.render_victims(3, 1)
    images, who = experiment.render_attackers(3)
    assert torch.equal(who.values[::2], who.values[1::2])
    assert torch.equal(images, synth(3, 2, pick_seed("attacker")).images)
    rows = torch.cat([people.values, others.values, who.values[::2]])
    assert len(rows.unique(dim=0)) == 9


def test_guessed_numbers_become_people_however_wild_they_are():
    wild = 100 * torch.randn(20, len(IDENTITY), generator=torch.Generator().manual_seed(1))
    people = experiment.limit_numbers(wild.double().numpy())
    has = people["beard"] != 0
    assert (people["beard"][has] >= IDENTITY["beard"].low).all()
    assert 0 < has.sum() < 20
    assert experiment.render_portraits(people[:2]).shape == (2, 1, 64, 64)
    numbers = identities(2, seed=2**26).values.clone()
    numbers[:, list(IDENTITY).index("glasses")] = torch.tensor([0.24, 0.26])
    found = experiment.limit_numbers(numbers)["glasses"].tolist()
    assert found == [0.0, 0.5], "a rare thing is there above half of its least"


def test_portraits_differ_by_the_person_alone():
    assert set(experiment.PORTRAIT) == set(NUISANCE)
    known = identities(2, seed=2**26)
    first = experiment.render_portraits(known)
    assert torch.equal(first[1:], experiment.render_portraits(known[1:2]))
    assert not torch.equal(first[0], first[1])


def test_a_reconstruction_is_told_from_the_embedding(model):
    _, (enrolled, *_) = experiment.render_victims(8)
    stolen = embed(model, enrolled, flip=False)
    made = experiment.invert(model, stolen, 60)
    assert made.shape == enrolled.shape
    assert not torch.equal(made, experiment.invert(model, stolen.roll(1, 0), 60))


def test_small_steps_stay_within_the_limit_and_climb(model):
    _, (enrolled, other, _) = experiment.render_victims(4)
    see, faces = experiment.defend(model, "none"), other.roll(1, 0).float() / 255
    targets = experiment.as_recogniser(see)(enrolled).clone()
    made = experiment.climb_to(see, faces, targets, 4 / 255)
    assert 0 < (made - faces).abs().max() <= 4.01 / 255
    assert torch.allclose(255 * made, (255 * made).round(), atol=1e-3)
    scores = [(see(images) * targets).sum(1) for images in (faces, made)]
    assert (scores[1] > scores[0] + 0.05).all()


@pytest.mark.parametrize("defence", experiment.DEFENCES)
def test_gradients_pass_through_every_defence(model, defence):
    faces = synth(2, 1, seed=3).images.float() / 255
    changed = experiment.DEFENCES[defence](faces)
    assert changed.shape == faces.shape
    assert torch.equal(changed, faces) == (defence == "none")
    faces.requires_grad_()
    see = experiment.defend(model, defence, looks=2)
    see(faces)[:, 0].sum().backward()
    assert faces.grad.abs().max() > 0
    assert see(faces.detach()).norm(dim=1).tolist() == pytest.approx([1, 1], abs=1e-5)


def test_whoever_knows_the_defence_is_let_in_at_least_as_often_as_far_as_steps_go(
    model, monkeypatch
):
    monkeypatch.setattr(experiment, "choose_door_threshold", lambda ask: 0.9)
    found = experiment.fool_doors(model, 6, limits=(1, 8), steps=4)
    assert list(found) == list(experiment.DEFENCES)
    assert found["none"]["aware"] == found["none"]["unaware"]
    assert found["none"]["aware"]["8"].value >= found["none"]["aware"]["1"].value
    assert found["blur"]["TAR"][""].n == 6


def test_a_threshold_is_the_owners_and_keeps_his_far(model, monkeypatch):
    ask = experiment.as_recogniser(experiment.defend(model, "none"))
    monkeypatch.setattr(experiment, "DOOR", 0.05)
    mild = experiment.choose_door_threshold(ask, 20)
    monkeypatch.setattr(experiment, "DOOR", 0.01)
    assert experiment.choose_door_threshold(ask, 20) > mild


def test_figures_say_what_was_measured(shown):
    half = Interval(0.5, 0.4, 0.6, 20)
    kinds = dict.fromkeys(("live", recapture.CAMERA, "print", "screen"), half)
    figures.draw_recaptures(synth(2, 1, seed=3), kinds, half)
    people, (enrolled, *_) = experiment.render_victims(2)
    figures.draw_reconstructions(enrolled, enrolled, people)
    assert "print 50 %" in shown[-2]
    assert "true numbers" in shown[-1]


def test_the_widgets_follow_their_sliders(model, shown):
    _, (enrolled, other, _) = experiment.render_victims(6)
    stolen = embed(model, enrolled, flip=False)
    images, who = experiment.render_attackers(40)
    attack = Ridge(0.1).fit(embed(model, images, flip=False), who.values)
    secret, _ = torch.linalg.qr(torch.randn(128, 128, generator=torch.Generator().manual_seed(0)))
    slider, _ = figures.key_slider(model, attack, stolen, secret).children
    for pairs in (0, 300):
        slider.value = pairs
        cosine = float(shown[-1].split("cosine of ")[1].split()[0])
        assert (cosine > 0.9) == (pairs == 300)
    grey, _ = figures.change_slider(model, other[:1].float() / 255, stolen[1:2], 0.0).children
    grey.value = 0
    assert "4 grey values" in shown[-2]
    assert shown[-1].startswith("A face before and after 0")


def test_whoever_excludes_mirrors_is_right_too():
    def turn(templates, known_rotated, known):
        left, _, right = torch.linalg.svd(known_rotated.T @ known)
        left[:, -1] *= (left @ right).det().sign()
        return templates @ (left @ right)

    assert exercises.turn_back.check(turn).kind == "correct"


def test_any_threshold_at_which_this_share_of_attacks_passes_is_right():
    def take_last(live, attacks, apcer):
        return (live > attacks.sort().values[round(apcer * len(attacks)) - 1]).double().mean()

    def take_next(live, attacks, apcer):
        return (live >= attacks.sort().values[round(apcer * len(attacks))]).double().mean()

    for answer in (take_last, take_next):
        assert exercises.bpcer.check(answer).kind == "correct"


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
