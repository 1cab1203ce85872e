"""The trials of face generators, at their smallest."""

import json

import pytest
import torch

from benchmarks import trials
from facelib.data import LFW, FaceSet, Pairs, resize, to_grey


@pytest.fixture
def view_1(monkeypatch):
    """Four photographs of two people, and the views that were asked for."""
    images = torch.randint(256, (4, 3, 112, 112), generator=torch.Generator().manual_seed(0))
    faces = FaceSet(images.byte(), torch.tensor([0, 0, 1, 1]), ("a", "b"))
    pairs = Pairs(torch.tensor([0, 0]), torch.tensor([1, 3]), torch.tensor([True, False]))
    asked = []

    def lfw(view):
        asked.append(view)
        return LFW(faces, pairs, torch.zeros(2))

    monkeypatch.setattr(trials, "lfw", lfw)
    return asked


def test_a_trial_is_added_to_those_before_it_losers_too(view_1, tmp_path, monkeypatch):
    monkeypatch.setattr(trials, "train", lambda trial, pictures, person, seed: seed)
    monkeypatch.setattr(trials, "judge", lambda model, images, pairs: {"score": model})
    monkeypatch.setattr(trials, "SHIPPED", trials.Trial(lambda: (None, None)))
    trials.main("first", "benchmarks.trials:SHIPPED", folder=tmp_path)
    trials.main("second", "benchmarks.trials:SHIPPED", "7", folder=tmp_path)
    trials.main("second", "benchmarks.trials:SHIPPED", "8", folder=tmp_path)
    stored = json.loads((tmp_path / "trials.json").read_text())["trials"]
    assert stored == {
        "first": {seed: {"score": int(seed)} for seed in "012"},
        "second": {"7": {"score": 7}, "8": {"score": 8}},
    }
    assert view_1 == [1, 1, 1], "LFW is read once a trial, not once a seed"


@pytest.mark.parametrize("name", ["WIDER", "DEEPER", "LARGER", "COLOUR"])
def test_another_network_learns_and_is_judged_on_the_same_people(name, view_1, monkeypatch):
    trial, shape = getattr(trials, name), {"LARGER": (1, 112), "COLOUR": (3, 64)}.get(name, (1, 64))
    monkeypatch.setattr(trials, "BATCH", 16)
    kind = {"channels": shape[0], "size": shape[1]}
    pictures, person = trials.draw(8, 4, **kind)
    assert pictures.shape == (32, shape[0], shape[1], shape[1])
    alike = to_grey(resize(pictures, 64, 64)).float() - trials.draw(8, 4)[0]
    assert alike.abs().mean() < 8, "the same photographs"
    model = trials.train(trial, pictures, person, seed=0, steps=1)
    monkeypatch.setattr(trials.protocol, "unseen_people", None)
    faces, pairs, _ = trials.lfw(view=1)
    found = trials.judge(model, faces, pairs)
    assert list(found) == ["View 1, accuracy", "View 1, AUC", "ORL s1-s20, AUC"]
    assert 0.5 <= found["View 1, accuracy"] <= 1, "the best threshold is never worse than none"
    assert 0.5 < found["ORL s1-s20, AUC"] < 1


def test_some_pictures_lose_their_colour_and_the_others_keep_it():
    images = torch.tensor([200, 60, 20]).byte().view(1, 3, 1, 1).expand(64, 3, 8, 8)
    distorted = trials.distort_some_grey(images, torch.Generator().manual_seed(0))
    grey = (distorted == distorted[:, :1]).flatten(1).all(1)
    assert 16 < int(grey.sum()) < 48
