"""The steps one after the other, in any sensible order; a file brings every result back."""

from itertools import product

import pytest
import torch

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
    numbers = {name: tensor.numpy().tobytes() for name, tensor in model.state_dict().items()}
    modes = {name: module.training for name, module in model.named_modules()}
    learns = {
        name: (one.requires_grad, None if one.grad is None else one.grad.numpy().tobytes())
        for name, one in model.named_parameters()
    }
    return numbers, modes, learns


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
