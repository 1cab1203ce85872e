"""Several processes that train one model: plain DistributedDataParallel under torchrun."""

import gc
import os
from datetime import timedelta

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

PATIENCE = timedelta(hours=2)  # the others wait while rank 0 validates


def start(device: torch.device) -> tuple[int, int]:
    """Join the processes that torchrun started; this one's rank and how many they are (0 and 1
    without torchrun)."""
    if not distributed.is_initialized():
        if int(os.environ.get("WORLD_SIZE", 1)) == 1:
            return 0, 1
        if device.type == "cuda":
            torch.cuda.set_device(device)  # barriers use the current GPU
            distributed.init_process_group("nccl", device_id=device, timeout=PATIENCE)
        else:
            distributed.init_process_group("gloo", timeout=PATIENCE)
    return rank(), distributed.get_world_size()


def rank() -> int:
    """This process's number, 0 without torchrun."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def wrap(model: nn.Module, device: torch.device) -> nn.Module:
    """The model with its gradients averaged over all processes.

    A part that takes no share in the loss is left as it is, as it would be in one process.
    """
    if not distributed.is_initialized():
        return model
    gpu = [device] if device.type == "cuda" else None
    return DistributedDataParallel(_WithIdle(model), gpu, find_unused_parameters=True)


class _WithIdle(nn.Module):
    """A module, and a weight in which nothing has a share, since DDP warns where it finds none."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module, self.idle = module, nn.Parameter(next(module.parameters()).new_zeros(()))

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        return self.module(*inputs)


def wait() -> None:
    """Go on when all processes are here."""
    if distributed.is_initialized():
        distributed.barrier()


def stop() -> None:
    """Leave the group together: an exchange under way when one is gone can abort the other."""
    wait()
    if distributed.is_initialized():
        gc.collect()  # a wrapped model would keep the group's threads until the interpreter is gone
        distributed.destroy_process_group()
