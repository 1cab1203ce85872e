"""Recurrent networks beside PyTorch's own."""

import pytest
import torch
from torch import nn

from facelib.models import load, save
from facelib.models.recurrent import CELLS, Elman, FaceRNN


@pytest.mark.parametrize("steps", [1, 2, 50])
def test_elmans_states_and_gradients_are_those_of_torch(steps):
    torch.manual_seed(0)
    ours, theirs = Elman(5, 7, 3), nn.RNN(5, 7, batch_first=True)
    pairs = [
        (ours.read.weight, theirs.weight_ih_l0), (ours.remember.weight, theirs.weight_hh_l0),
        (ours.read.bias, theirs.bias_ih_l0),
    ]  # fmt: skip
    with torch.no_grad():
        for mine, yours in pairs:
            yours.copy_(mine)
        theirs.bias_hh_l0.zero_()
    found = torch.randn(4, steps, 5, requires_grad=True)
    wanted = found.detach().clone().requires_grad_()
    outputs, states = ours(found)
    reference, _ = theirs(wanted)
    torch.testing.assert_close(states, reference, rtol=0, atol=1e-6)
    torch.testing.assert_close(outputs, ours.say(reference), rtol=0, atol=1e-6)
    states.square().sum().backward()
    reference.square().sum().backward()
    for mine, yours in [(found, wanted), *pairs]:
        torch.testing.assert_close(mine.grad, yours.grad, rtol=1e-5, atol=1e-5)


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
