"""A face read row by row."""

import pytest
import torch

from facelib.models import load, save
from facelib.models.recurrent import CELLS, FaceRNN


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
    with pytest.raises(ValueError, match=r"got \(2, 1, 16\)"):
        FaceRNN(16, 8, 4).embed(torch.zeros(2, 1, 16))
    for sizes in ((0, 8, 4), (16, 0, 4), (16, 8, 0)):
        said = "must be at least 1, got {}, {} and {}".format(*sizes)
        with pytest.raises(ValueError, match=said):
            FaceRNN(*sizes)
    with pytest.raises(ValueError, match="want a cell RNN or GRU or LSTM, got 'rnn'"):
        FaceRNN(16, 8, 4, "rnn")


def test_a_reader_of_rows_begins_so_that_it_can_remember():
    for kind in ("GRU", "LSTM"):
        gate = FaceRNN(8, 16, 3, kind).reader.bias_hh_l0[16:32]
        assert gate.min() > 2, kind
    turn = FaceRNN(8, 16, 3, "RNN").reader.weight_hh_l0
    torch.testing.assert_close(turn @ turn.T, torch.eye(16), atol=1e-5, rtol=0)
