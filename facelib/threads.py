"""How many threads a network's work is worth."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

# Weights x images of a step from which work is shared out among threads. At 6 million two threads
# take 0.7 of one's time on idle cores, and 6 times as long where other programs run: they wait for
# each other.
SHARED_OUT = 10_000_000


@contextmanager
def few_threads(model: nn.Module, images: int, device: torch.device) -> Iterator[None]:
    """Inside, a network too small to share out among threads computes on one.

    Decided by what is to be done, weights x images at a time, and never by a timing: that could
    differ between two runs and break "same machine, same bits".
    """
    before = torch.get_num_threads()
    work = sum(weight.numel() for weight in model.parameters()) * images
    if device.type == "cpu" and work < SHARED_OUT:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
