"""Several processes that train one model: plain DistributedDataParallel under torchrun."""

from __future__ import annotations

import os
from datetime import timedelta

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

PATIENCE = timedelta(hours=2)  # the others wait while rank 0 validates


def start(device: torch.device) -> tuple[int, int]:
    """Join the processes that torchrun started.

    Returns:
        This process's rank and the number of processes; 0 and 1 without torchrun.
    """
    if not distributed.is_initialized():
        if int(os.environ.get("WORLD_SIZE", 1)) == 1:
            return 0, 1
        if device.type == "cuda":
            torch.cuda.set_device(device)  # barriers use the current GPU
            distributed.init_process_group("nccl", device_id=device, timeout=PATIENCE)
        else:
            distributed.init_process_group("gloo", timeout=PATIENCE)
    return rank(), world()


def rank() -> int:
    """This process's number, 0 without torchrun."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def world() -> int:
    """How many processes there are, 1 without torchrun."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def wrap(model: nn.Module, device: torch.device) -> nn.Module:
    """The model with its gradients averaged over all processes."""
    if not distributed.is_initialized():
        return model
    return DistributedDataParallel(model, [device] if device.type == "cuda" else None)


def wait() -> None:
    """Go on when all processes are here."""
    if distributed.is_initialized():
        distributed.barrier()


def stop() -> None:
    """Leave the group."""
    if distributed.is_initialized():
        distributed.destroy_process_group()
