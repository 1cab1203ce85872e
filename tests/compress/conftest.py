"""What the tests of compression share."""

import pytest
import torch

from facelib.compress import load_shared, save_shared
from facelib.compress.layers import find_layers
from facelib.models import FaceCNN

IMAGES = torch.rand(3, 1, 20, 18, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def model():
    torch.manual_seed(0)
    return FaceCNN(4, 8, people=5).eval()


def weights(model):
    return [layer.weight.detach() for layer in find_layers(model).values()]


def same_bits(one, other):
    a, b = one.state_dict(), other.state_dict()
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def comes_back(small, path):
    """The model that a file of it gives, of the same bits."""
    save_shared(small, path)
    again = load_shared(path)
    assert not again.training
    assert same_bits(again, small)
    return again
