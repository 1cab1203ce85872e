"""Images a second in training, and what share of the peak that is; faces a second drawn."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any

import torch
from torch import Tensor, nn

from facelib.measure import macs
from facelib.models import FaceCNN, FaceResNet
from facelib.synth import identities, nuisances, render
from facelib.training import fit_embedding
from facelib.training.device import has_fast_bf16
from facelib.training.losses import ContrastiveLoss, MarginLoss

PEOPLE = 10_000  # that ArcFace tells apart


class Still:
    """The same images in every batch, on the device: nothing is drawn, so training alone counts."""

    images_each = 2

    def __init__(self, shape: tuple[int, ...], people: int) -> None:
        self.shape, self.people, self.kept = shape, people, None

    def __call__(
        self, n: int, generator: torch.Generator, device: torch.device
    ) -> tuple[Tensor, Tensor]:
        """n images of noise, two of a person."""
        if self.kept is None:
            images = torch.rand(n, *self.shape, generator=generator).to(device)
            person = torch.arange(n // 2).repeat_interleave(2) % self.people
            self.kept = images, person.to(device)
        return self.kept


def resnet18() -> nn.Module:
    """torchvision's, with an embedding of 512 numbers."""
    from torchvision.models import resnet18 as made

    return made(num_classes=512)


# name: network, loss, shape of an image, people, images a step on a GPU
NETWORKS: dict[str, tuple[Callable[[], nn.Module], Callable[[], nn.Module], tuple, int, int]] = {
    "FaceCNN": (lambda: FaceCNN(24, 128, 40), nn.CrossEntropyLoss, (1, 56, 46), 40, 2048),
    "FaceResNet": (FaceResNet, ContrastiveLoss, (1, 64, 64), PEOPLE, 2048),
    "ResNet-18, ArcFace": (
        resnet18, lambda: MarginLoss(PEOPLE, 512, 0.5, "arcface"), (3, 112, 112), PEOPLE, 512,
    ),
}  # fmt: skip


def trainings(device: torch.device) -> dict[str, Any]:
    """fit_embedding's images a second for each network, in float32 and bfloat16, compiled or not.

    The share of the peak counts three forward passes a step (one there, two back), two operations
    a MAC, and takes for the peak what a large product of matrices reaches.
    """
    gpu, fast = device.type == "cuda", has_fast_bf16(device)
    peak = {bf16: multiply(device, bf16) for bf16 in (False, True)}
    ways = [(False, False), (True, False), (True, True)][: 1 + fast + (fast and gpu)]
    rows = []
    for name, (make, loss, shape, people, batch) in NETWORKS.items():
        work = macs(make(), shape) + sum(weight.numel() for weight in loss().parameters())
        for bf16, compiled in ways:
            train = partial(
                fit_embedding, make(), Still(shape, people), loss(), device=device, bf16=bf16,
                batch=batch if gpu else 8, compile=compiled, progress=False,
            )  # fmt: skip
            train(steps=20 if gpu else 1)
            speed = train(steps=200 if gpu else 2).images_per_second
            row = {"network": name, "bf16": bf16, "compiled": compiled, "macs": work}
            row |= {"batch": batch if gpu else 8, "images_per_second": speed}
            rows.append(row | {"share_of_peak": 6 * work * speed / peak[bf16]})
            print(f"  {rows[-1]}", flush=True)
    return {"peak_flops": {"float32": peak[False], "bfloat16": peak[True]}, "rows": rows}


def multiply(device: torch.device, bf16: bool) -> float:
    """Operations a second in a large product of matrices; float32 as cuDNN takes it, in TF32."""
    side, kind = 8192 if device.type == "cuda" else 512, torch.bfloat16 if bf16 else torch.float32
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = True
    one, other = (torch.randn(side, side, device=device, dtype=kind) for _ in range(2))
    best = min(seconds(lambda: one @ other, device) for _ in range(10))
    torch.backends.cuda.matmul.allow_tf32 = before
    return 2 * side**3 / best


def generator(device: torch.device) -> dict[str, Any]:
    """Faces a second at 64 and 112 pixels, grey and colour."""
    gpu = device.type == "cuda"
    number = 8192 if gpu else 16
    people, photos = identities(number, 0).to(device), nuisances(number, 1).to(device)
    rows = []
    for size, channels in product((64, 112), (1, 3)):
        about = {"size": size, "channels": channels}
        draw = partial(render, people, photos, device=device, **about)
        first = seconds(draw, device)
        speeds = [number / seconds(draw, device) for _ in range(15 if gpu else 2)]
        about |= {"first_call_s": first, "median": statistics.median(speeds)}
        rows.append(about | {"faces_per_second": speeds})
        print(f"  {about}", flush=True)
    return {"faces": number, "rows": rows}


def seconds(call: Callable[[], object], device: torch.device) -> float:
    """How long a call takes, the device's work included."""
    start = time.perf_counter()
    call()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - start
