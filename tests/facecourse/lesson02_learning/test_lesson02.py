"""The experiments of lesson 02 (tiny network, optimisers, over-fitting) and its figures."""

import pytest
import torch
from torch import nn

from facecourse.kit.orl import to_half
from facecourse.lesson02_learning import experiment, figures, overfitting
from facelib.data import orl
from facelib.models import FaceCNN


@pytest.fixture(scope="module")
def parts():
    return experiment.load_tiny_faces(seed=0)


def test_one_photograph_and_five_are_tested_on_the_same_images():
    faces = orl()
    one, five = (experiment.hold_out(faces, images, seed=3) for images in (1, 5))
    assert [len(part) for part in one] == [40, 40, 160]
    assert len(five.train) == 200
    for part in ("validation", "test"):
        assert torch.equal(getattr(one, part).images, getattr(five, part).images)


def test_tiny_faces_are_scaled_by_the_training_images_alone(parts):
    assert parts.train.x.shape == (200, 14 * 12)
    assert parts.train.x.mean(0).abs().max() < 1e-5
    assert parts.test.x.mean(0).abs().max() > 1e-3


def test_the_same_seed_draws_the_same_network_and_leaves_the_random_state_alone():
    before = torch.random.get_rng_state()
    first, second, other = (experiment.build_two_layers(seed) for seed in (1, 1, 2))
    assert torch.equal(first[0].weight, second[0].weight)
    assert not torch.equal(first[0].weight, other[0].weight)
    assert torch.equal(before, torch.random.get_rng_state())


def test_the_squared_error_is_largest_where_the_network_is_surely_wrong_and_flat_there():
    sure = torch.tensor([[50.0, -50.0]], requires_grad=True)
    assert experiment.squared_error(sure, torch.tensor([0])).item() == pytest.approx(0)
    loss = experiment.squared_error(sure, torch.tensor([1]))
    assert loss.item() == pytest.approx(2)
    loss.backward()
    assert sure.grad.abs().max() < 1e-6


def test_corrected_names_are_learnt_late_by_the_squared_error_and_at_once_by_cross_entropy():
    looks = 50, 300
    soon, _ = experiment.correct_names(100, "cross-entropy", 1, looks)
    not_yet, late = experiment.correct_names(100, "squared error", 1, looks)
    assert soon > 0.8 > 0.4 > not_yet
    assert late > 0.7


def test_every_loss_learns_at_its_own_rate():
    assert min(experiment.compare_losses(seed=100).values()) > 0.8


def test_the_valley_has_autograds_gradient_and_descent_flies_out_above_two_over_its_curvature():
    surface = experiment.load_valley()
    weights = torch.tensor([0.3, -0.7], requires_grad=True)
    surface.loss(weights).backward()
    torch.testing.assert_close(surface.gradient(weights.detach()), weights.grad)
    assert surface.gradient(surface.minimum).abs().max() < 1e-5
    flat, steep = surface.curvature
    assert 25 < steep / flat < 40
    limit = 2 / steep.item()
    below, above = (
        surface.loss(experiment.follow_optimiser(surface, "gradient descent", rate)[-1])
        for rate in (0.95 * limit, 1.05 * limit)
    )
    assert below < surface.loss(experiment.START) < above


def test_a_rate_is_tried_with_three_optimisers_and_one_that_is_too_high_fails():
    good, bad = (experiment.try_rate(rate, steps=30) for rate in (0.01, 10.0))
    assert list(good) == ["gradient descent", "momentum", "Adam"]
    assert good["Adam"][-1] < good["gradient descent"][-1]
    assert not bad["momentum"][-1] < good["momentum"][-1]


@pytest.fixture(scope="module")
def one():
    return experiment.hold_out(orl().map(to_half), images=1, seed=100)


