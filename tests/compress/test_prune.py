import pytest
import torch
from torch import nn

from facelib.compress import prune
from facelib.measure import macs, parameters
from facelib.models import FaceResNet

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


def widths(model, pruned):
    """Outputs of every convolution, before and after."""
    return {
        name: (layer.out_channels, pruned.get_submodule(name).out_channels)
        for name, layer in model.named_modules()
        if isinstance(layer, nn.Conv2d)
    }


@pytest.mark.parametrize("ratio", [0.3, 0.5, 0.7])
def test_the_share_of_macs_asked_for_is_gone_and_widths_are_round(model, ratio):
    pruned, report = prune(model, ratio, SHAPE, round_to=4)
    assert report.macs == (macs(model, SHAPE), macs(pruned, SHAPE))
    assert (1 - ratio) * 0.7 < report.macs[1] / report.macs[0] <= 1 - ratio
    assert report.parameters == (parameters(model), parameters(pruned))
    for name, (before, after) in widths(model, pruned).items():
        assert after <= before, name
        assert after % 4 == 0, name
    assert pruned.embed(IMAGES).shape == (3, 16)


def test_channels_that_do_nothing_go_first(model):
    """The second half of a block's inner channels is zero: losing them changes nothing."""
    block = model.features[13].change
    read = block[3].weight.transpose(0, 1)
    for zeroed in (block[0].weight, block[1].weight, block[1].bias, read):
        zeroed.data[32:] = 0
    pruned, _ = prune(model, 0.06, SHAPE)
    changed = {name for name, (before, after) in widths(model, pruned).items() if before != after}
    assert changed == {"features.13.change.0"}
    torch.testing.assert_close(pruned.embed(IMAGES), model.embed(IMAGES), atol=1e-5, rtol=1e-5)


def tail(*layers):
    """A network with two convolutions and what comes after them."""
    first, second = nn.Conv2d(1, 32, 3, padding=1), nn.Conv2d(32, 64, 3, padding=1)
    return nn.Sequential(first, nn.ReLU(), second, nn.BatchNorm2d(64), nn.ReLU(), *layers).eval()


class Residual(nn.Module):
    """Its outputs are channels of two convolutions that are added."""

    def __init__(self):
        super().__init__()
        self.first, self.inner = tail(), nn.Conv2d(64, 48, 1)
        self.last = nn.Conv2d(48, 64, 1)

    def forward(self, images):
        maps = self.first(images)
        return nn.functional.normalize((maps + self.last(self.inner(maps))).mean((2, 3)))


POOLED = (nn.AdaptiveAvgPool2d(1), nn.Flatten())


@pytest.mark.parametrize(
    ("make", "outputs", "kept"),
    [
        (lambda: tail(nn.Conv2d(64, 10, 1), *POOLED), 10, {"5"}),
        (lambda: tail(*POOLED), 64, {"2"}),
        (lambda: tail(*POOLED, nn.BatchNorm1d(64)).eval(), 64, {"2"}),
        (Residual, 64, {"first.2", "last"}),
        (lambda: tail(*POOLED, nn.Linear(64, 10)), 10, set()),
    ],
)
def test_a_convolution_loses_channels_unless_they_are_the_outputs(make, outputs, kept):
    model = make()
    pruned, _ = prune(model, 0.4, (1, 16, 16), round_to=1)
    assert pruned(torch.zeros(2, 1, 16, 16)).shape == (2, outputs)
    assert {name for name, (old, new) in widths(model, pruned).items() if old == new} == kept


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float64])
def test_a_frozen_network_of_other_numbers_stays_frozen_and_keeps_their_kind(model, kind):
    pruned, report = prune(model.to(kind).requires_grad_(False), 0.3, SHAPE, round_to=1)
    assert {(one.dtype, one.requires_grad) for one in pruned.parameters()} == {(kind, False)}
    assert report.macs[1] <= 0.7 * report.macs[0]


def test_of_channels_with_equal_scores_no_more_go_than_need_to(model):
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear | nn.BatchNorm2d):
            nn.init.ones_(layer.weight)
    for place in (0, 1, 3):  # scores of a layer that are all 0
        nn.init.zeros_(model.features[13].change[place].weight)
    _, report = prune(model, 0.3, SHAPE, round_to=1)
    assert 0.65 < report.macs[1] / report.macs[0] <= 0.7
