"""Magnitude pruning: the smallest weights go, stay away, and nothing else changes."""

import pytest
import torch
from torch import nn
from torch.nn.utils import prune

from facelib.compress import decode, share, sparsify
from facelib.data import FaceSet
from facelib.models import FaceCNN, load, save
from facelib.training import fit

IMAGES = torch.rand(3, 1, 20, 18, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def model():
    torch.manual_seed(0)
    return FaceCNN(4, 8, people=5).eval()


def weights(model):
    layers = [m for m in model.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    return [layer.weight.detach() for layer in layers]


@pytest.mark.parametrize("amount", [0.1, 0.5, 0.95])
def test_the_smallest_weights_of_all_layers_go(model, amount):
    sparse, report = sparsify(model, amount)
    before = torch.cat([weight.flatten() for weight in weights(model)])
    after = torch.cat([weight.flatten() for weight in weights(sparse)])
    gone = after == 0
    assert gone.double().mean().item() == pytest.approx(amount, abs=1e-3)
    assert report.share == pytest.approx(gone.double().mean().item())
    assert before[gone].abs().max() <= before[~gone].abs().min()
    assert torch.equal(after[~gone], before[~gone])


def test_it_chooses_as_torch_does(model):
    sparse, _ = sparsify(model, 0.6, layers=["features.1.0"])
    layer = nn.Conv2d(4, 8, 3)
    layer.weight.data.copy_(model.features[1][0].weight)
    prune.l1_unstructured(layer, "weight", 0.6)
    assert torch.equal(sparse.features[1][0].weight, layer.weight)
    for name in ("features.0.0", "head"):
        assert torch.equal(sparse.get_submodule(name).weight, model.get_submodule(name).weight)


def test_weights_that_lie_in_memory_as_training_leaves_them_can_be_pruned(model):
    other = model.to(memory_format=torch.channels_last)
    for one, two in zip(weights(sparsify(other, 0.5)[0]), weights(model), strict=True):
        kept = one != 0
        assert torch.equal(one[kept], two[kept])


def test_zeros_stay_while_the_others_train(model):
    sparse, _ = sparsify(model, 0.7)
    before = weights(sparse)
    optimizer = torch.optim.AdamW(sparse.parameters(), 0.05)
    for _ in range(3):
        optimizer.zero_grad()
        sparse(IMAGES).square().sum().backward()
        optimizer.step()
    for old, new in zip(before, weights(sparse), strict=True):
        assert torch.equal(old == 0, new == 0)
    moved = [not torch.equal(*pair) for pair in zip(before, weights(sparse), strict=True)]
    assert any(moved)


def test_another_round_keeps_the_zeros_and_adds_to_them(model):
    first, _ = sparsify(model, 0.3)
    second, report = sparsify(first, 0.6)
    for old, new in zip(weights(first), weights(second), strict=True):
        assert not new[old == 0].any()
    assert report.share == pytest.approx(0.6, abs=1e-3)
    with pytest.raises(ValueError, match=r"60\.\d% of the weights are 0 already.*got 30.0%"):
        sparsify(second, 0.3)


def test_the_model_passed_in_is_not_changed_and_the_copy_becomes_plain(model):
    before = [weight.clone() for weight in weights(model)]
    sparse, _ = sparsify(model, 0.5)
    for old, new in zip(before, weights(model), strict=True):
        assert torch.equal(old, new)
    plain = decode(sparse)
    assert plain.state_dict().keys() == model.state_dict().keys()
    assert torch.equal(plain(IMAGES), sparse(IMAGES))
    small, _ = share(plain, 8)
    for old, new in zip(weights(sparse), weights(small), strict=True):
        assert torch.equal(old == 0, new == 0)


@pytest.mark.parametrize("made", [lambda m: sparsify(m, 0.5), lambda m: share(m, 4)])
def test_a_plain_file_holds_the_decoded_model_and_nothing_else(model, made, tmp_path):
    small, _ = made(model)
    with pytest.raises(ValueError, match=r"decode\(model\) .*save_shared\(model\)"):
        save(small, tmp_path / "small")
    assert not list(tmp_path.iterdir())
    save(decode(small), tmp_path / "small")
    for one, other in zip(weights(load(tmp_path / "small")), weights(small), strict=True):
        assert torch.equal(one, other)


def test_a_training_run_of_a_sparse_model_goes_on_from_its_checkpoint(model, tmp_path):
    images = (255 * IMAGES[:1]).byte().repeat(10, 1, 1, 1)
    faces = FaceSet(images, torch.arange(5).repeat(2), tuple("abcde"))
    runs = [sparsify(model, 0.5)[0] for _ in range(2)]
    for run in runs:  # the second has nothing left to do but to read
        fit(run, faces, epochs=2, device="cpu", checkpoint=tmp_path / "run", progress=False)
    assert not torch.equal(weights(runs[0])[0], weights(model)[0])
    for one, other in zip(weights(runs[0]), weights(runs[1]), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("amount", [0, 1, 1.5, -0.1, float("nan")])
def test_a_share_out_of_range_is_refused(model, amount):
    with pytest.raises(ValueError, match="above 0 and below 1, got"):
        sparsify(model, amount)


def test_layers_that_cannot_be_pruned_are_refused(model):
    with pytest.raises(ValueError, match=r"no convolution or linear layer \['features'\]"):
        sparsify(model, 0.5, layers=["features"])
    shared, _ = share(model, 4)
    with pytest.raises(ValueError, match=r"made by Codebook.*sparsify decode\(model\)"):
        sparsify(shared, 0.5)
