import pytest
import torch
from torch import nn

from facelib.models import FaceCNN, FaceResNet, load, save
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


def test_a_model_as_it_was_made_has_no_edits():
    assert edits(FaceResNet(4, 8), FaceResNet(4, 8)) == {}
    assert edits(FaceCNN(4, 8, 3), FaceCNN(4, 8, 3)) == {}


def test_edits_make_a_new_model_of_the_same_sizes(model):
    found = edits(model, FaceResNet(4, 8))
    assert set(found) == {f"features.3.change.{n}" for n in (0, 1, 3)} | {
        "features.4",
        "features.8",
    }
    other = FaceResNet(4, 8)
    edit(other, found)
    shapes = {name: tensor.shape for name, tensor in model.state_dict().items()}
    assert {name: tensor.shape for name, tensor in other.state_dict().items()} == shapes


def test_a_file_brings_back_the_same_bits(model, tmp_path):
    save(model, tmp_path / "model")
    again = load(tmp_path / "model")
    images = torch.rand(2, 1, 64, 64)
    assert torch.equal(model.embed(images), again.embed(images))


def test_saving_and_editing_draw_no_random_numbers_of_the_caller(model, tmp_path):
    found, other = edits(model, FaceResNet(4, 8)), FaceResNet(4, 8)
    before = torch.random.get_rng_state()
    edit(other, found)
    save(model, tmp_path / "model")
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_layer_of_another_kind_is_refused(model):
    cut(model, "features.0", nn.ConvTranspose2d(1, 4, 3, 2))
    with pytest.raises(TypeError, match="'features.0' was"):
        edits(model, FaceResNet(4, 8))


@pytest.mark.parametrize("wrong", [{"nobody": None}, {"features": {"num_features": 3}}])
def test_edits_of_another_architecture_are_refused(wrong):
    with pytest.raises((AttributeError, ValueError)):
        edit(FaceResNet(4, 8), wrong)
