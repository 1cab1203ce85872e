"""Magnitude pruning: the smallest weights go, stay away, and nothing else changes."""

import pytest
import torch
from torch import nn
from torch.nn.utils import prune

from facelib.compress import decode, share, sparsify
from facelib.data import FaceSet
from facelib.models import load, save
from facelib.training import fit
from tests.compress.conftest import IMAGES, weights


@pytest.mark.parametrize("order", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("amount", [0.1, 0.5, 0.95])
def test_the_smallest_weights_of_all_layers_go(model, amount, order):
    sparse, zeros = sparsify(model.to(memory_format=order), amount)  # as training leaves them
    before = torch.cat([weight.flatten() for weight in weights(model)])
    after = torch.cat([weight.flatten() for weight in weights(sparse)])
    gone = after == 0
    assert gone.double().mean().item() == pytest.approx(amount, abs=1e-3)
    assert before[gone].abs().max() <= before[~gone].abs().min()
    assert torch.equal(after[~gone], before[~gone])
    assert list(zeros.values()) == [float((one == 0).double().mean()) for one in weights(sparse)]


def test_it_chooses_as_torch_does():
    layer = nn.Conv2d(4, 8, 3)
    (sparse,), zeros = sparsify(nn.Sequential(layer), 0.6)
    prune.l1_unstructured(layer, "weight", 0.6)
    assert torch.equal(sparse.weight, layer.weight)
    assert list(zeros) == ["0"]


def test_another_round_keeps_the_zeros_and_adds_to_them(model):
    first, _ = sparsify(model, 0.3)
    second, _ = sparsify(first, 0.6)
    for old, new in zip(weights(first), weights(second), strict=True):
        assert not new[old == 0].any()
    gone = torch.cat([weight.flatten() == 0 for weight in weights(second)])
    assert gone.double().mean().item() == pytest.approx(0.6, abs=1e-3)


@pytest.mark.parametrize("made", [lambda m: sparsify(m, 0.5), lambda m: share(m, 4)])
def test_a_plain_file_holds_the_decoded_model_and_nothing_else(model, made, tmp_path):
    small, _ = made(model)
    with pytest.raises(ValueError, match=r"decode\(model\) .*save_shared\(model\)"):
        save(small, tmp_path / "small")
    assert not list(tmp_path.iterdir())
    save(decode(small), tmp_path / "small")
    for one, other in zip(weights(load(tmp_path / "small")), weights(small), strict=True):
        assert torch.equal(one, other)
    assert torch.equal(decode(small)(IMAGES), small(IMAGES))


def test_zeros_stay_while_the_others_train_and_a_run_goes_on_from_its_checkpoint(model, tmp_path):
    images = (255 * IMAGES[:1]).byte().repeat(10, 1, 1, 1)
    faces = FaceSet(images, torch.arange(5).repeat(2), tuple("abcde"))
    runs = [sparsify(model, 0.5)[0] for _ in range(2)]
    before = weights(runs[0])
    for run in runs:  # the second has nothing left to do but to read
        fit(run, faces, epochs=2, device="cpu", checkpoint=tmp_path / "run", progress=False)
    for old, one, other in zip(before, *map(weights, runs), strict=True):
        assert torch.equal(old == 0, one == 0)
        assert not torch.equal(old, one)
        assert torch.equal(one, other)


def spoilt(model):
    model.head.weight.data[0, 0] = float("nan")
    return model


@pytest.mark.parametrize(
    ("made", "amount", "message"),
    [
        (lambda model: model, 0, "above 0 and below 1, got 0"),
        (lambda model: model, 1, "above 0 and below 1, got 1"),
        (lambda model: model, float("nan"), "above 0 and below 1, got nan"),
        (lambda model: sparsify(model, 0.6)[0], 0.3, r"60\.\d% .* are 0 already.*got 30.0%"),
        (spoilt, 0.5, "'head'. have weights that are NaN"),
        (lambda _: nn.ReLU(), 0.5, "no convolution or linear layer"),
        (lambda model: share(model, 4)[0], 0.5, r"by Codebook.*sparsify decode\(model\)"),
    ],
)
def test_what_cannot_be_pruned_is_refused(model, made, amount, message):
    with pytest.raises(ValueError, match=message):
        sparsify(made(model), amount)
