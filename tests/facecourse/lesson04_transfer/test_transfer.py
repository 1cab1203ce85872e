import copy
from statistics import fmean
from unittest.mock import Mock

import pytest
import torch
from torch import nn
from torch.nn.functional import normalize

from facecourse.kit import evidence, orl, protocol, transfer
from facecourse.lesson04_transfer import experiment, figures
from facelib.data import FaceSet
from facelib.models import FaceResNet
from facelib.models.backbones import Backbone


@pytest.fixture
def faces():
    """Four people of one brightness each, five photographs each, in order of person."""
    generator = torch.Generator().manual_seed(0)
    person = torch.arange(4).repeat_interleave(5)
    images = torch.randint(60, (20, 1, 64, 64), generator=generator)
    return FaceSet((images + 60 * person.view(-1, 1, 1, 1)).byte(), person, tuple("abcd"))


class Looks(nn.Module):
    """A base of unit-length features: brightness, behind a batch norm."""

    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(2)

    def forward(self, images):
        angle = images.mean((1, 2, 3)) * 1.5
        return self.norm(torch.stack([angle.cos(), angle.sin()], 1))

    embed = forward


def test_both_sizes_show_the_same_photographs_and_choices_are_made_on_other_people():
    small, large = (experiment.take_photos(2, 0, size) for size in experiment.SIZES)
    again, _ = orl.split_photos(2, seed=0)
    assert torch.equal(small[0].images, again.images)
    assert torch.equal(orl.to_64(large[0].images), small[0].images)
    assert (len(small[0]), len(large[1])) == (40, 100)
    chosen, _ = experiment.take_photos(2, 0, chosen_on=True)
    assert (small[0].names, chosen.names) == tuple(
        people().names for people in (protocol.unseen_people, protocol.open_people)
    )


def test_neighbours_are_centred_by_other_peoples_features(faces):
    base = Looks().eval()
    named = experiment.name_by_neighbour(base, faces, faces)
    assert torch.equal(named, faces.person)
    others = faces.map(lambda images: images.clamp(max=30))
    moved = experiment.name_by_neighbour(base, faces.take(faces.person < 2), faces, others)
    centre = orl.embed_or_flatten(base, others.images).mean(0)
    away = normalize(orl.embed_or_flatten(base, faces.images) - centre)
    assert torch.equal(moved, (away @ away[faces.person < 2].T).argmax(1) // 5)


def test_deeper_groups_hold_more_of_the_base_and_the_head_always(faces):
    model = transfer.Recogniser(FaceResNet(2, 8), torch.zeros(8), 4)
    counts = []
    for depth in experiment.DEPTHS:
        head, *base = experiment.list_groups(model, depth, 1e-4)
        assert list(map(id, head["params"])) == list(map(id, model.head.parameters()))
        counts.append(sum(p.numel() for group in base for p in group["params"]))
    assert counts == sorted(set(counts))
    assert (counts[0], counts[-1]) == (0, sum(p.numel() for p in model.base.parameters()))


def test_tuning_further_leaves_what_it_began_with(faces):
    model = transfer.Recogniser(FaceResNet(2, 8), torch.zeros(8), 4).eval()
    before = copy.deepcopy(model.state_dict())
    tuned = experiment.tune_further(model, faces, seed=0, depth="last third", steps=1)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert not torch.equal(tuned.head.weight, model.head.weight)
    assert torch.equal(tuned.base.features[0].weight, model.base.features[0].weight)


def test_from_nothing_batch_norm_learns_its_statistics(faces, monkeypatch):
    monkeypatch.setattr(experiment, "FaceResNet", lambda: FaceResNet(2, 128))
    model = experiment.train_from_nothing(faces, seed=0, steps=1)
    assert not torch.equal(model.base.features[1].running_mean, torch.zeros(2))
    assert not model.training


def test_mistaken_inputs_are_what_they_say(faces):
    seen = []

    class Body(nn.Module):
        def forward(self, images):
            seen.append((images.mean(), len(images)))
            return images.flatten(1)[:, :8] + 1

    base = Backbone(Body(), 8, (0.5,) * 3, (0.25,) * 3)
    experiment.mistake_inputs(base, faces, faces)
    asked = [float(mean) for mean, _ in seen]
    pixels = faces.images.float().mean() / 255
    wanted = [(pixels - 0.5) / 0.25, (255 * pixels - 0.5) / 0.25, pixels]
    assert [asked[0], asked[2], asked[4]] == pytest.approx([float(w) for w in wanted], rel=1e-2)


def test_in_training_mode_a_face_is_judged_by_its_batch_and_the_network_stays(faces):
    base = Looks().eval()
    before = copy.deepcopy(base.state_dict())
    train = faces.take(torch.tensor([0, 5, 10, 15]))
    names = experiment.mistake_mode(base, train, faces)
    right = {name: float((said == faces.person).double().mean()) for name, said in names.items()}
    evaluated, mixed, alone = right.values()
    assert evaluated == 1
    assert alone < mixed
    assert all(torch.equal(before[name], value) for name, value in base.state_dict().items())


def test_two_functions_are_compared_by_their_names_and_told(faces, monkeypatch, capsys):
    monkeypatch.setattr(experiment.orl, "name_faces", lambda names, test: names)
    some = faces.take(torch.arange(20) % 5 == 0)
    found = experiment.compare_functions(torch.tensor([0, 0, 0, 3]), some.person, some)
    assert list(found.values()) == [0.5, 0.5, 0.0]
    figures.say_functions({"they agree": 0.5}, {"they agree": [0.4, 0.6]})
    assert "they agree: 50.0% here; 50.0% [" in capsys.readouterr().out


def test_the_settings_in_use_are_the_best_of_those_stored():
    tried = evidence.load("04")["choices"]
    best = {arm: max(map(fmean, runs.values())) for arm, runs in tried.items()}
    for arm, rate in experiment.RATES.items():
        assert fmean(tried[arm][f"{rate:g}"]) == pytest.approx(best[arm]), arm
    assert fmean(tried["stages"]["6"]) == pytest.approx(best["stages"])


def test_children_look_like_one_parent_or_the_other_in_everything(monkeypatch):
    monkeypatch.setattr(experiment, "synth", drawn := Mock())
    experiment.draw_family(seed=3)
    mother, father, *children = drawn.call_args.args[0].values
    assert len(children) == 8
    for child in children:
        assert bool(((child == mother) | (child == father)).all())
        assert not torch.equal(child, mother)
