import pytest
import torch
from torch import nn

from facelib.models import FaceResNet, load, save
from facelib.models.shapes import LowRank, edit, edits


def test_a_file_rebuilds_the_edited_model_to_the_bit_and_no_random_number_is_drawn(tmp_path):
    """A block is taken out, a layer factorised; narrower layers come back in the ladder's tests."""
    torch.manual_seed(0)
    model, plain, images = FaceResNet(4, 8).eval(), FaceResNet(4, 8), torch.rand(2, 1, 64, 64)
    first = nn.Conv2d(4, 3, 3, 2, padding=1, bias=False)
    model.set_submodule("features.4", LowRank(first, nn.Conv2d(3, 8, 1, bias=False)))
    model.set_submodule("features.8", nn.Identity())
    before = torch.random.get_rng_state()
    assert edits(plain, plain) == {}
    found = edits(model, plain)
    assert {*found} == {"features.4", "features.8"}
    save(model, tmp_path / "model")
    assert torch.equal(load(tmp_path / "model").embed(images), model.embed(images))
    edit(plain, found)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_edits_of_another_kind_or_architecture_are_refused():
    model = FaceResNet(4, 8)
    for wrong in ({"nobody": None}, {"features": {"num_features": 3}}):
        with pytest.raises((AttributeError, ValueError)):
            edit(model, wrong)
    model.set_submodule("features.0", nn.ConvTranspose2d(1, 4, 3, 2))
    with pytest.raises(TypeError, match="'features.0' was"):
        edits(model, FaceResNet(4, 8))
