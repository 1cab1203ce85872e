"""Sharing by codebook: few values, summed gradients, and nothing else of the model changed."""

import copy

import pytest
import torch
from torch import nn

from facelib.compress import decode, share, sparsify
from facelib.data import orl, resize
from facelib.models import FaceCNN
from facelib.training import fit
from tests.compress.conftest import IMAGES, same_bits, weights


def people(count):
    torch.manual_seed(0)
    return orl().map(lambda images: resize(images, 28, 23)).of_people(list(range(count)))


@pytest.mark.parametrize("values", [2, 3, 256])
def test_each_layer_holds_few_values_each_the_mean_of_those_it_replaces(model, values):
    small, _ = share(model, values)
    for old, weight in zip(weights(model), weights(small), strict=True):
        assert len(weight.unique()) <= min(values, weight.numel())
        for value in weight.unique():
            assert float(value) == pytest.approx(float(old[weight == value].mean()), abs=1e-6)


def test_more_values_are_nearer_to_the_weights_and_as_many_as_weights_are_these(model):
    first, errors = model.features[0], []  # 36 weights
    for values in (2, 4, 16, 256):
        ((old,), (new,)) = weights(first), weights(share(first, values)[0])
        errors.append(float((old - new).square().sum()))
    assert errors == sorted(errors, reverse=True)
    assert errors[2] < 0.02 * errors[0]
    assert errors[3] == 0


def test_the_report_adds_up_codes_and_codebooks():
    _, report = share(nn.Sequential(nn.Linear(18, 16)), 16)
    assert report.bits == pytest.approx((288 * 4 + 16 * 32) / 288)


def test_fine_tuning_moves_values_keeps_codes_and_lowers_the_loss():
    faces = people(5)
    model = FaceCNN(8, 16, people=5)
    fit(model, faces, epochs=8, progress=False)
    small, _ = share(model, 2)
    before = copy.deepcopy(small.state_dict())
    history = fit(small, faces, epochs=40, lr=1e-2, weight_decay=0, progress=False)
    assert sum(history.loss[-10:]) < sum(history.loss[:10])
    for name, value in small.state_dict().items():
        if name.endswith(("codes", "original")):
            assert torch.equal(value, before[name]) == name.endswith("codes")
    assert all(len(weight.unique()) <= 2 for weight in weights(small))


@pytest.mark.usefixtures("two_threads")
def test_training_gives_the_same_bits_with_two_threads(monkeypatch):
    faces = people(2)
    small, _ = share(FaceCNN(16, 8, people=2), 4)
    monkeypatch.setattr("facelib.threads.SHARED_OUT", 0)  # else so small a network takes one
    runs = [copy.deepcopy(small) for _ in range(3)]
    for run in runs:
        fit(run, faces, epochs=2, bf16=False, progress=False)
    assert all(same_bits(run, runs[0]) for run in runs[1:])


def test_a_codebook_takes_the_place_of_a_mask_whose_zeros_stay_zero_in_training(model):
    sparse, _ = sparsify(model, 0.7)
    small, _ = share(sparse, 4)
    assert not any("mask" in name for name in small.state_dict())
    for one, other in zip(weights(small), weights(share(decode(sparse), 4)[0]), strict=True):
        assert torch.equal(one, other)
    optimizer = torch.optim.AdamW(small.parameters(), 0.05)
    for _ in range(3):
        optimizer.zero_grad()
        small(IMAGES).square().sum().backward()
        optimizer.step()
    for weight, masked in zip(weights(small), weights(sparse), strict=True):
        assert torch.equal(weight == 0, masked == 0)
        assert len(weight.unique()) <= 4


def test_half_precision_can_be_shared():
    torch.manual_seed(0)
    small, _ = share(nn.Linear(300, 300).half(), 2)
    middle = 0.5 / 300**0.5
    assert small.weight.unique().tolist() == pytest.approx([-middle, middle], rel=0.02)
