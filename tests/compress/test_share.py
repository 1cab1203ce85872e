"""Sharing by codebook: few values, summed gradients, small files that come back bit by bit."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from torch import nn

from facelib.compress import decoded, load_shared, save_shared, share
from facelib.data import orl, resize
from facelib.models import FaceCNN, save
from facelib.models.io import load_tensors, save_tensors
from facelib.training import fit


@pytest.fixture
def model():
    torch.manual_seed(0)
    return FaceCNN(4, 8, people=5).eval()


IMAGES = torch.rand(3, 1, 20, 18, generator=torch.Generator().manual_seed(0))


def weights(model):
    layers = [m for m in model.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    return [layer.weight.detach() for layer in layers]


@pytest.mark.parametrize("values", [2, 3, 16, 256])
def test_each_layer_holds_few_values_and_the_report_counts_them(model, values):
    small, report = share(model, values)
    for weight, layer in zip(weights(small), report.layers, strict=True):
        assert len(weight.unique()) == layer.values <= min(values, weight.numel())
        assert layer.weights == weight.numel()
        share_of = torch.bincount(weight.flatten().unique(return_inverse=True)[1]).double()
        share_of /= weight.numel()
        assert layer.entropy == pytest.approx(float(-(share_of * share_of.log2()).sum()))
    assert report.entropy <= math.log2(values) <= report.bits


def test_the_report_adds_up_codes_and_codebooks(model):
    _, report = share(model, 16, layers=["features.1.0"])  # 8 x 4 x 3 x 3 weights
    assert report.bits == pytest.approx((288 * 4 + 16 * 32) / 288)


def test_the_model_passed_in_is_not_changed(model):
    before = copy.deepcopy(model.state_dict())
    small, _ = share(model, 4)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert not torch.equal(small(IMAGES), model(IMAGES))


def test_a_value_is_the_mean_of_the_weights_it_replaces(model):
    small, _ = share(model, 4)
    for old, new in zip(weights(model), weights(small), strict=True):
        for value in new.unique():
            assert float(value) == pytest.approx(float(old[new == value].mean()), abs=1e-6)


def test_more_values_are_nearer_to_the_weights(model):
    errors = []
    for values in (2, 4, 16, 64):
        pairs = zip(weights(model), weights(share(model, values)[0]), strict=True)
        errors.append(sum(float((old - new).square().sum()) for old, new in pairs))
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.02 * errors[0]


def test_as_many_values_as_weights_change_nothing(model):
    small, report = share(model, 256, layers=["features.0.0"])  # 36 weights
    assert report.layers[0].values == 36
    torch.testing.assert_close(small(IMAGES), model(IMAGES))


def test_the_gradient_of_a_value_is_the_sum_over_its_places(model):
    small, _ = share(model, 4)
    plain = decoded(small)
    small(IMAGES).square().sum().backward()
    plain(IMAGES).square().sum().backward()
    layer = small.features[3][0]
    codes = layer.parametrizations.weight[0].codes
    for code, gradient in enumerate(layer.parametrizations.weight.original.grad):
        summed = plain.features[3][0].weight.grad[codes == code].sum()
        torch.testing.assert_close(gradient, summed, rtol=1e-4, atol=1e-5)


def test_fine_tuning_moves_values_keeps_codes_and_lowers_the_loss():
    faces = orl().map(lambda images: resize(images, 28, 23)).of_people(list(range(5)))
    torch.manual_seed(0)
    model = FaceCNN(8, 16, people=5)
    fit(model, faces, epochs=8, progress=False)
    small, _ = share(model, 2)
    before = copy.deepcopy(small.state_dict())
    history = fit(small, faces, epochs=40, lr=1e-2, weight_decay=0, progress=False)
    assert sum(history.loss[-10:]) < sum(history.loss[:10])
    for name, value in small.state_dict().items():
        if name.endswith("codes"):
            assert torch.equal(value, before[name])
        if name.endswith("original"):
            assert not torch.equal(value, before[name])
    assert all(len(weight.unique()) <= 2 for weight in weights(small))


def test_a_file_gives_back_every_bit_and_is_small(tmp_path):
    model = FaceCNN(24, 128, people=40)
    small, report = share(model, 16)
    save(model, tmp_path / "model")
    save_shared(small, tmp_path / "shared")
    again = load_shared(tmp_path / "shared")
    assert not again.training
    assert again.state_dict().keys() == small.state_dict().keys()
    for name, value in small.state_dict().items():
        assert torch.equal(again.state_dict()[name], value), name
    size = (tmp_path / "shared").stat().st_size
    assert size < 0.2 * (tmp_path / "model").stat().st_size
    codes = sum(layer.weights for layer in report.layers) * report.entropy / 8
    assert codes < size < 1.1 * codes + 15_000, "Huffman comes close to the entropy"


def test_decoding_gives_a_plain_model_with_the_same_answers(model):
    small, _ = share(model, 4)
    plain = decoded(small)
    assert plain.state_dict().keys() == model.state_dict().keys()
    assert torch.equal(plain(IMAGES), small(IMAGES))
    assert type(plain.features[0][0]) is nn.Conv2d
    assert torch.equal(decoded(model)(IMAGES), model(IMAGES))


@pytest.mark.parametrize("values", [-1, 0, 1, 257])
def test_a_codebook_that_is_too_small_or_too_large_is_refused(model, values):
    with pytest.raises(ValueError, match=f"want 2 to 256 values .*got {values}"):
        share(model, values)


def test_layers_that_cannot_be_shared_are_refused(model):
    with pytest.raises(ValueError, match=r"no convolution or linear layer \['features.0.1'\]"):
        share(model, 4, layers=["features.0.1"])  # batch norm
    with pytest.raises(ValueError, match="ReLU has no convolution or linear layer"):
        share(nn.ReLU(), 4)
    with pytest.raises(ValueError, match="'features.0.0' has a parametrized weight already"):
        share(share(model, 4)[0], 4)
    model.head.weight.data[0, 0] = float("nan")
    with pytest.raises(ValueError, match="'head' has weights that are NaN"):
        share(model, 4)


def test_files_of_another_kind_are_refused(model, tmp_path):
    with pytest.raises(ValueError, match="no layer of this model is shared"):
        save_shared(model, tmp_path / "shared")
    with pytest.raises(TypeError, match="can save"):
        save_shared(share(nn.Sequential(nn.Linear(4, 4)), 2)[0], tmp_path / "shared")
    save(model, tmp_path / "plain")
    with pytest.raises(ValueError, match="holds no shared model"):
        load_shared(tmp_path / "plain")
    save_shared(share(model, 4)[0], tmp_path / "shared")
    tensors, about = load_tensors(tmp_path / "shared")
    save_tensors(tmp_path / "other", tensors, about | {"architecture": "VGG"})
    with pytest.raises(ValueError, match="holds 'VGG'"):
        load_shared(tmp_path / "other")
    with pytest.raises(FileNotFoundError, match="no weights at"):
        load_shared(tmp_path / "missing")
