"""The trials of face generators, at their smallest."""

import json

import pytest
import torch

from benchmarks import trials
from facelib.data import LFW, FaceSet, Pairs
from facelib.models import FaceResNet


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


def test_generators_are_judged_on_view_1_and_on_the_open_people_alone(view_1, monkeypatch):
    monkeypatch.setattr(trials.protocol, "unseen_people", None)
    found = trials.judge(FaceResNet(4).eval(), *trials.view_1())
    assert view_1 == [1]
    assert list(found) == ["View 1, accuracy", "View 1, AUC", "ORL s1-s20, AUC"]
    assert found["View 1, accuracy"] >= 0.5, "the best threshold is never worse than none"
    assert 0.5 < found["ORL s1-s20, AUC"] < 1


def test_pictures_of_a_person_stand_together_and_another_person_differs():
    pictures, person = trials.draw(100, 2)
    assert pictures.shape == (200, 1, 64, 64)
    assert person.bincount().tolist() == [2] * 100
    assert len(pictures.flatten(1).unique(dim=0)) == 200
    alike, apart = (
        (pictures[::2].float() - pictures[1::2].roll(2 * k, 0).float()).abs().mean() for k in (0, 1)
    )
    assert alike < apart


def test_a_trial_is_added_to_those_before_it_losers_too(view_1, tmp_path, monkeypatch):
    monkeypatch.setattr(trials, "train", lambda pictures, person, seed: seed)
    monkeypatch.setattr(trials, "judge", lambda model, images, pairs: {"score": model})
    monkeypatch.setattr(trials, "draw", lambda: (None, None))
    trials.main("first", "benchmarks.trials:draw", folder=tmp_path)
    trials.main("second", "benchmarks.trials:draw", "7", folder=tmp_path)
    trials.main("second", "benchmarks.trials:draw", "8", folder=tmp_path)
    stored = json.loads((tmp_path / "trials.json").read_text())["trials"]
    assert stored == {
        "first": {seed: {"score": int(seed)} for seed in "012"},
        "second": {"7": {"score": 7}, "8": {"score": 8}},
    }
    assert view_1 == [1, 1, 1], "LFW is read once a trial, not once a seed"


@pytest.mark.usefixtures("view_1")
def test_the_same_seed_trains_the_same_network(monkeypatch):
    monkeypatch.setattr(trials, "BATCH", 16)
    pictures, view = trials.draw(50, 4), trials.view_1()
    models = [trials.train(*pictures, seed=1, steps=2) for _ in range(2)]
    first, again = (trials.judge(model, *view) for model in models)
    assert first == again
