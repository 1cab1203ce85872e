import pytest
import torch
from torch import nn

from facelib.models import embed, predict
from facelib.threads import few_threads


@pytest.fixture
def _two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    assert torch.get_num_threads() == 2, "the others are given back"
    torch.set_num_threads(before)


@pytest.mark.usefixtures("_two_threads")
@pytest.mark.parametrize(
    ("images", "kind", "threads"), [(40, "cpu", 1), (4_000_000, "cpu", 2), (40, "meta", 2)]
)
def test_a_small_network_computes_on_one_thread_and_gives_the_others_back(images, kind, threads):
    with few_threads(nn.Linear(2, 2), images, torch.device(kind)):
        assert torch.get_num_threads() == threads


class Spy(nn.Linear):
    """It notes on how many threads it runs."""

    def forward(self, images):
        self.seen = {*getattr(self, "seen", ()), torch.get_num_threads()}
        return images.flatten(1)

    embed = forward


@pytest.mark.usefixtures("_two_threads")
@pytest.mark.parametrize("function", [embed, predict])
@pytest.mark.parametrize(("batch", "side", "threads"), [(4, 9, 1), (4, 2000, 2), (1, 2000, 1)])
def test_a_small_network_embeds_and_names_on_one_thread(function, batch, side, threads):
    model = Spy(side, 1500, bias=False)
    function(model, torch.zeros(8, 1, 2, 2, dtype=torch.uint8), batch=batch)
    assert model.seen == {threads}
