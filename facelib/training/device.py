"""Where training runs and in which precision."""

import os
import shutil
import warnings
from contextlib import suppress

import torch
from torch import nn

from facelib.data.faceset import FaceSet


def choose_device(device: str | torch.device | None = None) -> torch.device:
    """The device asked for, else a GPU if there is one, else Apple's MPS, else the CPU.

    Under torchrun, "cuda" means this process's own GPU (LOCAL_RANK). ValueError: there is no such
    device.
    """
    has = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if device is None:
        device = next(name for name in ("cuda", "mps", "cpu") if has[name])
    with suppress(RuntimeError):  # of a name that torch doesn't know: it stays text
        device = torch.device(device)
    there = [name for name in has if has[name]]
    if isinstance(device, str) or not has.get(device.type, False):
        raise ValueError(
            f"device {str(device)!r} was asked for, but this machine has {there}. "
            "Leave device out to take the best there is; for a GPU, check its driver and that "
            "torch.version.cuda is not None."
        )
    if device.type == "cuda":
        index = int(os.environ.get("LOCAL_RANK", 0)) if device.index is None else device.index
        if index >= torch.cuda.device_count():
            raise ValueError(f"GPU {index} was asked for, there are {torch.cuda.device_count()}")
        device = torch.device("cuda", index)
    return device


def has_fast_bf16(device: torch.device) -> bool:
    """Whether bfloat16 has hardware of its own there (GPU from Ampere on; CPU with AMX or AVX512).

    Decided by what the hardware says, never by a timing: a choice that could differ between two
    runs would break "same machine, same bits".
    """
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    return device.type == "cpu" and (
        torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    )


def fits(faces: FaceSet, device: torch.device) -> bool:
    """Whether all images can live on the device and leave it half of its free memory."""
    if device.type != "cuda":
        return True
    free, _ = torch.cuda.mem_get_info(device)
    return faces.images.nbytes < free / 2


def compiled(model: nn.Module) -> nn.Module:
    """`torch.compile(model)`, or the model itself, with a warning, where no C++ compiler is."""
    compilers = "c++", "g++", "clang++", "cl"
    if not any(shutil.which(os.environ.get("CXX", name)) for name in compilers):
        warnings.warn(
            "compile=True needs a C++ compiler (g++, clang++ or cl) and none was found: "
            "training goes on uncompiled, with the same result, only slower",
            stacklevel=3,
        )
        return model
    return torch.compile(model)
