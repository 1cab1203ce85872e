"""How many threads this process may use, and how many of them a network's work is worth."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # `import facelib` loads nothing heavy
    import torch
    from torch import nn

# Weights x images of a step from which work is shared out among threads. At 6 million two threads
# take 0.7 of one's time on idle cores, and 6 times as long where other programs run: they wait for
# each other.
SHARED_OUT = 10_000_000

HUB_THREADS = 2  # of a kernel that shares its machine with a class
HUB = ("JUPYTERHUB_USER", "JUPYTERHUB_API_TOKEN")  # what JupyterHub tells a server and its kernels
POOLS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def choose_threads() -> int | None:
    """How many threads each pool of this process may use; None leaves it to the libraries.

    The environment variable FACELIB_THREADS says it. Without it, a kernel under JupyterHub gets
    two, unless OMP_NUM_THREADS has been set, and any other process all cores.
    """
    asked = os.environ.get("FACELIB_THREADS")
    if asked:
        if not asked.isdecimal() or int(asked) < 1:
            raise ValueError(
                f"FACELIB_THREADS must be a whole number of at least 1, got {asked!r}; without it "
                f"facelib takes all cores, or {HUB_THREADS} under JupyterHub"
            )
        return int(asked)
    under_hub = any(name in os.environ for name in HUB) and "OMP_NUM_THREADS" not in os.environ
    return min(HUB_THREADS, os.cpu_count() or 1) if under_hub else None


def limit_threads(threads: int | None) -> None:
    """Give the pools of torch, NumPy, SciPy and scikit-learn `threads` each; None changes nothing.

    What is loaded later reads it from the environment, as do kernels that this process starts.
    """
    if threads is None:
        return
    os.environ.update(dict.fromkeys(POOLS, str(threads)))
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(threads)
    if "numpy" in sys.modules:
        from threadpoolctl import threadpool_limits

        threadpool_limits(threads)


@contextmanager
def few_threads(model: nn.Module, images: int, device: torch.device) -> Iterator[None]:
    """Inside, a network too small to share out among threads computes on one.

    Decided by what is to be done, weights x images at a time, and never by a timing: that could
    differ between two runs and break "same machine, same bits".
    """
    import torch

    before = torch.get_num_threads()
    work = sum(weight.numel() for weight in model.parameters()) * images
    if device.type == "cpu" and work < SHARED_OUT:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
