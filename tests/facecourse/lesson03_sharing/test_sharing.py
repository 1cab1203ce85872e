"""The experiments, figures and widgets of lesson 03 measure what the lesson says."""

from __future__ import annotations

import re

import pytest
import torch
from torch.nn import functional as F

from facecourse.kit import evidence, orl
from facecourse.ladder.student import renew_statistics
from facecourse.lesson03_sharing import experiment as sharing
from facecourse.lesson03_sharing import figures
from facelib import data, measure
from facelib.compress import share


@pytest.fixture(scope="module")
def faces():
    return data.orl().of_people([0, 1, 2]).map(sharing.to_quarter)


@pytest.fixture(scope="module")
def dense():
    """FaceCNN after a step, what it learnt from, and test faces."""
    return sharing.train_dense(data.orl().of_people([0, 1, 2]), seed=0, steps=1)


def test_the_three_layers_give_maps_of_one_size_and_differ_as_the_lesson_says():
    faces = torch.rand(2, 1, *sharing.SIZE)
    count = {}
    for name, make in sharing.LAYERS.items():
        layer = make()
        assert layer(faces).shape == (2, sharing.CHANNELS, *sharing.MAP)
        count[name] = measure.parameters(layer), measure.macs(layer, (1, *sharing.SIZE))
    assert count["Conv2d"][0] == 416
    assert count["locally connected"][0] == 120 * 416
    assert count["locally connected"][1] == count["Conv2d"][1]
    assert count["Linear"] == (645 * 1920, 644 * 1920)


@pytest.mark.parametrize("kind", [*sharing.LAYERS, "FaceCNN", "FaceCNN, places kept"])
def test_each_network_learns_some_faces_and_is_tested_on_others(faces, kind):
    model, train, test = sharing.train_kind(kind, faces, photos=2, seed=0, steps=30)
    seen = {image.numpy().tobytes() for image in train.images}
    assert (len(seen), len(test)) == (6, 15)
    assert not seen & {image.numpy().tobytes() for image in test.images}
    assert orl.top1(model, test) > 0.6


@pytest.mark.parametrize("kind", sharing.LAYERS)
def test_of_a_frozen_layer_all_maps_reach_the_classifier_which_learns_alone(faces, kind):
    model, *_ = sharing.train_kind(kind, faces, 2, seed=0, steps=2, frozen=True, pooled=False)
    torch.manual_seed(0)
    start = sharing.build_kind(kind, faces.people, pooled=False).state_dict()
    for name, value in model.state_dict().items():
        assert torch.equal(value, start[name]) == name.startswith("1."), name
    images = faces.images[:2] / 255
    maps = model[1](model[0](images)).relu().flatten(1)
    assert torch.equal(model(images), model[-1](maps))


def test_new_statistics_are_all_that_changes_in_the_copy_and_they_are_those_of_the_images(dense):
    coarse = share(dense[0], 2)[0]
    before = {name: value.clone() for name, value in coarse.state_dict().items()}
    renewed = renew_statistics(coarse, dense[1].images).state_dict()
    for name, value in coarse.state_dict().items():
        assert torch.equal(value, before[name])
        moved = not torch.equal(value, renewed[name])
        assert moved == ("running" in name or "num_batches" in name), name
    spread, mean = torch.std_mean(dense[1].images / 255, dim=(1, 2, 3), keepdim=True)
    first = coarse.features[0][0]((dense[1].images / 255 - mean) / (spread + 1e-3))
    mean = first.mean((0, 2, 3))
    assert torch.allclose(renewed["features.0.1.running_mean"], mean, atol=1e-4)


def test_fine_tuning_works_on_a_copy(dense):
    coarse, before = (share(dense[0], 2)[0] for _ in range(2))
    tuned = sharing.fine_tune(coarse, dense[1], seed=0, steps=2)
    for name, value in tuned.named_parameters():
        assert torch.equal(before.get_parameter(name), coarse.get_parameter(name))
        assert not torch.equal(value, coarse.get_parameter(name)), name


@pytest.fixture(scope="module")
def mouths():
    return sharing.render_mouths(40, seed=7)


def test_a_mouth_is_dark_against_the_face_around_it_and_lies_inside_its_picture(mouths):
    faces, places = mouths
    assert faces.shape == (40, 1, sharing.SIDE, sharing.SIDE)
    row, column = places // sharing.SIDE, places % sharing.SIDE
    assert min(row.float().std(), column.float().std()) > 3  # a constant answer finds few
    around = F.avg_pool2d(faces, 9, 1, 4)[torch.arange(40), 0, row, column]
    darkest = -F.max_pool2d(-faces, 5, 1, 2)[torch.arange(40), 0, row, column]
    assert (darkest < around - 0.3).double().mean() > 0.8


def test_an_answer_counts_up_to_three_pixels_from_the_mouth_and_one_place_finds_the_most():
    corner, middle = 0, 20 * sharing.SIDE + 20
    near = torch.tensor([0, 3, 2 * sharing.SIDE + 2, 4])  # the last one is too far
    answers = F.one_hot(middle + near, sharing.SIDE**2).view(4, 1, sharing.SIDE, sharing.SIDE)
    assert sharing.score_answers(answers, torch.full((4,), middle)) == 0.75
    places = torch.tensor([corner, middle - 3, middle + 3, middle + 3 * sharing.SIDE])
    assert sharing.find_best_place(places) == middle


@pytest.mark.parametrize("kind", sharing.FINDERS)
def test_a_finder_learns_the_mouths_it_is_shown_from_a_start_its_seed_draws(mouths, kind):
    (model, start), (_, same) = (
        sharing.train_finder(kind, *mouths, 0, steps) for steps in (100, 1)
    )
    assert torch.equal(start, same)
    assert sharing.score_answers(model(mouths[0]), mouths[1]) > 0.3  # one fixed place: some 0.1


def test_layers_are_drawn_with_what_they_cost_and_finders_beside_those_that_learn_nothing(
    mouths, shown
):
    figures.draw_layers({name: make() for name, make in sharing.LAYERS.items()}, pairs=6)
    assert "Conv2d: 416 weights, 48,000 multiplications, by unfold" in shown[0]
    assert len(re.findall(r"\d\.\d times as long", shown[0])) == 3
    stored, kernels = (
        evidence.load("03"),
        dict.fromkeys(("before", "after"), torch.ones(1, 1, 5, 5)),
    )
    figures.draw_finders(stored["mouths"], stored["mouths without learning"], kernels, *mouths)
    assert all(name in shown[1] for name in stored["mouths without learning"])


def test_a_window_slides_over_the_picture_and_nine_products_are_added_up(capsys, monkeypatch):
    picture = torch.arange(20.0).view(4, 5) / 20
    monkeypatch.setitem(figures.KERNELS, "my own", [[0, 0, 0], [0, 0, 1], [0, 0, 0]])
    box = figures.kernel_slider(picture)
    menu, row, _ = box.children
    place = row.children[1]
    menu.value, place.value = "my own", place.max
    said = capsys.readouterr().out
    assert "row 1, column 2" in said
    assert "add up to 0.70" in said  # the pixel at row 2, column 4


def test_more_bits_make_a_larger_file(dense, capsys):
    box = figures.codebook_slider(*dense, "features.1.0", evidence.load("03")["codebook"])
    capsys.readouterr()
    for bits in (1, 6):
        box.children[0].value = bits
    said = re.findall(r"(\d+) values. The file has ([\d,]+) bytes", capsys.readouterr().out)
    (few, small), (many, large) = said
    assert (few, many) == ("2", "64")
    assert int(small.replace(",", "")) < int(large.replace(",", ""))
