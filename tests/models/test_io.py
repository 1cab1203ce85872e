import errno
import json
import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn.utils import parametrize

from facelib.models import FaceCNN, io


@pytest.fixture
def model():
    torch.manual_seed(0)
    return FaceCNN(4, 8, 3).eval()


def test_a_model_comes_back_the_same(model, tmp_path):
    images = torch.rand(2, 1, 32, 32)
    for batch_norm in (m for m in model.modules() if isinstance(m, nn.BatchNorm2d)):
        batch_norm.running_mean.uniform_()
    model.to(memory_format=torch.channels_last)
    io.save(model, tmp_path / "model.safetensors")
    again = io.load(tmp_path / "model.safetensors")
    assert not again.training
    assert torch.equal(again(images), model(images))
    assert again.config == model.config


def test_saving_twice_writes_the_same_bytes(model, tmp_path):
    io.save(model, tmp_path / "a")
    io.save(model, tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="gone.safetensors"):
        io.load(tmp_path / "gone.safetensors")


@pytest.mark.parametrize("kept", [0, 5, 100, -1])
def test_a_truncated_file_is_refused(model, tmp_path, kept):
    path = tmp_path / "model.safetensors"
    io.save(model, path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ValueError, match=r"model\.safetensors is not a whole safetensors file"):
        io.load(path)


def test_one_changed_byte_of_the_weights_is_noticed(model, tmp_path):
    path = tmp_path / "model.safetensors"
    io.save(model, path)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"model\.safetensors was altered"):
        io.load(path)


def test_changed_settings_are_noticed(model, tmp_path):
    path = tmp_path / "model.safetensors"
    io.save(model, path)
    path.write_bytes(path.read_bytes().replace(b"FaceCNN", b"FaceCNM"))
    with pytest.raises(ValueError, match="was altered"):
        io.load(path)


def test_a_foreign_safetensors_file_is_refused(tmp_path):
    save_file({"weight": torch.ones(2)}, tmp_path / "foreign")
    with pytest.raises(ValueError, match="not by facelib"):
        io.load(tmp_path / "foreign")


def test_tensors_that_are_no_model_are_refused_as_one(tmp_path):
    io.save_tensors(tmp_path / "x", {"a": torch.ones(1)}, {"architecture": "Transformer"})
    with pytest.raises(ValueError, match="holds 'Transformer', can load"):
        io.load(tmp_path / "x")


def test_weights_of_another_model_are_refused_and_change_nothing(model):
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(
        ValueError, match=r"x is of another model: head.weight \(4, 8\) instead of \(3,"
    ):
        io.load_weights(model, FaceCNN(4, 8, 4).state_dict(), "x")
    with pytest.raises(ValueError, match="and 29 more do not fit"):
        io.load_weights(model, {}, "x")
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


def test_a_foreign_architecture_cannot_be_saved(tmp_path):
    with pytest.raises(TypeError, match="got Linear"):
        io.save(nn.Linear(1, 1), tmp_path / "x")
    assert not list(tmp_path.iterdir())


def test_weights_that_are_made_by_something_are_refused_and_nothing_is_written(model, tmp_path):
    parametrize.register_parametrization(model.head, "weight", nn.ReLU())
    with pytest.raises(ValueError, match=r"\['head'\] have masks or codebooks, want plain weights"):
        io.save(model, tmp_path / "x")
    assert not list(tmp_path.iterdir())


def test_a_full_disk_keeps_the_old_file_and_leaves_nothing_behind(model, tmp_path, monkeypatch):
    path = tmp_path / "model.safetensors"
    io.save(model, path)
    old = path.read_bytes()

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"No space left.*Free some space.*model\.safetensors"):
        io.save(FaceCNN(4, 8, 5), path)
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_named(model, tmp_path):
    with pytest.raises(OSError, match="No such file or directory.*gone"):
        io.save(model, tmp_path / "gone" / "model")


