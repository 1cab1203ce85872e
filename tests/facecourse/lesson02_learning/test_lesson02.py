"""The experiments of lesson 02: the tiny network, optimisers and minima, over-fitting and leaks."""

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from facecourse.kit.orl import STILL, to_half
from facecourse.lesson02_learning import descent, overfitting, tiny
from facelib.data import orl


@pytest.fixture(scope="module")
def parts():
    return tiny.load_tiny_faces(seed=0)


def test_one_photograph_and_five_are_tested_on_the_same_images():
    faces = orl()
    one, five = (tiny.hold_out(faces, images, seed=3) for images in (1, 5))
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
    first, second, other = (tiny.build_two_layers(seed) for seed in (1, 1, 2))
    assert torch.equal(first[0].weight, second[0].weight)
    assert not torch.equal(first[0].weight, other[0].weight)
    assert torch.equal(before, torch.random.get_rng_state())


def test_forty_sigmoids_are_the_binary_formula_of_every_person_added_up():
    logits, person = torch.tensor([[2.0, -1.0, 0.5]]), torch.tensor([2])
    p = logits.sigmoid()
    by_hand = -(p[0, 2].log() + (1 - p[0, 0]).log() + (1 - p[0, 1]).log())
    assert tiny.sigmoids(logits, person).item() == pytest.approx(by_hand.item(), rel=1e-5)


def test_the_squared_error_is_largest_where_the_network_is_surely_wrong():
    sure = torch.tensor([[50.0, -50.0]])
    assert tiny.squared_error(sure, torch.tensor([0])).item() == pytest.approx(0)
    assert tiny.squared_error(sure, torch.tensor([1])).item() == pytest.approx(2)


def test_only_the_squared_error_stops_pulling_at_a_network_that_is_surely_wrong():
    chance = torch.tensor([1e-4, 0.5])
    pulls = {name: torch.tensor(sizes) for name, sizes in tiny.measure_pulls(chance).items()}
    for name in ("cross-entropy", "40 sigmoids"):
        torch.testing.assert_close(pulls[name], 1 - chance)
    torch.testing.assert_close(pulls["squared error"], 4 * (1 - chance) ** 2 * chance)


def test_corrected_names_are_learnt_by_cross_entropy_and_hardly_by_the_squared_error():
    hits = tiny.correct_names(seed=100)
    assert hits["cross-entropy"] > hits["squared error"] + 0.4


def test_every_loss_learns_at_its_own_rate_and_the_squared_error_lags_at_a_shared_one():
    assert min(tiny.compare_losses(seed=100).values()) > 0.8
    shared = tiny.compare_losses(seed=100, shared_rate=0.03)
    assert shared["squared error"] < shared["cross-entropy"]


def test_one_sigmoid_falls_below_zero_and_names_two_people_at_most():
    losses, named = tiny.train_one_sigmoid(seed=0)
    assert losses[0] > 0 > losses[-1]
    assert named <= 2 / 40


def test_the_gradient_of_the_valley_is_that_of_autograd_and_vanishes_at_the_minimum():
    surface = descent.valley()
    weights = torch.tensor([0.3, -0.7], requires_grad=True)
    surface.loss(weights).backward()
    torch.testing.assert_close(surface.gradient(weights.detach()), weights.grad)
    assert surface.gradient(surface.minimum).abs().max() < 1e-5
    flat, steep = surface.curvature
    assert 25 < steep / flat < 40


def test_gradient_descent_flies_out_above_two_over_the_steepest_curvature():
    surface = descent.valley()
    limit = 2 / surface.curvature[1].item()
    rates = 0.95 * limit, 1.05 * limit
    walks = [descent.follow_optimiser(surface, "gradient descent", rate) for rate in rates]
    below, above = (surface.loss(walk[-1]) for walk in walks)
    assert below < surface.loss(descent.START) < above


