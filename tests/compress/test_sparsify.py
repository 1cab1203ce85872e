"""Magnitude pruning: the smallest weights go, stay away, and nothing else changes."""

import pytest
import torch

from facelib.compress import decode, round_weights, share, sparsify
from facelib.data import FaceSet
from facelib.models import load, save
from facelib.training import fit
from tests.compress.conftest import IMAGES, same_bits, weights


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
    again, _ = sparsify(sparse, 0.97)
    more = torch.cat([weight.flatten() == 0 for weight in weights(again)])
    assert more[gone].all()
    assert more.double().mean().item() == pytest.approx(0.97, abs=1e-3)


@pytest.mark.parametrize(
    "made", [lambda m: sparsify(m, 0.5)[0], lambda m: share(m, 4)[0], lambda m: round_weights(m, 4)]
)
def test_a_plain_file_holds_the_decoded_model_and_nothing_else(model, made, tmp_path):
    small = made(model)
    with pytest.raises(ValueError, match=r"decode\(model\) .*save_shared\(model\)"):
        save(small, tmp_path / "small")
    assert not list(tmp_path.iterdir())
    plain = decode(small)
    save(plain, tmp_path / "small")
    assert same_bits(load(tmp_path / "small"), plain)
    assert torch.equal(plain(IMAGES), small(IMAGES))
    first, same = plain.features[0][0], model.features[0][0]
    assert (type(first), first.weight.stride()) == (type(same), same.weight.stride())
    small.head.parametrizations.weight.original.requires_grad_(False)
    assert not decode(small).head.weight.requires_grad


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
