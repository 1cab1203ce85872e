import pytest
import torch
from torch import nn

from facelib.models import FaceResNet, load, save
from facelib.models.shapes import LowRank, edit, edits


def cut(model, name, layer):
    model.set_submodule(name, layer)


@pytest.fixture
def model():
    """A FaceResNet with a narrower pair of layers, one factorised, and a block taken out."""
    torch.manual_seed(0)
    model = FaceResNet(4, 8)
    cut(model, "features.3.change.0", nn.Conv2d(4, 2, 3, padding=1, bias=False))
    cut(model, "features.3.change.1", nn.BatchNorm2d(2))
    cut(model, "features.3.change.3", nn.Conv2d(2, 4, 3, padding=1, bias=False))
    cut(model, "features.8", nn.Identity())
    first = nn.Conv2d(4, 3, 3, 2, padding=1, bias=False)
    cut(model, "features.4", LowRank(first, nn.Conv2d(3, 8, 1, bias=False)))
    return model.eval()


def test_a_file_rebuilds_the_edited_model_to_the_bit_and_no_random_number_is_drawn(model, tmp_path):
    images, plain = torch.rand(2, 1, 64, 64), FaceResNet(4, 8)
    before = torch.random.get_rng_state()
    assert edits(plain, plain) == {}
    found = edits(model, plain)
    assert {*found} == {"features.3.change.0", "features.3.change.1", "features.3.change.3",
                        "features.4", "features.8"}  # fmt: skip
    save(model, tmp_path / "model")
    assert torch.equal(load(tmp_path / "model").embed(images), model.embed(images))
    edit(plain, found)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_edits_of_another_kind_or_architecture_are_refused(model):
    for wrong in ({"nobody": None}, {"features": {"num_features": 3}}):
        with pytest.raises((AttributeError, ValueError)):
            edit(FaceResNet(4, 8), wrong)
    cut(model, "features.0", nn.ConvTranspose2d(1, 4, 3, 2))
    with pytest.raises(TypeError, match="'features.0' was"):
        edits(model, FaceResNet(4, 8))