def test_nothing_in_a_file_is_ever_executed(model, tmp_path):
    io.save(model, tmp_path / "x")
    tensors, about = io.load_tensors(tmp_path / "x")
    assert json.loads(json.dumps(about)) == about
    assert all(type(tensor) is torch.Tensor for tensor in tensors.values())


def test_a_weight_that_two_layers_hold_is_written_for_each(tmp_path):
    model = FaceCNN(2, 8, 8).eval()
    model.head.weight = model.embedding[0].weight
    io.save(model, tmp_path / "x")
    images = torch.rand(2, 1, 32, 32)
    assert torch.equal(io.load(tmp_path / "x")(images), model(images))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_neither_saved_nor_loaded(model, tmp_path, value):
    about, tensors = io.about(model), model.state_dict()
    tensors["head.bias"] = torch.tensor([0.0, value, 0.0])
    io.save_tensors(tmp_path / "x", tensors, about)
    with pytest.raises(ValueError, match=r"x has weights that are NaN or infinite.*head\.bias"):
        io.load(tmp_path / "x")
    with torch.no_grad():
        model.head.bias[1] = value
    with pytest.raises(ValueError, match="not saved: the model has weights that are NaN"):
        io.save(model, tmp_path / "y")
    assert not (tmp_path / "y").exists()


@pytest.mark.parametrize(
    "forged",
    [
        {"config": {"width": 10**6, "embedding": 10**6, "people": 10**6}},  # 72 TB of weights
        {"config": {"width": "4", "embedding": 8, "people": 3}},
        {"config": {"width": 0, "embedding": 8, "people": 3}},
        {"config": {"width": 4.5, "embedding": 8, "people": 3}},
        {"config": {"width": 10**30, "embedding": 8, "people": 3}},
        {"config": {"height": 4}},
        {"config": None},
        {"config": [4, 8, 3]},
        {"architecture": ["FaceCNN"]},
        {"architecture": "FaceResNet", "config": {"blocks": [10**12, 1, 1]}},
        {"architecture": "FaceRNN", "config": {"columns": 8, "hidden": 10**7, "people": 2}},
        {"edits": [1]},
        {"edits": {"nowhere": None}},
        {"edits": {"head": {"in_features": -1, "out_features": 3}}},
        {"edits": {"features.0.0": {"in_channels": 1, "out_channels": 4, "groups": 0}}},
    ],
    ids=str,
)
def test_a_forged_description_is_a_clear_error_and_asks_for_no_memory(model, tmp_path, forged):
    """The SHA-256 is right: who forges knows how to write one."""
    io.save_tensors(tmp_path / "x", model.state_dict(), io.about(model) | forged)
    with pytest.raises(ValueError, match=r"/x (has sizes that no|holds|is of another model)"):
        io.load(tmp_path / "x")


@pytest.mark.parametrize("about", [[], "text", None, 3])
def test_a_description_that_is_no_dictionary_is_refused(model, tmp_path, about):
    io.save_tensors(tmp_path / "x", model.state_dict(), about)
    with pytest.raises(ValueError, match="x was altered"):
        io.load(tmp_path / "x")


def test_loading_draws_no_random_number(model, tmp_path):
    io.save(model, tmp_path / "x")
    torch.manual_seed(3)
    io.load(tmp_path / "x")
    drawn = torch.rand(1)
    assert drawn == torch.rand(1, generator=torch.Generator().manual_seed(3))


def test_a_file_that_is_replaced_while_it_is_read_is_one_of_the_two(model, tmp_path, monkeypatch):
    path = tmp_path / "model"
    io.save(model, path)
    real = Path.read_bytes

    def read_and_be_overtaken(file):
        data = real(file)
        io.save(FaceCNN(4, 8, 3), path)
        return data

    monkeypatch.setattr(Path, "read_bytes", read_and_be_overtaken)
    assert torch.equal(io.load(path).head.weight, model.head.weight)