def test_a_rate_is_tried_with_three_optimisers_and_one_that_is_too_high_fails(parts):
    good, bad = (descent.try_rate(parts, rate, steps=30) for rate in (0.01, 10.0))
    assert list(good) == ["gradient descent", "momentum", "Adam"]
    assert good["Adam"][0][-1] < good["gradient descent"][0][-1]
    assert bad["momentum"][1] < good["momentum"][1]


def test_step_sizes_are_those_that_adam_takes(parts):
    model = tiny.build_two_layers(0)
    cross_entropy(model(parts.train.x), parts.train.person).backward()
    gradient = torch.cat([weight.grad.flatten() for weight in model.parameters()]).abs()
    first = descent.measure_step_sizes(parts, steps=2, lr=1e-3)[0]
    moved = gradient > 1e-5  # a weight of a silent neuron does not move
    step = (first * gradient)[moved]
    torch.testing.assert_close(step, torch.full_like(step, 1e-3), rtol=2e-3, atol=0)


def test_a_minimum_is_flat_and_found_again_from_the_same_start_but_not_from_another(parts):
    starts = (0, 8, 0), (0, 8, 0), (1, 8, 0), (0, 8, 50)  # seed, neurons, steps before
    a, again, b, later = (descent.find_minimum(parts.train, *start) for start in starts)
    assert max(end.largest_gradient for end in (a, b, later)) < 1e-3
    assert a.loss == again.loss != later.loss
    assert a.loss != pytest.approx(b.loss, abs=1e-4)
    line = descent.loss_between(a.model, b.model, parts.train, points=5)
    assert (line[0], line[-1]) == pytest.approx((a.loss, b.loss), abs=1e-5)
    assert max(line) > max(a.loss, b.loss) + 0.2


@pytest.fixture(scope="module")
def one():
    return tiny.hold_out(orl().map(to_half), images=1, seed=100)


def test_without_a_remedy_the_network_sees_the_photographs_as_they_are(one):
    seen = STILL(one.train.images, torch.Generator().manual_seed(0))
    assert (seen - one.train.images / 255).abs().max() < 1e-4


def test_the_network_is_watched_on_every_part_at_evenly_spread_steps(one):
    watch = overfitting.train_watched(one, seed=0, steps=4, looks=2)
    assert list(watch.top1) == ["train", "validation", "test"]
    assert {len(looks) for looks in watch.top1.values()} == {2}
    again = overfitting.train_watched(one, seed=0, steps=4, looks=2)
    assert watch.loss == again.loss


@pytest.mark.parametrize("remedy", ["weight decay", "dropout", "augmentation"])
def test_each_remedy_changes_what_is_learnt(one, remedy):
    settings = overfitting.REMEDIES[remedy]
    bare = overfitting.train_watched(one, seed=0, steps=3, looks=1)
    helped = overfitting.train_watched(one, seed=0, steps=3, looks=1, **settings)
    assert bare.loss["train"] != helped.loss["train"]


def test_early_stopping_reads_the_test_where_validation_was_best():
    watch = overfitting.Watch({})
    watch.top1 = {"validation": [0.5, 0.8, 0.8, 0.7], "test": [0.6, 0.7, 0.75, 0.9]}
    watch.loss = {"validation": [2.0, 1.2, 1.1, 1.0]}
    assert watch.stopped("test") == 0.75


def test_a_watch_leaves_a_dropout_network_as_it_found_it(one):
    model = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(56 * 46, 40)).eval()
    watch = overfitting.Watch(one._asdict())
    with torch.no_grad():
        assert watch(model) == watch(model) == watch.top1["validation"][0]


def test_parted_copies_are_recognised_even_where_names_mean_nothing():
    hits = overfitting.leak_by_copies(seed=100, deal_names=True)
    assert hits["honest"] < 0.1
    assert hits["leaky"] > 0.2


def test_the_best_of_several_seeds_by_the_test_is_never_below_an_honest_choice():
    hits = overfitting.pick_best_seed(100, networks=4)
    assert hits["leaky"] >= hits["honest"] > 0.4
