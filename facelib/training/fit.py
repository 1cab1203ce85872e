"""fit(): teach a network the names of people, from a set of their photographs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from facelib.data.augment import Augment
from facelib.data.faceset import FaceSet
from facelib.training import checkpoint as checkpoints
from facelib.training import distributed
from facelib.training.device import choose_device, fits
from facelib.training.loop import History, generator, train


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
        label_smoothing: part of the target spread over all people, 0 to 1 (Szegedy et al. 2016).
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
    _, world = distributed.start(device)
    batch = min(batch, len(faces) // world * world)
    _check(faces, epochs, batch, world, checkpoint)
    augment = augment or Augment()
    epoch = len(faces) // batch
    faces = faces.to(device) if fits(faces, device) else faces
    run = {
        "faces": checkpoints.fingerprint(faces), "augment": _name(augment), "epochs": epochs,
        "label_smoothing": label_smoothing,
    }  # fmt: skip
    return train(
        model,
        _Naming(faces.people, label_smoothing),
        _Epochs(faces, batch, augment, seed, device),
        steps=epochs * epoch,
        every=epoch,
        batch=batch,
        lr=lr,
        weight_decay=weight_decay,
        seed=seed,
        device=device,
        bf16=bf16,
        compile=compile,
        validate=validate,
        validate_every=validate_every,
        checkpoint=checkpoint,
        run=run,
        progress=progress,
        plot=plot,
    )


class _Epochs:
    """step -> this process's part of a batch: every epoch all images once, in a new order."""

    def __init__(
        self,
        faces: FaceSet,
        batch: int,
        augment: Callable[[Tensor, torch.Generator], Tensor],
        seed: int,
        device: torch.device,
    ) -> None:
        self.faces, self.batch, self.augment = faces, batch, augment
        self.seed, self.device, self.epoch = seed, device, -1

    def __call__(self, step: int) -> tuple[Tensor, Tensor]:
        faces, rank = self.faces, distributed.rank()
        epoch, place = divmod(step, len(faces) // self.batch)
        if epoch != self.epoch:
            order = torch.randperm(len(faces), generator=generator(self.seed, "order", epoch))
            self.epoch, self.order = epoch, order.split(self.batch)
        index = self.order[place].chunk(distributed.world())[rank].to(faces.images.device)
        images = faces.images[index].to(self.device)
        images = self.augment(images, generator(self.seed, "augment", step, rank))
        return images, faces.person[index].to(self.device)


class _Naming(nn.Module):
    """Cross-entropy of logits (N, people) with the right names."""

    def __init__(self, people: int, label_smoothing: float) -> None:
        super().__init__()
        self.people, self.label_smoothing = people, label_smoothing

    def forward(self, logits: Tensor, person: Tensor) -> Tensor:
        if logits.shape[1] != self.people:
            raise ValueError(
                f"the model names {logits.shape[1]} people, the faces show {self.people}: "
                f"build it with people={self.people}"
            )
        return cross_entropy(logits, person, label_smoothing=self.label_smoothing)


def _check(
    faces: FaceSet, epochs: int, batch: int, world: int, checkpoint: str | Path | None
) -> None:
    if epochs < 1 or batch < 2 * world or batch % world:
        raise ValueError(
            "want at least one epoch, and a batch that gives each process the same number of "
            "images, two or more (batch norm compares images); "
            f"got {len(faces)} images, epochs={epochs}, batch={batch}, {world} process(es)"
        )
    checkpoints.check_folder(checkpoint)


def _name(augment: Callable) -> str:
    """What `augment` is, without the address that the text of a plain function holds."""
    return re.sub(r" at 0x[0-9A-Fa-f]+", "", repr(augment))
