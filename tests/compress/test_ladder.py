"""The steps one after the other, in any sensible order; a file brings every result back."""

import pytest
import torch

from facelib.compress import (
    decoded,
    export,
    factorize,
    load_shared,
    prune,
    save_shared,
    share,
)
from facelib.measure import parameters
from facelib.models import FaceResNet, load, save

SHAPE = (1, 64, 64)
IMAGES = torch.rand(3, *SHAPE, generator=torch.Generator().manual_seed(0))
STEPS = {
    "prune": lambda model: prune(model, 0.3, SHAPE, round_to=2)[0],
    "factorize": lambda model: factorize(model, {"embedding.1": 0.7, "features.9": 0.7})[0],
}


def same_bits(one, other):
    a, b = one.state_dict(), other.state_dict()
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("order", [("prune", "factorize"), ("factorize", "prune")])
def test_smaller_shared_and_written(order, tmp_path):
    torch.manual_seed(0)
    model = FaceResNet(8, 16).eval()
    for step in order:
        smaller = STEPS[step](model)
        assert parameters(smaller) < parameters(model)
        model = smaller
    save(model, tmp_path / "plain")
    assert same_bits(load(tmp_path / "plain"), model)
    shared, _ = share(model, 16)
    save_shared(shared, tmp_path / "shared")
    again = load_shared(tmp_path / "shared")
    assert same_bits(again, shared)
    torch.testing.assert_close(again.embed(IMAGES), shared.embed(IMAGES))
    assert (tmp_path / "shared").stat().st_size < 0.5 * (tmp_path / "plain").stat().st_size
    assert export(decoded(again), tmp_path / "onnx", SHAPE).difference < 1e-5
