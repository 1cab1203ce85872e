"""Rounded weights lie where they should, and learn."""

import pytest
import torch
from torch import nn

from facelib.compress import round_weights
from facelib.compress.rounded import Rounded
from facelib.models import FaceResNet
from tests.compress.conftest import weights


@pytest.mark.parametrize("bits", [2, 3, 8])
def test_weights_lie_on_evenly_spaced_values_for_each_output_but_the_first_layers(bits):
    torch.manual_seed(0)
    model, most = FaceResNet(4, 8), 2 ** (bits - 1) - 1
    first, *rest = zip(weights(round_weights(model, bits)), weights(model), strict=True)
    assert torch.equal(*first)
    for new, old in rest:
        rows, plain = new.flatten(1), old.flatten(1)
        step = plain.abs().amax(1, keepdim=True) / most
        torch.testing.assert_close((rows / step).round() * step, rows)
        assert float(((rows - plain).abs() / step).max()) <= 0.5 + 1e-4


@pytest.mark.parametrize("kind", [torch.float32, torch.float16])
def test_a_row_of_zeros_stays_one(kind):
    weight = torch.tensor([[0.0, 0.0], [0.5, -1.0]], dtype=kind)
    assert Rounded(2)(weight).tolist() == [[0, 0], [0, -1]]


def test_the_gradient_passes_as_torchs_own_straight_through_estimator_lets_it():
    torch.manual_seed(0)
    model = round_weights(nn.Sequential(nn.Linear(2, 5), nn.Linear(5, 3, bias=False)), 4)
    inputs = torch.randn(7, 5)
    model[1](inputs).square().sum().backward()
    plain = model[1].parametrizations.weight.original.detach().clone().requires_grad_()
    step = plain.detach().abs().amax(1) / 7
    made = torch.fake_quantize_per_channel_affine(plain, step, torch.zeros(3).int(), 0, -7, 7)
    (inputs @ made.T).square().sum().backward()
    torch.testing.assert_close(model[1].parametrizations.weight.original.grad, plain.grad)