def test_the_network_is_watched_on_every_part_and_each_remedy_changes_what_is_learnt(one):
    def watch(**settings):
        return overfitting.train_watched(one, seed=0, steps=4, looks=2, **settings)

    bare = watch()
    assert list(bare.top1) == ["train", "validation", "test"]
    assert {len(looks) for looks in bare.top1.values()} == {2}
    assert watch().loss == bare.loss
    for name in ("weight decay", "dropout", "augmentation"):
        assert watch(**overfitting.REMEDIES[name]).loss["train"] != bare.loss["train"], name


def test_early_stopping_reads_the_test_where_validation_was_best():
    watch = overfitting.Watch({})
    watch.top1 = {"validation": [0.5, 0.8, 0.8, 0.7], "test": [0.6, 0.7, 0.75, 0.9]}
    watch.loss = {"validation": [2.0, 1.2, 1.1, 1.0]}
    assert watch.stopped() == 0.75


def test_a_watch_leaves_a_dropout_network_as_it_found_it(one):
    model = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(56 * 46, 40)).eval()
    watch = overfitting.Watch(one._asdict())
    with torch.no_grad():
        assert watch(model) == watch(model) == watch.top1["validation"][0]


def test_a_neuron_is_drawn_with_its_loss_and_with_those_on_the_wrong_side(shown):
    surface = experiment.Valley(torch.tensor([[1.0, 0.0], [-1.0, 0.5]]), torch.tensor([1.0, -1.0]))
    first, second, _ = figures.neuron_slider(surface).children
    second.value = 0.0
    for first.value, said in ((0.8, "loss 0.020; the lowest"), (-0.8, "loss 1.620; the lowest")):
        assert f"{2 * (first.value < 0)} of 2 lie on the wrong side" in shown[-1]
        assert said in shown[-1]


def test_sliders_move_the_weights_and_train_again(shown):
    neuron = figures.neuron_slider(experiment.load_valley())
    for weight in neuron.children[:2]:
        weight.value = 0.0
    assert "at loss 0.500" in shown[-1]
    box = figures.rate_slider(lambda rate: {"Adam": [1.0, rate], "SGD": [1.0, float("nan")]}, 0.01)
    assert "Adam: 0.01; SGD: not a number" in shown[-1]
    box.children[0].value = 0.1
    assert "Adam: 0.1;" in shown[-1]


def test_paths_are_told_at_their_marks(shown):
    surface = experiment.Valley(torch.eye(2), torch.zeros(2))  # each step takes a twentieth away
    figures.draw_paths(surface, {"gradient descent": 0.1})
    first = surface.loss(experiment.START)
    height = [f"{first * 0.95 ** (2 * step):.5f}" for step in figures.MARKS]
    assert f"gradient descent {', '.join(height)}." in shown[0]


def test_a_network_is_drawn_with_the_shape_of_every_block(shown):
    model = FaceCNN(width=24, embedding=128, people=40).train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    figures.draw_network(model, torch.rand(1, 1, 56, 46))
    blocks = (
        "image 1 x 56 x 46, conv block 24 x 28 x 23, conv block 48 x 28 x 23, "
        "max pool 48 x 14 x 11, conv block 96 x 14 x 11, max pool 96 x 7 x 5, "
        "conv block 96 x 7 x 5, average 96, embedding 128, head 40."
    )
    assert shown[0].endswith(blocks)
    assert model.training
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_over_fitting_is_told_at_its_last_look_and_each_remedy_with_its_word(shown):
    remedies = {
        "none": [0.5, 0.6, 0.7], "more": [0.6, 0.71, 0.8], "less": [0.4, 0.51, 0.6],
        "same": [0.6, 0.6, 0.6],
    }  # fmt: skip
    figures.draw_overfitting({"train": [0.1, 0.9], "test": [0.1, 0.5]}, 20, remedies)
    assert "over 20 steps, at the end train 0.900, test 0.500" in shown[0]
    for said in ("more +10.3 [8.9, 11.8], higher", "less -9.7 [-11.1, -8.2], lower"):
        assert said in shown[0]
    assert "24.8], undecided" in shown[0]
