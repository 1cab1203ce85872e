"""What fit() costs over a bare loop, and what its precision buys: python -m benchmarks.loop

fit() draws keyed random numbers, looks for NaN and moves a progress bar. The bare loop does none of
that; model, images, augmentation, optimiser, schedule and precision are the same. One thread, since
the time of two that wait for each other depends on what else the machine does.
"""

from __future__ import annotations

import copy
import statistics
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from benchmarks import RESULTS
from facecourse.kit import evidence
from facelib.data import Augment, FaceSet, orl, resize
from facelib.measure import Interval, latency_ratio
from facelib.models import FaceCNN
from facelib.training import fit
from facelib.training.device import choose_device, has_fast_bf16

SIZE = (56, 46)  # height and width that the lessons train at
BATCH = 40
LR, WEIGHT_DECAY, LABEL_SMOOTHING = 4e-3, 0.05, 0.1
BAR = 1.05  # the upper end of fit's interval has to stay below


def bare(model: FaceCNN, batches: Iterable[tuple[Tensor, Tensor]], steps: int) -> float:
    """Train `model`, in place, as fit() does and do nothing else; return the last loss.

    Args:
        model: float images (N, 1, H, W) in [0, 1] -> logits (N, people).
        batches: `steps` pairs of such images and their labels (N,).
        steps: length of the schedule.
    """
    device = choose_device()
    bf16 = has_fast_bf16(device)
    model.to(device, memory_format=torch.channels_last).train()
    optimizer = torch.optim.AdamW(model.parameters(), LR, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LR, total_steps=steps)
    for images, person in batches:
        images = images.to(device, memory_format=torch.channels_last)
        person = person.to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            loss = cross_entropy(model(images), person, label_smoothing=LABEL_SMOOTHING)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return loss.item()


def augmented(faces: FaceSet, epochs: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Shuffled batches of faces that are on the device already, augmented there."""
    augment, generator = Augment(), torch.Generator()
    for _ in range(epochs):
        order = torch.randperm(len(faces))[: len(faces) // BATCH * BATCH]
        for index in order.to(faces.images.device).split(BATCH):
            yield augment(faces.images[index], generator), faces.person[index]


def main(
    pairs: int = 40,
    epochs: int = 8,
    each: int = 5,
    size: tuple[int, int] = SIZE,
    folder: Path = RESULTS,
) -> None:
    """Measure, print, and store loop.json in `folder`.

    Args:
        pairs: timed pairs for each ratio, at least 6.
        epochs: passes over the images in each timed run.
        each: images of each of the 40 people, 1 to 9.
        size: height and width of the images.
    """
    torch.set_num_threads(1)
    device = choose_device()
    faces = orl().map(lambda images: resize(images, *size)).split_images(each).train.to(device)
    torch.manual_seed(0)
    model = FaceCNN(24, 128, faces.people)
    steps = epochs * (len(faces) // BATCH)
    speeds = []

    def fitted() -> None:
        history = fit(
            copy.deepcopy(model), faces, epochs=epochs, batch=BATCH,
            lr=LR, weight_decay=WEIGHT_DECAY, label_smoothing=LABEL_SMOOTHING,
        )  # fmt: skip
        speeds.append(history.images_per_second)

    def by_hand() -> None:
        bare(copy.deepcopy(model), augmented(faces, epochs), steps)

    ratio = latency_ratio(fitted, by_hand, pairs=pairs, warmup=1)
    print(f"time of fit() / bare loop: {ratio}, wanted: {BAR} at most")
    speedups = precision_speedups(model, faces, pairs)
    for name, speedup in speedups.items():
        print(f"speed of a step, {name}: {speedup}")
    evidence.write(
        "loop",
        {
            "model": model.config, "size": size, "images": len(faces), "batch": BATCH,
            "steps": steps, "device": device.type, "bf16": has_fast_bf16(device),
            "fit_over_bare": ratio, "bar": BAR, "met": ratio.high <= BAR,
            "images_per_second": statistics.median(speeds),
            "precision_speedups": speedups,
        },
        folder,
    )  # fmt: skip


def precision_speedups(model: FaceCNN, faces: FaceSet, pairs: int) -> dict[str, Interval]:
    """How many times as fast a forward and backward pass gets; an Interval for each change."""
    plain = _step(model, faces, channels_last=False, bf16=False)
    channels_last = _step(model, faces, channels_last=True, bf16=False)
    both = _step(model, faces, channels_last=True, bf16=True)
    return {
        "channels_last over contiguous": latency_ratio(plain, channels_last, pairs=pairs),
        "bf16 over fp32": latency_ratio(channels_last, both, pairs=pairs),
        "both over neither": latency_ratio(plain, both, pairs=pairs),
    }


def _step(model: FaceCNN, faces: FaceSet, channels_last: bool, bf16: bool) -> Callable[[], None]:
    layout = torch.channels_last if channels_last else torch.contiguous_format
    images = (faces.images[:BATCH].float() / 255).contiguous(memory_format=layout)
    person = faces.person[:BATCH]
    model = copy.deepcopy(model).to(images.device, memory_format=layout).train()

    def step() -> None:
        with torch.autocast(images.device.type, torch.bfloat16, enabled=bf16):
            loss = cross_entropy(model(images), person)
        model.zero_grad()
        loss.backward()

    return step


if __name__ == "__main__":
    main()
