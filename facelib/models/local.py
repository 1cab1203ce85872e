"""A convolution without weight sharing: locally connected, each place with a kernel of its own.

The layer between a full and a convolutional one, as compared by LeCun (1989, "Generalization and
network design strategies") and used for faces by DeepFace (Taigman et al. 2014).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import unfold


class LocallyConnected2d(nn.Module):
    """(N, C, H, W) -> (N, outputs, H', W'), sizes as of `nn.Conv2d` without padding.

    Args:
        inputs, outputs: channels.
        size: (H, W) of the images; places are fixed, so the size is, too.
        kernel, stride: height and width of the window; pixels from one to the next.

    Attributes: weight (H' * W', outputs, C * kernel²), places row by row; bias (outputs, H', W').

    Raises:
        ValueError: the window is larger than the image.
    """

    def __init__(
        self, inputs: int, outputs: int, size: tuple[int, int], kernel: int, stride: int = 1
    ) -> None:
        super().__init__()
        if kernel > min(size):
            raise ValueError(f"a {kernel} x {kernel} window doesn't fit into images of {size}")
        self.kernel, self.stride, self.size = kernel, stride, size
        rows, columns = ((length - kernel) // stride + 1 for length in size)
        window = inputs * kernel**2
        limit = window**-0.5  # the range nn.Conv2d draws from
        self.weight = nn.Parameter(
            torch.empty(rows * columns, outputs, window).uniform_(-limit, limit)
        )
        self.bias = nn.Parameter(torch.empty(outputs, rows, columns).uniform_(-limit, limit))

    @classmethod
    def from_conv(cls, conv: nn.Conv2d, size: tuple[int, int]) -> LocallyConnected2d:
        """The same function as `conv` on images of this size: its kernel copied to every place.

        Raises:
            ValueError: one that isn't square, or has padding, dilation, groups, or no bias.
        """
        window = *conv.kernel_size, *conv.stride, *conv.dilation, conv.groups, conv.padding
        (side, _), (step, _) = conv.kernel_size, conv.stride
        if window != (side, side, step, step, 1, 1, 1, (0, 0)) or conv.bias is None:
            raise ValueError(
                "want a square convolution with a bias, without padding, dilation or groups, "
                f"got {conv}"
            )
        layer = cls(conv.in_channels, conv.out_channels, size, side, step)
        with torch.no_grad():
            layer.weight.copy_(conv.weight.flatten(1).expand_as(layer.weight))
            layer.bias.copy_(conv.bias.view(-1, 1, 1).expand_as(layer.bias))
        return layer

    def forward(self, images: Tensor) -> Tensor:
        if images.shape[2:] != self.size:
            raise ValueError(
                f"this layer was made for images of {self.size}, got {tuple(images.shape[2:])}"
            )
        windows = unfold(images, self.kernel, stride=self.stride)  # (N, window, places)
        out = torch.einsum("nwp,pow->nop", windows, self.weight)
        return out.unflatten(2, self.bias.shape[1:]) + self.bias
