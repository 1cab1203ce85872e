import pytest
import torch
from torch import nn

from facelib.compress import factorize
from facelib.models import FaceResNet


@pytest.fixture
def model():
    torch.manual_seed(0)
    return FaceResNet(8, 16).eval()


IMAGES = torch.rand(3, 1, 64, 64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", ["features.4", "features.7.change.3", "embedding.1"])
def test_full_rank_says_the_same(model, name):
    full = min(model.get_submodule(name).weight.flatten(1).shape)
    whole, found = factorize(model, {name: full})
    torch.testing.assert_close(whole.embed(IMAGES), model.embed(IMAGES), atol=1e-4, rtol=1e-4)
    assert found[name].energy == pytest.approx(1)
    inside = sum(part.weight.numel() for part in whole.get_submodule(name))
    assert found[name].weights == (model.get_submodule(name).weight.numel(), inside)


def test_it_is_the_nearest_matrix_of_its_rank(model):
    weight = model.get_submodule("features.4").weight.detach().flatten(1)
    half, found = factorize(model, {"features.4": 5})
    first, second = (part.weight.detach().flatten(1) for part in half.get_submodule("features.4"))
    error = (second @ first - weight).square().sum()
    values = torch.linalg.svdvals(weight.double())
    assert error.item() == pytest.approx(values[5:].square().sum().item(), rel=1e-4)
    assert found["features.4"].energy == pytest.approx(
        float(1 - values[5:].square().sum() / values.square().sum())
    )


def test_biases_stride_and_what_is_frozen_stay():
    frozen = nn.Conv2d(4, 6, 3, stride=2, padding=1).requires_grad_(False)
    net = nn.Sequential(frozen, nn.Conv2d(6, 5, 1))
    split, _ = factorize(net, {"0": 6, "1": 5})
    maps = torch.rand(2, 4, 9, 9)
    torch.testing.assert_close(split(maps), net(maps), atol=1e-5, rtol=1e-5)
    assert [one.requires_grad for one in split.parameters()] == [False] * 3 + [True] * 3
