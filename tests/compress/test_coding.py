"""Files of shared models are small, come back bit by bit, and are refused if tampered with."""

import pytest
import torch
from torch import nn

from facelib.compress import load_shared, save_shared, share
from facelib.compress.coding import CODES
from facelib.models import FaceCNN, save
from facelib.models.io import load_tensors, save_tensors
from tests.compress.conftest import comes_back, weights


@pytest.mark.parametrize("values", [2, 3, 16, 256])
def test_a_file_gives_back_every_bit_and_is_small(tmp_path, values):
    torch.manual_seed(0)
    model = FaceCNN(24, 128, people=40)
    model.features[3][0].weight.data **= 3  # many small weights: some codes are frequent
    small, report = share(model, values)
    save(model, tmp_path / "model")
    comes_back(small, tmp_path / "shared")
    size, whole = ((tmp_path / name).stat().st_size for name in ("shared", "model"))
    count = sum(weight.numel() for weight in weights(model))
    rest, fixed = whole - 4 * count, report.bits * count / 8
    assert 0 < size - rest < fixed + 3_000, "names of tensors take some room, too"
    if values > 2:
        assert size - rest < fixed, "Huffman coding pays where frequencies differ"


def test_long_runs_of_pruned_weights_take_less_than_a_bit_each(tmp_path):
    model = FaceCNN(24, 128, people=40)
    for weight in weights(model):
        weight[weight.abs() < 0.97 * weight.abs().max()] = 0
    small, _ = share(model, 8)
    comes_back(small, tmp_path / "shared")
    tensors, _ = load_tensors(tmp_path / "shared")
    stored = sum(tensor.numel() for name, tensor in tensors.items() if name.endswith(CODES))
    assert 8 * stored < 0.5 * sum(weight.numel() for weight in weights(small))


def test_a_layer_of_one_value_is_stored(model, tmp_path):
    model.head.weight.data.fill_(0.5)
    again = comes_back(share(model, 4)[0], tmp_path / "shared")
    assert again.head.weight.unique().tolist() == [0.5]


def test_files_of_another_kind_are_refused(model, tmp_path):
    with pytest.raises(ValueError, match="no layer of this model is shared"):
        save_shared(model, tmp_path / "shared")
    with pytest.raises(TypeError, match="can save"):
        save_shared(share(nn.Sequential(nn.Linear(4, 4)), 2)[0], tmp_path / "shared")
    assert not list(tmp_path.iterdir())
    save(model, tmp_path / "plain")
    with pytest.raises(ValueError, match="holds no shared model"):
        load_shared(tmp_path / "plain")
    with pytest.raises(FileNotFoundError, match="no weights at"):
        load_shared(tmp_path / "missing")


HEAD = f"head{CODES}"


@pytest.mark.parametrize("values", [2, 200])  # at fixed length, and in Huffman coding
@pytest.mark.parametrize(
    "forge",
    [
        lambda tensors, about: tensors.update({HEAD: tensors[HEAD][:3]}),
        lambda tensors, about: tensors.update({HEAD: torch.full((9000,), 255).byte()}),
        lambda tensors, about: tensors.pop("head.parametrizations.weight.original"),
        lambda tensors, about: tensors.pop(HEAD),
        lambda tensors, about: about["huffman"].update({"nowhere" + CODES: True}),
        lambda tensors, about: about["huffman"].update({HEAD: not about["huffman"][HEAD]}),
        lambda tensors, about: about.update({"architecture": "VGG"}),
    ],
)
def test_a_forged_file_is_refused_in_words(tmp_path, forge, values):
    torch.manual_seed(0)
    model = FaceCNN(4, 64, people=40)
    model.head.weight.data **= 3
    save_shared(share(model, values)[0], tmp_path / "shared")
    tensors, about = load_tensors(tmp_path / "shared")
    assert about["huffman"][HEAD] == (values == 200)
    forge(tensors, about)
    save_tensors(tmp_path / "forged", tensors, about)
    with pytest.raises(ValueError, match="forged"):
        load_shared(tmp_path / "forged")
