"""The steps one after the other, in any sensible order; a file brings every result back."""

from itertools import permutations

import pytest
import torch

from facelib import compress
from facelib.data import FaceSet
from facelib.measure import parameters
from facelib.models import FaceResNet, embed, load, save
from facelib.models.runtime import OnnxModel
from facelib.training.batches import DrawnFaces

SHAPE = (1, 64, 64)
IMAGES = torch.rand(4, *SHAPE, generator=torch.Generator().manual_seed(0))
FACES = FaceSet((255 * IMAGES).byte(), torch.tensor([0, 0, 1, 1]), ("a", "b"))
RANKS = {"embedding.1": 0.7, "features.9": 0.7}
STEPS = {
    "prune": lambda model: compress.prune(model, 0.3, SHAPE, round_to=2)[0],
    "factorize": lambda model: compress.factorize(model, RANKS)[0],
}


@pytest.fixture
def model():
    torch.manual_seed(0)
    return FaceResNet(8, 16).eval()


def same_bits(one, other):
    a, b = one.state_dict(), other.state_dict()
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


ORDERS = list(permutations(STEPS))


@pytest.mark.parametrize("order", ORDERS)
def test_smaller_shared_and_written(model, order, tmp_path):
    for step in order:
        smaller = STEPS[step](model)
        assert parameters(smaller) < parameters(model)
        model = smaller
    save(model, tmp_path / "plain")
    assert same_bits(load(tmp_path / "plain"), model)
    assert torch.equal(load(tmp_path / "plain").embed(IMAGES), model.embed(IMAGES))
    shared, _ = compress.share(model, 16)
    compress.save_shared(shared, tmp_path / "shared")
    again = compress.load_shared(tmp_path / "shared")
    assert same_bits(again, shared)
    assert torch.equal(again.embed(IMAGES), shared.embed(IMAGES))
    assert (tmp_path / "shared").stat().st_size < 0.5 * (tmp_path / "plain").stat().st_size
    if order == ORDERS[0]:  # what is exported is alike in all of them, and it takes a while
        assert compress.export(compress.decode(again), tmp_path / "onnx", SHAPE).difference < 1e-5


def test_sparse_shared_written_exported_and_quantized(model, tmp_path):
    sparse, _ = compress.sparsify(model, 0.8)
    shared, _ = compress.share(sparse, 16)
    compress.save_shared(shared, tmp_path / "shared")
    again = compress.load_shared(tmp_path / "shared")
    assert same_bits(again, shared)
    plain = compress.decode(again)
    for name, tensor in compress.decode(sparse).state_dict().items():
        if tensor.ndim > 1:
            assert torch.equal(plain.state_dict()[name] == 0, tensor == 0), name
    save(plain, tmp_path / "plain")
    assert same_bits(load(tmp_path / "plain"), plain)
    exported = compress.export(plain, tmp_path / "onnx", SHAPE)
    assert exported.difference < 1e-5
    eight = compress.quantize(exported.path, tmp_path / "int8", FACES.images)
    found, wanted = embed(OnnxModel(eight.path), FACES.images), embed(plain, FACES.images)
    assert (found * wanted).sum(1).min() > 0.97


def taught(student, teacher):
    settings = {"steps": 1, "batch": 4, "device": "cpu", "progress": False}
    compress.distill(student, teacher, DrawnFaces(FACES, 2), compress.MatchEmbedding(), **settings)


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
    "sparsify": lambda model, _: compress.sparsify(model, 0.5),
    "export": lambda model, path: compress.export(model, path, SHAPE),
    "teacher": lambda model, _: taught(FaceResNet(2, 16), model),
    "student": lambda model, _: taught(model, FaceResNet(2, 16)),
}


@pytest.mark.parametrize("step", ALL.values(), ids=ALL)
def test_nothing_changes_its_model(model, step, tmp_path):
    before = everything(worn(model))
    step(model, tmp_path / "onnx")
    assert everything(model) == before


@pytest.mark.parametrize(
    "step", [compress.decode, compress.share, lambda model: compress.sparsify(model, 0.7)]
)
def test_nothing_changes_a_model_with_masks(model, step):
    sparse = worn(compress.sparsify(model, 0.5)[0])
    before = everything(sparse)
    step(sparse)
    assert everything(sparse) == before
