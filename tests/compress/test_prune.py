import math

import pytest
import torch
from torch import nn

from facelib.compress import drop, prune, share, sparsify
from facelib.measure import macs, parameters
from facelib.models import FaceCNN, FaceResNet, load, save

SHAPE = (1, 64, 64)
IMAGES = torch.rand(3, *SHAPE, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def model():
    """As if trained: no two channels have the same scale."""
    torch.manual_seed(0)
    model = FaceResNet(16, 16).eval()
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.weight, 0.5, 1.5)
    return model


def squares(model):
    return model(IMAGES).square().mean()


@pytest.mark.parametrize(
    ("importance", "ratio"), [("L1", 0.3), ("batch norm", 0.5), ("Taylor", 0.7)]
)
def test_the_share_of_macs_asked_for_is_gone_and_widths_are_round(model, importance, ratio):
    loss = squares if importance == "Taylor" else None
    pruned, report = prune(model, ratio, SHAPE, importance=importance, loss=loss, round_to=4)
    assert report.macs == (macs(model, SHAPE), macs(pruned, SHAPE))
    assert (1 - ratio) * 0.7 < report.macs[1] / report.macs[0] <= 1 - ratio
    assert report.parameters == (parameters(model), parameters(pruned))
    for name, (before, after) in report.widths.items():
        assert pruned.get_submodule(name).out_channels == after <= before
        assert after % 4 == 0
    assert pruned.embed(IMAGES).shape == (3, 16)


def test_the_model_stays_and_a_file_brings_the_copy_back(model, tmp_path):
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    pruned, _ = prune(model, 0.5, SHAPE)
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    save(pruned, tmp_path / "pruned")
    again = load(tmp_path / "pruned")
    assert all(torch.equal(again.state_dict()[name], t) for name, t in pruned.state_dict().items())
    torch.testing.assert_close(again.embed(IMAGES), pruned.embed(IMAGES))


def test_a_frozen_network_is_pruned_and_stays_frozen(model):
    frozen, _ = prune(model.requires_grad_(False), 0.5, SHAPE, round_to=4)
    assert not any(parameter.requires_grad for parameter in frozen.parameters())


def test_channels_that_do_nothing_go_first(model):
    """The second half of a block's inner channels is zero: losing them changes nothing."""
    block = model.features[13].change
    with torch.no_grad():
        for layer in (block[0], block[1]):
            layer.weight[32:] = 0
        block[1].bias[32:] = 0
        block[3].weight[:, 32:] = 0
    pruned, report = prune(model, 0.06, SHAPE)
    changed = {name for name, (before, after) in report.widths.items() if before != after}
    assert changed == {"features.13.change.0"}
    torch.testing.assert_close(pruned.embed(IMAGES), model.embed(IMAGES), atol=1e-5, rtol=1e-5)


def test_a_network_with_names_keeps_every_name():
    model = FaceCNN(16, 8, people=5)
    pruned, report = prune(model, 0.5, (1, 56, 46))
    assert pruned(torch.rand(2, 1, 56, 46)).shape == (2, 5)
    assert report.macs[1] < report.macs[0] / 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"ratio": 0}, "above 0 and below 1"),
        ({"ratio": 1}, "above 0 and below 1"),
        ({"ratio": 1.5}, "above 0 and below 1"),
        ({"ratio": -0.1}, "above 0 and below 1"),
        ({"ratio": math.nan}, "above 0 and below 1"),
        ({"ratio": 0.5, "round_to": 0}, "in steps of 1 or more"),
        ({"ratio": 0.999}, "can't be taken out"),
        ({"ratio": 0.5, "importance": "L7"}, "got 'L7'"),
        ({"ratio": 0.5, "importance": "Taylor"}, "needs a loss"),
        ({"ratio": 0.5, "loss": squares}, "no other does"),
    ],
)
def test_what_can_not_be_done_is_refused(model, arguments, message):
    with pytest.raises(ValueError, match=message):
        prune(model, shape=SHAPE, **arguments)


def test_models_that_can_not_lose_channels_are_refused(model):
    for made, kind in ((share(model, 4)[0], "Codebook"), (sparsify(model, 0.5)[0], "Masked")):
        with pytest.raises(ValueError, match=rf"made by {kind}.*prune decode\(model\)"):
            prune(made, 0.5, SHAPE)
    with pytest.raises(ValueError, match="no convolution"):
        prune(nn.Sequential(nn.Flatten(), nn.Linear(4, 4)), 0.5, (1, 2, 2))
    with pytest.raises(ValueError, match="Sequential has no batch norm to judge channels by"):
        prune(nn.Sequential(nn.Conv2d(1, 8, 3)), 0.5, (1, 4, 4), importance="batch norm")


def test_a_block_that_is_dropped_passes_on_what_it_is_given(model, tmp_path):
    with torch.no_grad():  # a block that adds nothing: without it all stays as it was
        model.features[8].change[4].weight.zero_()
        model.features[8].change[4].bias.zero_()
    shallower, report = drop(model, ["features.8"], SHAPE)
    torch.testing.assert_close(shallower.embed(IMAGES), model.embed(IMAGES))
    assert report.macs[1] < report.macs[0]
    assert report.widths["features.8.change.0"] == (32, 0)
    save(shallower, tmp_path / "shallower")
    assert torch.equal(load(tmp_path / "shallower").embed(IMAGES), shallower.embed(IMAGES))


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        (["features.4"], "change the shape"),
        (["features.99"], "no block"),
        ([""], "no block"),
        (["features.8", "features.8.change.0"], r"\['features.8.change.0'\] lie in others"),
    ],
)
def test_blocks_that_must_stay_or_are_not_there_are_refused(model, blocks, message):
    with pytest.raises(ValueError, match=message):
        drop(model, blocks, SHAPE)


def test_a_shape_that_the_model_can_not_read_leaves_no_hook_behind(model):
    with pytest.raises(ValueError, match="want grey images"):
        drop(model, ["features.8"], (1, 32, 32))
    assert not model.features[8]._forward_hooks
