import pytest
import torch
from torch import nn

from facelib.models import FaceCNN


def test_logits_are_the_head_applied_to_an_embedding_that_does_not_depend_on_light():
    model = FaceCNN(width=4, embedding=16, people=7, channels=3).eval()
    images = torch.rand(5, 3, 40, 32)
    embeddings = model.embed(images)
    assert (embeddings.shape, model(images).shape) == ((5, 16), (5, 7))
    torch.testing.assert_close(model(images), model.head(embeddings))
    torch.testing.assert_close(model.embed(images * 0.5 + 0.2), embeddings, rtol=0.02, atol=0.02)


def test_every_relu_call_is_a_module_of_its_own():
    assert sum(isinstance(module, nn.ReLU) for module in FaceCNN(4, 16, 7).modules()) == 4


@pytest.mark.parametrize("name", ["width", "embedding", "people", "channels"])
def test_a_size_below_one_is_refused_by_name(name):
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
        FaceCNN(**{"width": 4, "embedding": 8, "people": 3, name: 0})
