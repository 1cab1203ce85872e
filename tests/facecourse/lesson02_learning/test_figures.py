"""What the figures of lesson 02 say in words."""

import torch

from facecourse.lesson02_learning import experiment, figures
from facelib.models import FaceCNN


def test_a_neuron_is_drawn_with_its_loss_and_with_those_on_the_wrong_side(shown):
    surface = experiment.Valley(torch.tensor([[1.0, 0.0], [-1.0, 0.5]]), torch.tensor([1.0, -1.0]))
    figures.draw_neuron(surface, [1.0, 0.0])
    figures.draw_neuron(surface, [-1.0, 0.0])
    right, wrong = shown
    assert "0 of 2 lie on the wrong side" in right
    assert "loss 0.000; the lowest is 0.000" in right
    assert "2 of 2" in wrong
    assert "loss 2.000" in wrong


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
