"""fit(): the training loop of the course, on one screen.

AdamW (Loshchilov & Hutter 2019), one-cycle schedule (Smith & Topin 2018), label smoothing (Szegedy
et al. 2016). All randomness is keyed by (seed, step): the same machine, versions and thread count
give the same bits, and a run that was killed goes on as if it had not been.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from facelib.data.augment import Augment
from facelib.data.faceset import FaceSet
from facelib.training import checkpoint as checkpoints
from facelib.training import distributed
from facelib.training.device import choose_device, compiled, fits, has_fast_bf16
from facelib.training.progress import Progress

MEMORY_IS_FULL = ("out of memory", "can't allocate memory", "not enough memory", "alloc_failed")
LOOK_EVERY = 20  # steps between two looks at the loss; a look waits for the GPU


@dataclass
class History:
    """What happened: one loss a step, (step, value) of each validation, and how long it took."""

    loss: list[float] = field(default_factory=list)
    validation: list[tuple[int, float]] = field(default_factory=list)
    seconds: float = 0.0
    images_per_second: float = 0.0


def fit(
    model: nn.Module,
    faces: FaceSet,
    *,
    epochs: int,
    batch: int = 40,
    lr: float = 4e-3,
    weight_decay: float = 0.05,
    label_smoothing: float = 0.1,
    augment: Callable[[Tensor, torch.Generator], Tensor] | None = None,
    seed: int = 0,
    device: torch.device | str | None = None,
    bf16: bool | None = None,
    compile: bool = False,
    validate: Callable[[nn.Module], float] | None = None,
    validate_every: int = 1,
    checkpoint: str | Path | None = None,
    progress: bool = True,
    plot: bool = False,
) -> History:
    """Train `model`, in place, to name the people in `faces`; leave it in evaluation mode.

    Args:
        model: float images (N, C, H, W) in [0, 1] -> logits (N, people).
        faces: what to learn from; moved whole to the device where it fits.
        epochs: passes over the images; a last batch that is not full is left out.
        batch: images a step, over all processes together.
        lr: peak learning rate of the one-cycle schedule.
        weight_decay: AdamW's, on every weight.
        label_smoothing: part of the target spread over all people, 0 to 1.
        augment: called as augment(uint8 images, generator) -> float images in [0, 1];
            `Augment()` unless given.
        seed: the same seed gives the same run.
        device: None takes a GPU if there is one.
        bf16: autocast to bfloat16; None does so where the hardware has it.
        compile: run through torch.compile; worth it for long runs.
        validate: called with the model in evaluation mode, without gradients, and returns a number.
        validate_every: epochs between two validations; the last epoch is always validated.
        checkpoint: file written after every epoch; if it is there, the run goes on from it.
        progress: show a progress bar.
        plot: draw loss and validation live in a notebook.

    Raises:
        ValueError: settings that don't fit the faces, the machine or the checkpoint.
        FloatingPointError: the loss or a weight is not finite; the last good checkpoint stays.
        MemoryError: the device is full; says which batch size to try.
    """
    device = choose_device(device)
    rank, world = distributed.start(device)
    batch = min(batch, len(faces) // world * world)
    _check(faces, epochs, batch, world, checkpoint)
    augment = augment or Augment()
    bf16 = has_fast_bf16(device) if bf16 is None else bf16
    steps = epochs * (len(faces) // batch)

    model.to(device, memory_format=torch.channels_last).train()
    faces = faces.to(device) if fits(faces, device) else faces
    forward = distributed.wrap(compiled(model) if compile else model, device)
    optimizer = torch.optim.AdamW(model.parameters(), lr, weight_decay=weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=steps)

    history = History()
    run = {
        "model": [type(model).__name__, getattr(model, "config", None)], "augment": _name(augment),
        "faces": checkpoints.fingerprint(faces), "epochs": epochs, "batch": batch, "lr": lr,
        "weight_decay": weight_decay, "label_smoothing": label_smoothing, "seed": seed,
        "bf16": bf16, "processes": world,
    }  # fmt: skip
    if checkpoint is not None and Path(checkpoint).exists():
        history.loss, history.validation = checkpoints.load(
            checkpoint, model, optimizer, schedule, run
        )
    step = first = len(history.loss)
    look = _Look(model, history, checkpoint)
    bar = Progress(first, steps, show=progress and rank == 0, plot=plot and rank == 0)
    start = time.perf_counter()

    with bar, _keyed_randomness(device), _memory_advice(batch, world):
        for epoch in range(first * epochs // steps, epochs):
            order = torch.randperm(len(faces), generator=generator(seed, "order", epoch))
            for index in order[: len(faces) // batch * batch].split(batch):
                index = index.chunk(world)[rank].to(faces.images.device)
                images, person = faces.images[index].to(device), faces.person[index].to(device)
                images = augment(images, generator(seed, "augment", step, rank))
                images = images.contiguous(memory_format=torch.channels_last)

                torch.manual_seed(key(seed, "model", step, rank))  # for dropout
                with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
                    logits = forward(images)
                    _check_head(logits, faces)
                    loss = cross_entropy(logits, person, label_smoothing=label_smoothing)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()

                step += 1
                bar.step()
                look.at(loss)
            look.now()
            last = epoch == epochs - 1
            if validate is not None and rank == 0 and ((epoch + 1) % validate_every == 0 or last):
                history.validation.append((step, _validated(model, validate)))
            bar.show(history, last)
            if checkpoint is not None and rank == 0:
                checkpoints.save(checkpoint, model, optimizer, schedule, history, run)
            distributed.wait()

    model.eval()
    history.seconds = time.perf_counter() - start
    history.images_per_second = (steps - first) * batch / history.seconds
    return history


def key(*parts: int | str) -> int:
    """A 63-bit seed from (seed, step, ...); other parts give an unrelated seed."""
    digest = hashlib.blake2b("/".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def generator(*parts: int | str) -> torch.Generator:
    """A CPU random generator seeded by `key(*parts)`."""
    return torch.Generator().manual_seed(key(*parts))


class _Look:
    """Losses stay on the device and come over now and then; a run that has blown up is stopped."""

    def __init__(self, model: nn.Module, history: History, path: str | Path | None) -> None:
        self.model, self.history, self.path, self.waiting = model, history, path, []

    def at(self, loss: Tensor) -> None:
        self.waiting.append(loss.detach())
        if len(self.waiting) == LOOK_EVERY:
            self.now()

    def now(self) -> None:
        if not self.waiting:
            return
        losses = torch.stack(self.waiting)
        self.waiting.clear()
        weights = torch.stack([p.detach().isfinite().all() for p in self.model.parameters()])
        if not (losses.isfinite().all() and weights.all()):
            saved = self.path is not None and Path(self.path).exists()
            kept = f"the last good checkpoint is {self.path}" if saved else "nothing was saved yet"
            raise FloatingPointError(
                f"the loss or a weight became infinite or NaN after step {len(self.history.loss)}; "
                f"{kept}. "
                "Try a lower learning rate, bf16=False, or look for bad images."
            )
        self.history.loss.extend(losses.tolist())


def _check(
    faces: FaceSet, epochs: int, batch: int, world: int, checkpoint: str | Path | None
) -> None:
    if epochs < 1 or batch < 2 * world or batch % world:
        raise ValueError(
            "want at least one epoch, and a batch that gives each process the same number of "
            "images, two or more (batch norm compares images); "
            f"got {len(faces)} images, epochs={epochs}, batch={batch}, {world} process(es)"
        )
    if checkpoint is not None and not Path(checkpoint).parent.is_dir():
        raise ValueError(f"checkpoint={str(checkpoint)!r}: make the folder first")


def _check_head(logits: Tensor, faces: FaceSet) -> None:
    if logits.shape[1] != faces.people:
        raise ValueError(
            f"the model names {logits.shape[1]} people, the faces show {faces.people}: "
            f"build it with people={faces.people}"
        )


def _name(augment: Callable) -> str:
    """What `augment` is, without the address that the text of a plain function holds."""
    return re.sub(r" at 0x[0-9A-Fa-f]+", "", repr(augment))


@contextmanager
def _keyed_randomness(device: torch.device) -> Iterator[None]:
    """Seeds set inside leave the caller's random state as it was."""
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        yield


@contextmanager
def _memory_advice(batch: int, world: int) -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        if not any(words in str(error).lower() for words in MEMORY_IS_FULL):
            raise
        smaller = batch // 2 // world * world
        advice = f"try batch={smaller}" if smaller >= 2 * world else "try a narrower model"
        raise MemoryError(
            f"out of memory with batch={batch}; {advice}, or smaller images"
        ) from error


@torch.no_grad()
def _validated(model: nn.Module, validate: Callable[[nn.Module], float]) -> float:
    model.eval()
    value = float(validate(model))
    model.train()
    return value
