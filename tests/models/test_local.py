"""A locally connected layer is a convolution whose places have kernels of their own."""

import pytest
import torch
from torch import nn

from facelib.models.local import LocallyConnected2d


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_with_one_kernel_copied_everywhere_it_is_that_convolution(stride):
    conv = nn.Conv2d(2, 4, 3, stride)
    local = LocallyConnected2d.from_conv(conv, (11, 9))
    images = torch.rand(5, 2, 11, 9)
    torch.testing.assert_close(local(images), conv(images))


def test_each_place_learns_for_itself():
    local = LocallyConnected2d(1, 2, (6, 6), 3)
    assert local.weight.shape == (16, 2, 9)
    assert local.bias.shape == (2, 4, 4)
    local(torch.rand(1, 1, 6, 6))[0, :, 1, 2].sum().backward()
    touched = local.weight.grad.abs().sum((1, 2)).nonzero().flatten()
    assert touched.tolist() == [1 * 4 + 2]


def test_convolutions_of_another_kind_and_sizes_that_do_not_fit_are_refused():
    for kind in (
        {"kernel_size": (3, 2)}, {"stride": (1, 2)}, {"padding": 1}, {"dilation": 2},
        {"groups": 2}, {"bias": False}, {"padding": "same"},
    ):  # fmt: skip
        with pytest.raises(ValueError, match="want a square convolution with a bias"):
            LocallyConnected2d.from_conv(nn.Conv2d(2, 4, **{"kernel_size": 3} | kind), (11, 9))
    with pytest.raises(ValueError, match=r"a 7 x 7 window doesn't fit into images of \(6, 9\)"):
        LocallyConnected2d(1, 1, (6, 9), 7)
    with pytest.raises(ValueError, match=r"made for images of \(6, 9\), got \(9, 6\)"):
        LocallyConnected2d(1, 1, (6, 9), 3)(torch.rand(1, 1, 9, 6))
