"""The evidence of lesson 08 at its smallest, the dial's too."""

from itertools import product

import pytest
import torch

from facecourse.ladder import student as taught
from facecourse.lesson08_quantization import dial, experiment
from facecourse.lesson08_quantization import evidence as lesson08
from facelib.measure import macs
from facelib.models import FaceResNet, pretrained
from facelib.models.faceresnet import SHAPE

FACES = taught.calibration_faces(4)


def build(width: int = 8):
    torch.manual_seed(0)
    return FaceResNet(width, 64, (0, 0, 1)).eval()


@pytest.fixture
def few(monkeypatch, small_ladder):
    monkeypatch.setattr(dial, "calibration_faces", lambda people=4: FACES)


@pytest.mark.evidence
@pytest.mark.usefixtures("few")
def test_training_while_rounded_stands_beside_training_on(measure, monkeypatch):
    monkeypatch.setattr(taught, "face_embedding", lambda: build(2))
    for module in (lesson08, experiment):
        monkeypatch.setattr(module, "face_student", build)
    monkeypatch.setattr(lesson08, "face_embedding", build)
    settings = {"STEPS": 2, "PEOPLE": 12, "RATES": (1e-3, 1e-2)}
    stored = measure(lesson08, SEEDS=(0, 1), BITS=(3,), **settings)
    assert stored["rates"].keys() == {"then rounded", "while rounded"}
    assert set(stored["rates"].values()) <= {1e-3, 1e-2}
    row = stored["bits"]["3"]
    assert len(row["then rounded"]) == len(row["while rounded"]) == 2
    assert row["at once"]["low"] <= row["at once"]["value"] <= row["at once"]["high"]


def test_each_step_of_the_dial_makes_a_network_smaller(monkeypatch):
    monkeypatch.setitem(dial.WIDTHS, "student", build)
    whole = dial.cut("student", 0.0, 128)
    assert whole.state_dict().keys() == build().state_dict().keys()
    half = dial.cut("student", 0.5, 128)
    assert macs(half, SHAPE) <= 0.5 * macs(whole, SHAPE)
    thin = dial.cut("student", 0.0, 24)
    assert thin.embedding[1][0].weight.shape[0] == 24
    coarse = dial.cut("student", 0.0, 128, 4)
    assert len(coarse.embedding[1].weight[0].unique()) <= 15
    assert not torch.equal(coarse.features[1].running_mean, whole.features[1].running_mean)


@pytest.mark.evidence
@pytest.mark.usefixtures("few")
def test_every_network_of_the_dial_is_written_with_every_number_of_bits(measure, monkeypatch):
    monkeypatch.setattr(dial, "WIDTHS", {"teacher": build, "student": lambda: build(4)})
    monkeypatch.setattr(dial, "face_embedding", build)
    fars = {"0.1 %": 0.2, "0.01 %": 0.1}  # untrained networks
    settings = {"PEOPLE": 12, "TURNS": 6, "PRUNED": (0.0,), "RANKS": (128, 24), "BITS": (32, 4)}
    stored = measure(dial, "dial", FARS=fars, **settings)
    rows = [(row["width"], row["rank"], row["bits"]) for row in stored["rows"]]
    assert rows == list(product(("teacher", "student"), (128, 24), (32, 4)))
    sizes = [row["bytes"] for row in stored["rows"]]
    assert all(coarse < fine for fine, coarse in zip(sizes[::2], sizes[1::2], strict=True))
    assert stored["teacher"]["milliseconds"] > 0
    sizes = {name: row["bytes"] for name, row in stored["taught"].items()}
    assert sizes["rounded, 4 bits"] == pretrained.COMPACT.stat().st_size
    assert sizes["rounded, 4 bits"] < sizes["pruned, 8 bits"]
