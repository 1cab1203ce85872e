"""The experiments, figures and sliders of lesson 05 measure what the lesson says."""

from __future__ import annotations

import math
import re

import pytest
import torch
from torch.nn.functional import normalize

from facecourse.kit import verify
from facecourse.kit.exercise import CannotCheckError, define
from facecourse.lesson05_embeddings import crowd, exercises, experiment, figures, widgets
from facelib.data import FaceSet
from facelib.measure import Interval
from facelib.training.losses import TripletLoss, with_margin


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


@pytest.mark.parametrize(
    "build", [lambda: experiment.SoftmaxLoss(6, 2), TripletLoss,
              lambda: experiment.build_flat(0.35, "cosface")]
)  # fmt: skip
def test_each_loss_keeps_six_people_apart_on_a_circle(build):
    torch.manual_seed(1)
    points = experiment.train_points(build(), steps=150)
    assert points.test.shape == (experiment.PEOPLE * experiment.PHOTOS, 2)
    found = experiment.measure_angles(points)
    assert 3 * found.within < found.between


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


def test_a_door_that_counts_who_comes_is_refused():
    fresh = normalize(people(20, 8, noise=0)[0]).unflatten(0, (20, 8))
    with pytest.raises(CannotCheckError, match="who else comes"):
        crowd.try_door(exercises._best_three, fresh, fresh)


@pytest.mark.parametrize("numbers", [exercises.FRESH, (4, 5, 6)])
def test_the_door_of_the_solution_keeps_its_target_whoever_comes_and_poor_ones_do_not(
    numbers, monkeypatch
):
    monkeypatch.setattr(exercises, "FRESH", numbers)
    assert exercises.door.checker(define(exercises.door.answer)) is None
    assert all(exercises.door.checker(poor) for poor in exercises.door.checker.mistakes)


def test_a_threshold_is_chosen_on_some_people_and_carried_to_others():
    codes, person = people(12, 5, noise=0.6)
    other, _ = people(12, 5, noise=1.2)
    chosen_on = verify.verify_pairs(codes, faces_of(person))
    (row,) = verify.carry_over(chosen_on, other, faces_of(person), 0.05).rows
    there = verify.verify_pairs(other, faces_of(person))
    assert float(row[3].split()[0]) == pytest.approx(
        there.far_at(chosen_on.threshold_at(0.05)), abs=1e-3
    )


def test_in_an_open_set_known_probes_need_the_right_name_and_others_any():
    person = torch.tensor([0, 0, 1, 1, 2, 2])
    codes = torch.eye(4)[torch.tensor([0, 0, 1, 0, 2, 1])]
    known = torch.tensor([True, True, False])
    inside, outside = verify.search_open_set(codes @ codes.T, person, known, photo=0)
    assert inside.tolist() == [1, -math.inf]  # the second of person 1 looks like person 0
    assert outside.tolist() == [0, 1]
    assert verify.detection_rate(inside, outside, fpir=0.5) == 0.5
    assert verify.detection_rate(inside, outside, fpir=0.1) == 0


def test_fewer_enrolled_people_are_found_once_others_must_stay_outside():
    codes, person = people(20, 4, noise=1.0)
    table = verify.compare_enrolments(codes, faces_of(person), sizes=(5,), halves=2)
    closed, found = (list(map(float, re.findall(r"\d\.\d+", cell))) for cell in table.rows[0][1:])
    assert 0 < found[0] < closed[0] <= 1
    assert max(closed + found) <= 1, "so few choices tell little, but these are shares"


def test_another_margin_trains_another_network(shown):
    kinds, slider, _ = widgets.margin_slider(steps=3).children
    slider.value, kinds.value, slider.value = 0.6, "arcface", 0.2
    assert len(shown) == len(set(shown)) == 4


def test_a_stricter_far_moves_the_threshold_up(moved):
    codes, person = people(12, 5, noise=0.8)
    faces = faces_of(person)
    slider, _ = widgets.far_slider(verify.verify_pairs(codes, faces), codes, faces).children
    mild, strict = (float(moved(slider, far)[1]) for far in (0.1, 0.001))
    assert mild < strict


def test_a_difference_is_called_worse_only_where_its_interval_lies_below_zero(monkeypatch):
    runs = {"softmax": [0.9, 0.8, 0.85], "worse": [0.8, 0.7, 0.75], "open": [0.95, 0.7, 0.85]}
    stored = {name: {"AUC": v, "TAR at 1 % FAR": v} for name, v in runs.items()}
    drawn = []
    monkeypatch.setattr(figures, "show", lambda figure, alt: drawn.append(figure))
    figures.draw_loss_differences(stored, {"open": 0.9}, "softmax")
    texts = [text.get_text() for text in drawn[0].axes[1].texts]
    assert texts == ["worse", "undecided"]


def test_figures_say_what_they_show(shown):
    interval = Interval(0.02, 0.01, 0.05, 20)
    figures.draw_promises({"LBP": {"one way": interval, "the other": interval}}, 0.01)
    assert "LBP, the other: 2.0 %" in shown[-1]
    row = {"TAR at 1 % FAR": interval, "one photo": interval}
    orl = {"ours": {"metrics": row}, "LBP": {"metrics": row, "ours minus this": row}}
    lfw = {"ours": {"accuracy": interval}}
    figures.draw_networks({"ORL s21-s40": orl, "LFW": lfw}, ["ours", "LBP"])
    assert "ours 2.0" in shown[-1]
    images = torch.zeros(2, 1, 4, 4, dtype=torch.uint8)
    figures.draw_cosines(images, images, torch.eye(2).flip(0))
    assert "0 of 2" in shown[-1]
    figures.draw_ideas()
    assert "semi-hard" in shown[-1]
