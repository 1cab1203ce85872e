"""Export and quantization: from a model to files that onnxruntime runs, and back to numbers."""

import itertools
import logging
from pathlib import Path

import onnx
import pytest
import torch
from onnxruntime.quantization.calibrate import MinMaxCalibrater
from torch import nn

from facelib.compress import export, quantize
from facelib.compress.export import to_onnx
from facelib.compress.quantize import calibrate
from facelib.compress.quiet import quiet
from facelib.models import FaceResNet, embed
from facelib.models.runtime import OnnxModel

SHAPE = (1, 64, 64)
IMAGES = torch.randint(256, (40, *SHAPE), generator=torch.Generator().manual_seed(0)).byte()


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    model = FaceResNet(8, 16)
    model(torch.rand(64, *SHAPE))  # running means of some pictures
    return model


@pytest.fixture(scope="module")
def exported(model, tmp_path_factory):
    report = export(model, tmp_path_factory.mktemp("onnx") / "model.onnx", SHAPE)
    assert model.training, "the mode of the model stays"
    model.eval()
    return report


def test_the_file_says_what_pytorch_says_for_any_batch(model, exported):
    assert exported.difference < 1e-5
    assert exported.bytes == exported.path.stat().st_size
    for n in (1, 7, 40):
        torch.testing.assert_close(
            embed(OnnxModel(exported.path), IMAGES[:n]), embed(model, IMAGES[:n]),
            atol=1e-5, rtol=1e-4,
        )  # fmt: skip
    content = exported.path.read_bytes()
    for word in (b"site-packages", b"faceresnet.py", str(exported.path.home()).encode()):
        assert word not in content, "no line of code and no path is in it"


def mean(images):
    return images.mean((2, 3))


def network(embed):
    """One without weights, of the class Odd."""
    return type("Odd", (nn.Module,), {"embed": lambda _, images: embed(images)})()


ASKED = itertools.count(1)


@pytest.mark.parametrize(
    ("embed", "message"),
    [
        (lambda images: torch.linalg.eigvals(images[:, 0]).real, "Odd can't become ONNX"),
        (
            lambda images: mean(images).view(int(images.shape[0]), 1),
            "read a batch of 1.*Python",
        ),
        (lambda images: mean(images) * torch.inf, "Odd gives embeddings that are NaN"),
        (
            lambda images: mean(images) * torch.tensor([1, next(ASKED)]),
            r"by 0\.\d+ at most",
        ),
    ],
)
def test_a_network_that_onnx_can_not_say_is_named_and_not_written(embed, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        export(network(embed), tmp_path / "model.onnx", SHAPE)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("level", [logging.NOTSET, logging.CRITICAL])
def test_who_silenced_logging_or_not_finds_it_so_afterwards(level, monkeypatch):
    monkeypatch.setattr(logging.root.manager, "disable", level)
    with quiet():
        assert logging.root.manager.disable >= logging.WARNING
    assert logging.root.manager.disable == level


@pytest.fixture(scope="module")
def quantized(exported):
    return quantize(exported.path, exported.path.with_name("int8.onnx"), IMAGES)


def test_static_int8_is_smaller_says_nearly_the_same_and_standardises_pixels_at_32_bits(
    model, exported, quantized
):
    report, graph = quantized, onnx.load(quantized.path).graph
    weights = graph.initializer
    whole = [one for one in weights if one.data_type == onnx.TensorProto.INT8 and len(one.dims) > 1]
    assert len(whole) == 14  # of 15 layers all but the first, which reads one channel
    assert report.bytes[1] < 0.5 * report.bytes[0]
    cosine = (embed(OnnxModel(report.path), IMAGES) * embed(model, IMAGES)).sum(1)
    assert 0.97 < cosine.min() < 0.9999999
    assert report.bytes == (exported.bytes, report.path.stat().st_size)
    kinds = [node.op_type for node in graph.node]
    kinds = [kind for kind in kinds if kind != "DequantizeLinear"]  # those of weights come first
    assert kinds[:4] == ["InstanceNormalization", "Conv", "Relu", "QuantizeLinear"]


def spoilt(path):
    """A file whose first kernel is NaN."""
    whole = onnx.load(path)
    weight = next(one for one in whole.graph.initializer if len(one.dims) == 4)
    numbers = onnx.numpy_helper.to_array(weight) * float("nan")
    weight.CopyFrom(onnx.numpy_helper.from_array(numbers, weight.name))
    return whole.SerializeToString()


@pytest.mark.parametrize(
    ("damage", "images", "message"),
    [
        (Path.read_bytes, IMAGES[0], "1 or more"),
        (Path.read_bytes, IMAGES.float(), "want uint8"),
        (Path.read_bytes, IMAGES[:, :, :32], r"a.onnx.* reads images \[1, 64.* got \[1, 32, 64\]"),
        (lambda path: path.with_name("int8.onnx").read_bytes(), IMAGES, "quantized already"),
        (lambda path: b"no model", IMAGES, "a.onnx can't be quantized.*that export wrote"),
        (lambda _: to_onnx(network(mean), SHAPE)[0], IMAGES, "no convolution or"),
        (spoilt, IMAGES, "a.onnx can't be quantized.*weight.*NaN"),
    ],
)
@pytest.mark.usefixtures("quantized")
def test_what_cannot_be_quantized_is_refused_by_name(exported, tmp_path, damage, images, message):
    (tmp_path / "a.onnx").write_bytes(damage(exported.path))
    with pytest.raises(ValueError, match=message):
        quantize(tmp_path / "a.onnx", tmp_path / "int8.onnx", images)
    assert [file.name for file in tmp_path.iterdir()] == ["a.onnx"]


def test_a_file_must_be_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="no ONNX file at .*gone.onnx"):
        quantize(tmp_path / "gone.onnx", tmp_path / "int8.onnx", IMAGES)


def test_more_images_need_no_more_memory(exported, monkeypatch):
    """What is read of a batch is summed up before the next one comes."""
    seen, compute = [], MinMaxCalibrater.compute_data
    monkeypatch.setitem(calibrate.__globals__, "BATCH", 8)

    def watch(self):
        seen.append(len(self.intermediate_outputs))
        return compute(self)

    monkeypatch.setattr(MinMaxCalibrater, "compute_data", watch)
    calibrate(exported.path.read_bytes(), IMAGES[:20])
    assert [held for held in seen if held] == [1, 1, 1]
