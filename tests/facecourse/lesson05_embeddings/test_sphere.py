"""The experiments and widgets of lesson 05 measure what the lesson says."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn.functional import normalize

from facecourse.kit import verify as strangers
from facecourse.lesson05_embeddings import crowd, figures, sphere, widgets
from facelib import data
from facelib.data import FaceSet
from facelib.measure import similarity
from facelib.measure.gallery import Gallery
from facelib.models import face_embedding
from facelib.synth import identities
from facelib.training.losses import with_margin


@pytest.fixture(scope="module")
def model():
    return face_embedding()


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


@pytest.mark.parametrize("name", sphere.LOSSES)
def test_each_loss_separates_six_people_on_a_sphere(name):
    points = sphere.train_points(sphere.build_loss(name, 3), 3, steps=150)
    assert points.test.shape == (30, 3)
    assert sphere.measure_angles(points).top1 > 0.8


def test_angles_are_measured_from_the_middle_of_the_training_photographs():
    degrees, person = torch.arange(sphere.PEOPLE) * 40.0, torch.arange(sphere.PEOPLE)
    points = sphere.Points(3 * on_circle(degrees), on_circle(degrees + 10), person)
    assert sphere.measure_angles(points) == pytest.approx((10, 40, 1), abs=1e-3)


@pytest.mark.parametrize(("kind", "margin"), [("cosface", 0.3), ("arcface", 0.4)])
def test_at_the_edge_of_its_room_a_face_is_as_near_to_the_next_person(kind, margin):
    angle = math.radians(sphere.measure_room(60, margin, kind))
    own, other = math.cos(angle), math.cos(math.radians(60) - angle)
    assert float(with_margin(torch.tensor(own), margin, kind)) == pytest.approx(other, abs=1e-6)
    assert sphere.measure_room(60, 0, kind) == pytest.approx(30)
    assert sphere.measure_room(20, 1.5, kind) == 0


def test_negatives_are_hard_semi_hard_or_easy_by_their_distance():
    points = on_circle(torch.tensor([0.0, 30, 10, 35, 90]))
    kind = sphere.sort_negatives(points, torch.tensor([0, 0, 1, 1, 1]), 0, 1, margin=0.2)
    assert kind.tolist() == [0, 0, 1, 2, 3]


def test_of_equal_accuracies_the_strict_door_lets_fewer_impostors_in():
    codes, person = people(10, 4, noise=1.0)
    pairs = strangers.verify_pairs(codes, faces_of(person))
    _, strict, mild = strangers.compare_doors(pairs, pairs.accuracy_at(math.inf)).rows
    assert float(strict[2]) <= float(mild[2])
    assert float(strict[3]) < float(mild[3])
    assert float(strict[1]) >= pairs.accuracy_at(math.inf) - 1e-3


def test_a_threshold_is_chosen_on_some_people_and_measured_on_others():
    codes, person = people(12, 5, noise=0.6)
    other, _ = people(12, 5, noise=1.2)
    chosen_on = strangers.verify_pairs(codes, faces_of(person))
    (row,) = strangers.carry_over(chosen_on, other, faces_of(person), 0.05).rows
    there = strangers.verify_pairs(other, faces_of(person))
    assert float(row[3].split()[0]) == pytest.approx(
        there.far_at(chosen_on.threshold_at(0.05)), abs=1e-3
    )


def test_in_an_open_set_known_probes_need_the_right_name_and_strangers_any():
    person = torch.tensor([0, 0, 1, 1, 2, 2])
    codes = torch.eye(4)[torch.tensor([0, 0, 1, 0, 2, 1])]
    known = torch.tensor([True, True, False])
    inside, outside = strangers.search_open_set(codes @ codes.T, person, known, photo=0)
    assert inside.tolist() == [1, -math.inf]  # the second of person 1 looks like person 0
    assert outside.tolist() == [0, 1]
    assert strangers.detection_rate(inside, outside, fpir=0.5) == 0.5
    assert strangers.detection_rate(inside, outside, fpir=0.1) == 0


def test_more_strangers_are_kept_out_the_fewer_are_found():
    codes, person = people(20, 4, noise=1.0)
    table = strangers.compare_enrolments(codes, faces_of(person), sizes=(5,), halves=3)
    closed, found = (float(cell.split()[0]) for cell in table.rows[0][1:])
    assert 0 < found < closed <= 1


@pytest.mark.parametrize("kind", strangers.MISPLACED)
def test_a_crop_is_spoilt_by_as_much_as_asked_and_by_nothing_at_0(kind):
    images = data.orl().images[:4]
    assert torch.equal(strangers.misplace(images, kind, 0), images)
    little, much = (
        (strangers.misplace(images, kind, amount).float() - images.float()).abs().mean()
        for amount in (4, 20)
    )
    assert 0 < little < much


def test_a_crowd_keeps_lengths_and_each_donors_spread():
    codes, _ = people(30, 6)
    drawn = crowd.draw_crowd(codes, 6, 0.4, 200, seed=1)
    assert drawn.shape == (200, 6, 16)
    assert torch.allclose(drawn.norm(dim=2), torch.ones(200, 6), atol=1e-5)
    donors = normalize(codes).view(30, 6, 16)
    spreads = torch.stack([(d @ d.T).sum() for d in donors])
    for photographs in drawn[:20]:
        assert float((spreads - (photographs @ photographs.T).sum()).abs().min()) < 1e-3


def test_lookalikes_are_pairs_of_different_people_the_most_alike_first():
    codes, person = people(12, 3, noise=0.5)
    images = person.byte()[:, None, None, None].expand(-1, 1, 8, 8).contiguous()
    names = tuple(map(str, range(12)))
    pairs = crowd.find_lookalikes(FaceSet(images, person, names), codes, count=4)
    shown = pairs.images[:, 0, 0, 0].tolist()
    assert len(set(shown)) == 8
    cosine = similarity(codes, codes).masked_fill(person[:, None] == person, -1)
    first = divmod(int(cosine.argmax()), len(cosine))
    assert [shown[0], shown[4]] == person[list(first)].tolist()


def test_a_race_reports_the_share_of_right_names():
    codes, person = people(50, 2)
    gallery = Gallery(codes[::2], person[::2])
    assert crowd.rank1(gallery, codes[1::2], person[1::2]) == 1
    (row,) = crowd.time_searches({"exact": gallery}, codes[1::2], person[1::2]).rows
    assert row[-1] == "1.000"


def test_another_margin_trains_another_network(moved):
    kinds, slider, _ = widgets.margin_slider(steps=3).children
    rows = [moved(slider, 0.6), moved(kinds, "arcface"), moved(slider, 0.2)]
    assert len(set(map(tuple, rows))) == 3


def test_a_larger_triplet_margin_mines_more_negatives(moved):
    slider, _ = widgets.triplet_slider(
        sphere.train_points(sphere.build_loss("triplet"), steps=5)
    ).children
    few, many = (int(moved(slider, margin)[2]) for margin in (0.05, 2))
    assert few < many


def test_a_morphed_face_becomes_less_like_the_original(model, moved):
    person = identities(1, seed=8)
    factor, slider, _ = widgets.morph_slider(model, person).children
    factor.value = "skin"
    here = float(person["skin"])
    same, other = (float(moved(slider, at)[-1]) for at in (here, 0.0 if here > 0.5 else 1.0))
    assert other < same


def test_a_blend_is_the_one_at_0_and_the_other_at_1(model, moved):
    pair = identities(2, seed=8)
    slider, _ = widgets.blend_slider(model, pair[:1], pair[1:]).children
    for position in (0, 1):
        assert float(moved(slider, position)[position]) == pytest.approx(1)


def test_a_badly_cropped_face_scores_lower(model, moved):
    _, slider, _ = widgets.misplaced_slider(model, identities(1, seed=8), threshold=0.5).children
    good, bad = (float(moved(slider, amount)[0]) for amount in (0, 25))
    assert bad < good


def test_a_stricter_far_moves_the_threshold_up(moved):
    codes, person = people(12, 5, noise=0.8)
    faces = faces_of(person)
    slider, _ = widgets.far_slider(strangers.verify_pairs(codes, faces), codes, faces).children
    mild, strict = (float(moved(slider, far)[1]) for far in (0.1, 0.001))
    assert mild < strict


def test_the_tables_of_stored_runs_have_a_row_for_each_case():
    seeds = {"within": [3.0, 4.0, 5.0], "between": [30.0, 32.0, 31.0]}
    rows = figures.tabulate_margins({"cosface": {"0.0": seeds, "0.35": seeds}}).rows
    assert [row[1] for row in rows] == ["0.0", "0.35"]
    assert rows[1][2] == "+0.0 [0.0, 0.0]°"
    runs = {"softmax": {"AUC": [0.9, 0.8]}, "triplet": {"AUC": [0.8, 0.7]}}
    (row,) = figures.compare_to_rival(runs, "softmax").rows
    assert row[1].startswith("-0.100")
