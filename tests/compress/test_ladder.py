"""The steps one after the other, in any sensible order; a file brings every result back."""

import io
import math
from itertools import product

import pytest
import torch
from torch import nn

from facelib import compress
from facelib.measure import parameters
from facelib.models import FaceResNet, load, save
from tests.compress.conftest import comes_back, same_bits

SHAPE = (1, 64, 64)
IMAGES = torch.rand(4, *SHAPE, generator=torch.Generator().manual_seed(0))
RANKS = {"embedding.1": 6, "features.9": 6}
STEPS = {
    "prune": lambda model: compress.prune(model, 0.3, SHAPE, round_to=2)[0],
    "factorize": lambda model: compress.factorize(model, RANKS)[0],
    "sparsify": lambda model: compress.sparsify(model, 0.8)[0],
}


@pytest.fixture
def model():
    torch.manual_seed(0)
    return FaceResNet(8, 16).eval()


@pytest.mark.parametrize(
    "steps", [("prune", "factorize"), ("factorize", "prune"), ("sparsify",)], ids=" ".join
)
def test_smaller_shared_and_written(model, steps, tmp_path):
    for step in steps:
        before, model = model, STEPS[step](model)
        assert parameters(model) < parameters(before) or step == "sparsify"
    shared, _ = compress.share(model, 16)
    again = comes_back(shared, tmp_path / "shared")
    assert torch.equal(again.embed(IMAGES), shared.embed(IMAGES))
    plain = compress.decode(again)
    save(plain, tmp_path / "plain")
    assert same_bits(load(tmp_path / "plain"), plain)
    assert (tmp_path / "shared").stat().st_size < 0.5 * (tmp_path / "plain").stat().st_size
    if step != "prune":  # what is exported is alike in both orders, and it takes a while
        assert compress.export(plain, tmp_path / "onnx", SHAPE).difference < 1e-5


def worn(model):
    """The model in the midst of training, part of it frozen: there is much that could change."""
    model.train().features[1].eval()
    model.features[4].requires_grad_(False)
    model(IMAGES).square().mean().backward()
    return model


def everything(model):
    """What a step could change of a model: its numbers, modes, what learns, and gradients."""
    modes = [module.training for module in model.modules()]
    learns = [(one.requires_grad, one.grad) for one in model.parameters()]
    torch.save((model.state_dict(), modes, learns), file := io.BytesIO())
    return file.getvalue()


ALL = {name: lambda model, _, step=step: step(model) for name, step in STEPS.items()} | {
    "share": lambda model, _: compress.share(model, 4),
    "round_weights": lambda model, _: compress.round_weights(model, 4),
    "decode": lambda model, _: compress.decode(model),
    "export": lambda model, path: compress.export(model, path, SHAPE),
    "ship": lambda model, path: compress.ship(model, path, (255 * IMAGES).byte()),
}
MASKED = ("share", "decode", "sparsify")  # what may come after a mask


@pytest.mark.parametrize(("step", "masked"), [*product(ALL, [False]), *product(MASKED, [True])])
def test_nothing_changes_its_model(model, step, masked, tmp_path):
    model = worn(compress.sparsify(model, 0.5)[0] if masked else model)
    before = everything(model)
    ALL[step](model, tmp_path / "onnx")
    assert everything(model) == before


def filled(model, value):
    model.features[4].weight.data.fill_(value)
    return model


def linear(*, tied=False):
    one, other = nn.Linear(4, 4), nn.Linear(4, 4)
    other.weight = one.weight if tied else other.weight
    return nn.Sequential(one, other)


def multiplied():
    """Two outputs for every input channel."""
    first, inner = nn.Conv2d(1, 16, 3), nn.Conv2d(16, 32, 3, groups=16)
    return nn.Sequential(first, inner, nn.Conv2d(32, 64, 3), nn.Flatten())


def share(model, values=4):
    return compress.share(model, values)[0]


def prune(model, ratio=0.5, round_to=8):
    return compress.prune(model, ratio, SHAPE, round_to=round_to)


def factorize(model, rank=2, layer="features.4"):
    return compress.factorize(model, {layer: rank})[0]


REFUSED = [
    (lambda model: share(model, 1), "want 2 to 256 values .*got 1"),
    (lambda model: share(model, 257), "want 2 to 256 values .*got 257"),
    (lambda _: share(nn.ReLU()), "ReLU has no convolution or linear layer"),
    (lambda model: share(share(model)), "'features.0', .* have a codebook already"),
    (lambda _: share(linear(tied=True)), r"layers \['0', '1'\] hold the same weight"),
    (lambda model: share(filled(model, math.nan)), "'features.4'. have weights that are NaN"),
    (lambda model: compress.sparsify(model, 0), "above 0 and below 1, got 0"),
    (lambda model: compress.sparsify(model, 1), "above 0 and below 1, got 1"),
    (
        lambda model: compress.sparsify(STEPS["sparsify"](model), 0.3),
        r"80\.\d% .* are 0 already.*got 30.0%",
    ),
    (lambda model: compress.sparsify(share(model), 0.5), r"by Codebook.*sparsify decode\(model\)"),
    (lambda model: factorize(model, 17), "rank from 1 to 16"),
    (lambda model: factorize(model, 2.5), "rank from 1 to 16"),
    (lambda model: factorize(model, -1), "rank from 1 to 16"),
    (lambda model: factorize(model, layer="features.1"), "or linear layer 'features.1', there are"),
    (lambda model: factorize(share(model)), r"by Codebook.*factorise decode"),
    (lambda model: factorize(factorize(model), layer="features.4.0"), "half of a"),
    (lambda model: factorize(filled(model, 0)), "'features.4' is all 0"),
    (lambda _: factorize(multiplied(), layer="1"), "has groups"),
    (lambda _: factorize(linear(tied=True), layer="0"), "0.weight and 1.weight are"),
    (lambda model: prune(model, 0), "above 0 and below 1"),
    (lambda model: prune(model, 1), "above 0 and below 1"),
    (lambda model: prune(model, round_to=0), "in steps of 1 or more"),
    (lambda model: prune(model, 0.999), "can't be taken out"),
    (lambda model: prune(share(model)), r"by Codebook.*prune decode\(model\)"),
    (lambda _: prune(linear()), "no convolution"),
    (lambda model: prune(filled(model, math.nan)), "'features.4.weight'.* are NaN"),
    (lambda _: prune(multiplied()), "Sequential can't be pruned.*channels hang together"),
    (lambda model: compress.round_weights(model, 1), "want 2 to 8 bits, got 1"),
    (lambda model: compress.round_weights(model, 9), "want 2 to 8 bits, got 9"),
    (lambda _: compress.round_weights(linear()[:1], 4), "one layer, and the first isn't rounded"),
    (lambda model: compress.round_weights(STEPS["sparsify"](model), 4), "made by Masked"),
]


@pytest.mark.parametrize(("step", "message"), REFUSED)
def test_what_a_step_can_not_do_is_refused_in_words(model, step, message):
    with pytest.raises(ValueError, match=message):
        step(model)
