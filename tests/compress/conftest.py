"""What the tests of compression share."""

import pytest
import torch

from facelib.compress.layers import find_layers
from facelib.models import FaceCNN

IMAGES = torch.rand(3, 1, 20, 18, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def model():
    torch.manual_seed(0)
    return FaceCNN(4, 8, people=5).eval()


def weights(model):
    return [layer.weight.detach() for layer in find_layers(model).values()]
