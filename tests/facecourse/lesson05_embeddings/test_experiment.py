"""The experiments, figures and sliders of lesson 05 measure what the lesson says."""

from __future__ import annotations

import math
import re
from unittest.mock import Mock

import pytest
import torch
from torch.nn.functional import normalize

from facecourse.kit import protocol, verify
from facecourse.kit.exercise import CannotCheckError, define
from facecourse.lesson05_embeddings import (
    crowd,
    evidence,
    exercises,
    experiment,
    figures,
    widgets,
)
from facelib.data import FaceSet
from facelib.measure.gallery import Gallery
from facelib.models import FaceCNN
from facelib.training.losses import with_margin


def people(count: int, each: int, width: int = 16, noise: float = 0.1) -> tuple:
    generator = torch.Generator().manual_seed(0)
    person = torch.arange(count).repeat_interleave(each)
    middle = torch.randn(count, width, generator=generator)
    return middle[person] + noise * torch.randn(len(person), width, generator=generator), person


def on_circle(degrees):
    return torch.stack([degrees.deg2rad().cos(), degrees.deg2rad().sin()], 1)


def faces_of(person) -> FaceSet:
    images = torch.zeros(len(person), 1, 8, 8, dtype=torch.uint8)
    return FaceSet(images, person, tuple(map(str, person.unique().tolist())))


def test_angles_are_measured_from_the_middle_of_the_training_photographs():
    degrees, person = torch.arange(experiment.PEOPLE) * 40.0, torch.arange(experiment.PEOPLE)
    points = experiment.Points(3 * on_circle(degrees), on_circle(degrees + 10), person)
    assert experiment.measure_angles(points) == pytest.approx((10, 40), abs=1e-3)


@pytest.mark.parametrize(("kind", "margin"), [("cosface", 0.3), ("arcface", 0.4)])
def test_at_the_edge_of_its_room_a_face_is_as_near_to_the_next_person(kind, margin):
    angle = math.radians(experiment.measure_room(60, margin, kind))
    own, other = math.cos(angle), math.cos(math.radians(60) - angle)
    assert float(with_margin(torch.tensor(own), margin, kind)) == pytest.approx(other, abs=1e-6)
    assert experiment.measure_room(60, 0, kind) == pytest.approx(30)
    assert experiment.measure_room(20, 1.5, kind) == 0


def test_a_promise_is_made_by_some_people_and_measured_on_others():
    codes, person = people(20, 10, noise=0.6)
    other, _ = people(20, 10, noise=1.5)
    found = experiment.measure_promise(codes, other, 0.05)
    chosen, there = (verify.verify_pairs(each, faces_of(person)) for each in (codes, other))
    assert found.value == there.far_at(chosen.threshold_at(0.05)) != 0.05


def test_settings_are_chosen_by_people_who_were_not_learnt_from(monkeypatch):
    train, judge = Mock(return_value=FaceCNN(4, 8, 10).eval()), Mock(return_value=Mock(auc=0.5))
    monkeypatch.setattr(experiment, "train_by_loss", train)
    monkeypatch.setattr(verify, "verify_pairs", judge)
    monkeypatch.setattr(evidence, "LOSSES", ("triplet",))
    evidence.choose()
    assert train.call_count == 2 * len(evidence.CHOICES) * len(evidence.RATES)
    for learnt, judged in zip(train.call_args_list, judge.call_args_list, strict=True):
        learnt, judged = (set(call.args[1].names) for call in (learnt, judged))
        assert learnt.isdisjoint(judged)
        assert learnt | judged == set(protocol.open_people().names)


def test_a_door_is_tried_on_every_person_as_the_owner():
    people_, _ = people(6, 8, noise=0)
    fresh = normalize(people_).unflatten(0, (6, 8))

    def exact(photos, probes, practice):
        return probes @ photos[0] > 0.999

    assert crowd.try_door(exact, fresh, fresh) == (0, 0)
    assert crowd.try_door(lambda *given: ~exact(*given), fresh, fresh) == (1, 1)
    with pytest.raises(CannotCheckError, match=r"\(18,\)"):
        crowd.try_door(lambda photos, probes, practice: probes, fresh, fresh)


def test_the_checkers_crowds_are_other_people_than_those_for_practice():
    crowds = [crowd.embed_crowd(number, people=2) for number in range(2)]
    assert crowds[0].shape == (2, crowd.ENROLLED + crowd.LATER, 128)
    assert not torch.allclose(crowds[0], crowds[1])


@pytest.mark.nightly
def test_the_door_of_the_solution_keeps_its_target_whoever_comes_and_poor_ones_do_not(monkeypatch):
    monkeypatch.setattr(exercises, "FRESH", (4, 5, 6))
    assert exercises.door.checker(define(exercises.door.answer)) is None
    assert all(exercises.door.checker(poor) for poor in exercises.door.checker.mistakes)


def test_another_margin_trains_another_network(shown):
    kinds, slider, _ = widgets.margin_slider(steps=3).children
    slider.value, kinds.value, slider.value = 0.6, "arcface", 0.2
    assert len(shown) == len(set(shown)) == 4


def test_a_face_is_found_under_its_own_name_and_above_the_threshold_only():
    codes, person = people(20, 10)
    wrong = codes.clone()
    wrong[5] = codes[199]  # one of person 0 looks like person 19
    gallery = Gallery(codes[::10], person[::10])
    assert experiment.measure_found(gallery, codes, -1).value == 1
    assert experiment.measure_found(gallery, codes, 1.1).value == 0
    assert experiment.measure_found(gallery, wrong, -1).value == pytest.approx(1 - 1 / 180)


def test_a_stricter_far_moves_the_threshold_up_and_either_half_may_choose_it(shown):
    known, unseen = people(20, 10, noise=0.6)[0], people(20, 10, noise=1.2)[0]
    chosen, far, _ = widgets.far_slider(known, unseen).children
    far.value = 0.1
    mild, strict = (float(re.search(r"threshold (\d\.\d+)", alt)[1]) for alt in shown[::-1])
    assert mild < strict
    assert "s1-s20, chosen on: FAR 10.00%" in shown[-1]
    chosen.value = "s21-s40"
    assert "s21-s40, chosen on: FAR 10.00%" in shown[-1]


def test_a_difference_is_called_worse_only_where_its_interval_lies_below_zero(monkeypatch):
    runs = {"softmax": [0.9, 0.8, 0.85], "worse": [0.8, 0.7, 0.75], "open": [0.95, 0.7, 0.85]}
    stored = {name: {"AUC": v, "TAR at 1 % FAR": v} for name, v in runs.items()}
    drawn = []
    monkeypatch.setattr(figures, "show", lambda figure, alt: drawn.append(figure))
    figures.draw_loss_differences(stored, {"open": 0.9}, "softmax")
    texts = [text.get_text() for text in drawn[0].axes[1].texts]
    assert texts == ["worse", "undecided"]


def test_cosines_are_drawn_with_how_many_are_found(shown):
    images = torch.zeros(2, 1, 4, 4, dtype=torch.uint8)
    figures.draw_cosines(images, images, torch.eye(2).flip(0))
    assert "0 of 2" in shown[-1]
