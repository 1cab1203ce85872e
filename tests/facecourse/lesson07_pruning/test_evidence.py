"""The evidence of lesson 07 at its smallest."""

import pytest
import torch
from torch import nn

from facecourse.lesson07_pruning import evidence as lesson07
from facecourse.lesson07_pruning import experiment as pruning
from facelib.models import FaceResNet


def student():
    torch.manual_seed(0)
    model = FaceResNet(16, 8, (0, 1, 2)).eval()
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):  # equal scales would all go or all stay
            layer.weight.data = torch.rand_like(layer.weight)
    return model


@pytest.fixture
def small(monkeypatch, small_ladder):
    for module in (pruning, lesson07):
        monkeypatch.setattr(module, "face_student", student)
    monkeypatch.setattr(pruning, "FAR", 0.1)
    monkeypatch.setattr(pruning, "JUDGES", 12)
    monkeypatch.setattr(pruning, "NETWORKS", {"student": student})
    pruning._whole.cache_clear()
    yield
    pruning._whole.cache_clear()


@pytest.mark.evidence
@pytest.mark.usefixtures("small")
def test_more_is_gone_where_more_is_cut_and_each_cut_is_followed(measure):
    settings = {"SEEDS": (0, 1), "CHANNELS": (0.25, 0.5), "ZEROS": (0.9,)}
    stored = measure(lesson07, STEPS=2, PEOPLE=12, TURNS=2, **settings)
    nothing, zeros, *ways = stored["cuts"].values()
    assert nothing["gone"] == 0
    assert list(zeros) == ["0.9"]
    for rows in ways:
        few, many = rows.values()
        assert 0 < few["gone"] < many["gone"] < 1
        assert len(few["taught again"]) == 2
    assert stored["networks"]["student"]["ms"] > 0
