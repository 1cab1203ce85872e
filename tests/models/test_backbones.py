import hashlib
from pathlib import Path

import pytest
import torch
from skimage import data
from torch import nn
from torchvision.transforms.functional import center_crop

from facelib.measure import macs, parameters
from facelib.models import backbones
from facelib.models.embed import embed

CATS, ESPRESSO = slice(281, 286), [967]  # of ImageNet's classes


@pytest.fixture(scope="module")
def lite0():
    return backbones.efficientnet_lite0()


@pytest.mark.parametrize(("name", "classes"), [("chelsea", CATS), ("coffee", ESPRESSO)])
def test_the_imagenet_weights_know_a_cat_and_a_coffee(lite0, name, classes):
    image = torch.from_numpy(getattr(data, name)()).permute(2, 0, 1) / 255
    square = center_crop(image, [min(image.shape[1:])] * 2)[None]
    weight, bias = backbones._lite0_weights()[-2:]  # of the layer that the backbone leaves out
    with torch.inference_mode():
        chances = nn.functional.linear(lite0.embed(square), weight, bias).softmax(1)
    assert float(chances[0, classes].sum()) > 0.6


def test_the_size_is_the_published_one(lite0):
    published = 4_652_008  # parameters, 1,281,000 of them in the layer we leave out
    assert parameters(lite0) == published - 1_281_000
    assert macs(lite0, (3, 224, 224)) == pytest.approx(385e6, rel=0.01)


@pytest.mark.parametrize(("stages", "features"), [(1, 16), (6, 192), (7, 1280)])
def test_fewer_stages_give_the_features_of_an_earlier_one(stages, features):
    network = backbones.efficientnet_lite0(stages, side=64)
    assert not network.training
    assert network.embed(torch.rand(2, 1, 112, 92)).shape == (2, features)


def test_grey_is_three_equal_channels_and_every_size_is_resized(lite0):
    grey = torch.rand(1, 1, 64, 64)
    with torch.inference_mode():
        three = lite0.embed(grey.expand(-1, 3, -1, -1))
        assert torch.allclose(lite0.embed(grey), three, atol=1e-4)
    faces = torch.randint(256, (2, 1, 50, 40), dtype=torch.uint8)
    lengths = embed(backbones.efficientnet_lite0(2, side=32), faces).norm(dim=1)
    assert lengths.tolist() == pytest.approx([1, 1])


def test_stages_and_channels_it_does_not_have_are_refused(lite0):
    with pytest.raises(ValueError, match=r"want images \(N, 1 or 3, H, W\), got \(1, 2, 8, 8\)"):
        lite0.embed(torch.rand(1, 2, 8, 8))
    for stages in (0, 8):
        with pytest.raises(ValueError, match=f"want 1 to 7 stages, got {stages}"):
            backbones.efficientnet_lite0(stages)


def test_a_missing_or_damaged_file_of_weights_says_what_to_install(monkeypatch):
    monkeypatch.setattr(Path, "read_bytes", lambda path: b"not what it was")
    found = hashlib.sha256(b"not what it was").hexdigest()[:8]
    with pytest.raises(ValueError, match=f"damaged.*{found}.*instead of 57934424"):
        backbones.efficientnet_lite0()
    monkeypatch.setattr(backbones, "WHEEL", "no_such_wheel")
    with pytest.raises(FileNotFoundError, match="pip install no_such_wheel"):
        backbones.efficientnet_lite0()
