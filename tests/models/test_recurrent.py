"""Recurrent networks beside PyTorch's own."""

import pytest
import torch
from torch import nn

from facelib.models import load, save
from facelib.models.recurrent import CELLS, Elman, FaceRNN


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def twins(inputs=5, hidden=7):
    """An Elman network and a torch.nn.RNN of the same weights."""
    torch.manual_seed(0)
    ours, theirs = Elman(inputs, hidden, 3), nn.RNN(inputs, hidden, batch_first=True)
    with torch.no_grad():
        theirs.weight_ih_l0.copy_(ours.read.weight)
        theirs.weight_hh_l0.copy_(ours.remember.weight)
        theirs.bias_ih_l0.copy_(ours.read.bias)
        theirs.bias_hh_l0.zero_()
    return ours, theirs


@pytest.mark.parametrize("steps", [1, 2, 50])
def test_elmans_states_and_gradients_are_those_of_torch(steps):
    ours, theirs = twins()
    found, wanted = (drawn(4, steps, 5).requires_grad_() for _ in range(2))
    outputs, states = ours(found)
    reference, _ = theirs(wanted)
    torch.testing.assert_close(states, reference, rtol=0, atol=1e-6)
    torch.testing.assert_close(outputs, ours.say(reference), rtol=0, atol=1e-6)
    states.square().sum().backward()
    reference.square().sum().backward()
    for mine, yours in (
        (found.grad, wanted.grad), (ours.read.weight.grad, theirs.weight_ih_l0.grad),
        (ours.remember.weight.grad, theirs.weight_hh_l0.grad),
        (ours.read.bias.grad, theirs.bias_ih_l0.grad),
    ):  # fmt: skip
        torch.testing.assert_close(mine, yours, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("shape", [(4, 5), (4, 0, 5), (5,)])
def test_what_is_no_batch_of_sequences_is_refused(shape):
    with pytest.raises(ValueError, match=r"want sequences \(N, T, inputs\) of 1 step or more"):
        Elman(5, 7, 3)(torch.zeros(shape))


@pytest.mark.parametrize("cell", CELLS)
def test_a_face_is_read_from_top_to_bottom_and_saved(cell, tmp_path):
    torch.manual_seed(0)
    model = FaceRNN(16, 8, 4, cell).eval()
    images = torch.rand(3, 1, 12, 16)
    assert model.embed(images).shape == (3, 8)
    assert model(images).shape == (3, 4)
    assert not torch.allclose(model(images), model(images.flip(2)))
    torch.testing.assert_close(model(images), model(2 * images + 3), atol=1e-2, rtol=1e-2)
    save(model, tmp_path / "model")
    again = load(tmp_path / "model")
    torch.testing.assert_close(again(images), model(images), rtol=0, atol=0)


def test_other_images_and_cells_are_refused():
    with pytest.raises(ValueError, match=r"want grey images \(N, 1, H, 16\), got \(2, 1, 16, 12\)"):
        FaceRNN(16, 8, 4).embed(torch.zeros(2, 1, 16, 12))
    with pytest.raises(ValueError, match="want a cell RNN or GRU or LSTM, got 'rnn'"):
        FaceRNN(16, 8, 4, "rnn")


def test_a_reader_of_rows_begins_so_that_it_can_remember():
    for kind in ("GRU", "LSTM"):
        gate = FaceRNN(8, 16, 3, kind).reader.bias_hh_l0[16:32]
        assert gate.min() > 2, kind
    turn = FaceRNN(8, 16, 3, "RNN").reader.weight_hh_l0
    torch.testing.assert_close(turn @ turn.T, torch.eye(16), atol=1e-5, rtol=0)
