"""One seed for what is drawn at random when a network or a loss is built."""

from collections.abc import Callable
from typing import TypeVar

import torch

Built = TypeVar("Built")


def build_seeded(seed: int, make: Callable[[], Built]) -> Built:
    """What `make` makes with this seed of torch's; the caller's own random numbers stay as they
    were."""
    with torch.random.fork_rng([]):
        torch.manual_seed(seed)
        return make()
