from pathlib import Path

import pytest
import torch
from safetensors.torch import save as to_bytes
from torch import nn
from torch.nn.utils import parametrize

from facelib import files
from facelib.models import FaceCNN, io

CONVOLUTION = {
    "in_channels": 1, "out_channels": 4, "kernel_size": [3, 3], "stride": [2, 2],
    "padding": [1, 1], "dilation": [1, 1], "groups": 1, "bias": False,
}  # fmt: skip


@pytest.fixture
def model():
    torch.manual_seed(0)
    return FaceCNN(4, 8, 3).eval()


@pytest.fixture
def path(model, tmp_path):
    io.save(model, tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


def test_a_model_comes_back_the_same_and_is_always_the_same_bytes(model, path):
    images = torch.rand(2, 1, 32, 32)
    for batch_norm in (m for m in model.modules() if isinstance(m, nn.BatchNorm2d)):
        batch_norm.running_mean.uniform_()
    model.to(memory_format=torch.channels_last)
    io.save(model, path)
    again = io.load(path)
    assert not again.training
    assert torch.equal(again(images), model(images))
    assert again.config == model.config
    first = path.read_bytes()
    io.save(again, path)
    assert path.read_bytes() == first


def test_a_file_that_is_not_as_it_was_written_is_refused(path):
    data, cut = path.read_bytes(), r"is not a whole safetensors file \(.*It may be cut short"
    for harmed, message in (
        (b"", cut),
        (data[:100], cut),
        (data[:-1], cut),
        (data[:-1] + bytes([data[-1] ^ 1]), "was altered"),
        (data.replace(b"FaceCNN", b"FaceCNM"), "was altered"),
        (to_bytes({"weight": torch.ones(2)}), ".*not by facelib"),
    ):
        path.write_bytes(harmed)
        with pytest.raises(ValueError, match=rf"model\.safetensors {message}"):
            io.load(path)


def test_weights_of_another_model_are_refused_and_change_nothing(model):
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(ValueError, match=r"another model: head.weight \(4, 8\) instead of \(3,"):
        io.load_weights(model, FaceCNN(4, 8, 4).state_dict(), "x")
    with pytest.raises(ValueError, match="and 29 more do not fit"):
        io.load_weights(model, {}, "x")
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


def test_what_cannot_be_saved_or_found_is_refused_and_nothing_is_written(model, tmp_path):
    with pytest.raises(TypeError, match="got Linear"):
        io.save(nn.Linear(1, 1), tmp_path / "x")
    broken = FaceCNN(4, 8, 3)
    broken.head.bias.data[1] = torch.nan
    with pytest.raises(ValueError, match="not saved: the model has weights that are NaN"):
        io.save(broken, tmp_path / "x")
    parametrize.register_parametrization(model.head, "weight", nn.ReLU())
    with pytest.raises(ValueError, match=r"\['head'\] have masks, codebooks or rounding"):
        io.save(model, tmp_path / "x")
    with pytest.raises(OSError, match="No such file or directory.*gone"):
        io.save(FaceCNN(4, 8, 3), tmp_path / "gone" / "model")
    with pytest.raises(FileNotFoundError, match="no weights at .*x"):
        io.load(tmp_path / "x")
    assert not list(tmp_path.iterdir())


def test_a_weight_that_two_layers_hold_is_written_for_each(path):
    model = FaceCNN(2, 8, 8).eval()
    model.head.weight = model.embedding[0].weight
    io.save(model, path)
    images = torch.rand(2, 1, 32, 32)
    assert torch.equal(io.load(path)(images), model(images))


def test_weights_that_cannot_be_calculated_with_are_refused(model, path):
    own, variance = model.state_dict(), "embedding.1.running_var"
    for name, forged, message in (
        (
            "head.bias",
            own["head.bias"].long(),
            r"of another model: head\.bias .*whole.* do not fit",
        ),
        ("head.bias", own["head.bias"].to(torch.float8_e4m3fn), r"head\.bias .*whole"),
        ("head.bias", own["head.bias"] / 0, r"has weights that are NaN or infinite.*head\.bias"),
        (variance, -own[variance], f"a variance below 0, in .*{variance}"),
    ):
        io.save_tensors(path, own | {name: forged}, io.about(model))
        with pytest.raises(ValueError, match=message):
            io.load(path)


def test_a_description_that_could_fill_the_memory_and_a_file_longer_than_it_says_are_not_read(
    path, monkeypatch
):
    monkeypatch.setattr(files, "TEXT", 10)
    with pytest.raises(ValueError, match="was altered"):
        io.load(path)
    with path.open("r+b") as file:
        file.truncate(2**40)  # sparse: it takes no room on the disk
    monkeypatch.setattr(Path, "read_bytes", None)
    with pytest.raises(ValueError, match=r"safetensors is not a whole safetensors file"):
        io.load(path)


@pytest.mark.parametrize(
    "forged",
    [
        {"config": {"width": 10**6, "embedding": 10**6, "people": 10**6}},  # 72 TB of weights
        {"config": {"width": "4", "embedding": 8, "people": 3}},
        {"config": {"width": 10**30, "embedding": 8, "people": 3}},
        {"config": {"height": 4}},
        {"config": None},
        {"architecture": ["FaceCNN"]},
        {"architecture": "Transformer"},
        {"architecture": "FaceResNet", "config": {"blocks": [10**12, 1, 1]}},
        {"architecture": "FaceRNN", "config": {"columns": 8, "hidden": 10**7, "people": 2}},
        {"edits": [1]},
        {"edits": {"nowhere": None}},
        {"edits": {"head": {"in_features": -1, "out_features": 3}}},
        {"edits": {"head": {"in_features": 8, "out_features": 3, "bias": True, "device": "cpu"}}},
        {"edits": {"features.0.0": CONVOLUTION | {"groups": 0}}},
        {"edits": {"features.0.0": CONVOLUTION | {"stride": [1000, 1000]}}},
        {"edits": {"features.0.0": CONVOLUTION | {"padding": [20000, 20000]}}},
        {"edits": {"features.0.0": CONVOLUTION | {"padding": "same"}}},
        {"edits": {"features.0.0": CONVOLUTION | {"dilation": [0, 0]}}},
    ],
    ids=str,
)
def test_a_forged_description_is_a_clear_error_and_asks_for_no_memory(model, path, forged):
    """The SHA-256 is right: who forges knows how to write one."""
    io.save_tensors(path, model.state_dict(), io.about(model) | forged)
    with pytest.raises(ValueError, match="safetensors (has sizes that no|holds|is of another)"):
        io.load(path)


@pytest.mark.parametrize("about", [[], None])
def test_a_description_that_is_no_dictionary_is_refused(model, path, about):
    io.save_tensors(path, model.state_dict(), about)
    with pytest.raises(ValueError, match=r"model\.safetensors was altered"):
        io.load(path)


def test_loading_draws_no_random_number_and_reads_a_file_once(model, path, monkeypatch):
    def read_and_be_overtaken(file, real=Path.read_bytes):
        data = real(file)
        file.write_bytes(b"")
        return data

    monkeypatch.setattr(Path, "read_bytes", read_and_be_overtaken)
    torch.manual_seed(3)
    assert torch.equal(io.load(path).head.weight, model.head.weight)
    assert torch.rand(1) == torch.rand(1, generator=torch.Generator().manual_seed(3))
