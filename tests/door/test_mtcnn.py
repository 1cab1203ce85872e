"""The networks compute what PyTorch would, from the one file they were written for."""

import pickle
from collections import OrderedDict
from importlib.machinery import ModuleSpec

import numpy as np
import pytest
import torch
from torch.nn import functional

from facelib.door import mtcnn


def in_torch(network: mtcnn.Network, images: np.ndarray) -> list[torch.Tensor]:
    """The same layers, by PyTorch's functions."""
    weights = [torch.from_numpy(array.copy()) for array in mtcnn.read_weights(network)]
    maps = (torch.from_numpy(images).permute(0, 3, 1, 2).float() - 127.5) / 128
    for window in network.pools:
        kernel, bias, slope, *weights = weights
        maps = functional.conv2d(maps, kernel.permute(3, 2, 0, 1), bias)
        maps = functional.prelu(maps, slope.flatten())
        if window > 1:
            maps = functional.max_pool2d(maps, window, 2, ceil_mode=True)
    maps = maps.permute(0, 2, 3, 1)
    if network is not mtcnn.PROPOSE:
        matrix, bias, slope, *weights = weights
        maps = functional.prelu(maps.transpose(1, 2).flatten(1) @ matrix + bias, slope)
    heads = zip(weights[::2], weights[1::2], strict=True)
    *found, evidence = (maps @ matrix.reshape(maps.shape[-1], -1) + bias for matrix, bias in heads)
    return [*found, evidence.softmax(-1)[..., 1]]


SEEN = [
    (mtcnn.PROPOSE, (31, 40)),
    (mtcnn.PROPOSE, (12, 12)),
    (mtcnn.REFINE, (24, 24)),
    (mtcnn.LOCATE, (48, 48)),
]


@pytest.mark.parametrize(("network", "size"), SEEN)
def test_the_forward_pass_is_that_of_pytorch(network, size):
    images = np.random.default_rng(0).integers(0, 256, (5, *size, 3), dtype=np.uint8)
    found, wanted = mtcnn.run(network, images), in_torch(network, images)
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other.numpy(), atol=2e-5)
    assert 0 <= found[-1].min() <= found[-1].max() <= 1
    assert all(len(values) == 0 for values in mtcnn.run(network, images[:0]))


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """A folder that is taken for the wheel's."""
    (tmp_path / "assets" / "weights").mkdir(parents=True)
    spec = ModuleSpec("mtcnn", None, origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(mtcnn, "find_spec", lambda name: spec)
    return tmp_path / "assets" / "weights"


@pytest.mark.parametrize("content", [None, b"", b"other weights"])
def test_a_file_that_is_another_is_not_read(wheel, content):
    if content is not None:
        (wheel / mtcnn.REFINE.file).write_bytes(content)
    with pytest.raises(ValueError, match=r"rnet.lz4 is not as in mtcnn==1.0.0 .*force-reinstall"):
        mtcnn.read_weights.__wrapped__(mtcnn.REFINE)


@pytest.mark.parametrize("missing", ["mtcnn", "lz4"])
def test_without_the_packages_it_is_said_which_to_install(monkeypatch, missing):
    real = mtcnn.find_spec
    monkeypatch.setattr(mtcnn, "find_spec", lambda name: None if name == missing else real(name))
    with pytest.raises(ImportError, match="mtcnn .* lz4, which are not .*pip install mtcnn==1.0.0"):
        mtcnn.read_weights.__wrapped__(mtcnn.PROPOSE)


def test_no_pickle_makes_anything_but_arrays():
    with pytest.raises(pickle.UnpicklingError, match="getcwd is no array"):
        mtcnn.unpickle_arrays(b"cos\ngetcwd\n(tR.")
    with pytest.raises(pickle.UnpicklingError, match="OrderedDict is no array"):
        mtcnn.unpickle_arrays(pickle.dumps(OrderedDict(weights=1)))
