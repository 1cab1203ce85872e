"""fit_embedding(): teach a network which faces belong together, from batches drawn as it goes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from facelib.training import checkpoint as checkpoints
from facelib.training import distributed
from facelib.training.device import choose_device
from facelib.training.loop import History, generator, train


class Source(Protocol):
    """Where batches come from; its repr says all that a resumed run must agree with."""

    images_each: int

    def __call__(
        self, n: int, generator: torch.Generator, device: torch.device
    ) -> tuple[Tensor, Tensor]:
        """n images, float (n, C, H, W) in [0, 1], and whom they show, int64 (n,), on `device`."""


def fit_embedding(
    model: nn.Module,
    faces: Source,
    loss: nn.Module,
    *,
    steps: int,
    batch: int = 256,
    lr: float = 2e-3,
    weight_decay: float = 0.05,
    seed: int = 0,
    device: torch.device | str | None = None,
    bf16: bool | None = None,
    compile: bool = False,
    validate: Callable[[nn.Module], float] | None = None,
    every: int = 200,
    checkpoint: str | Path | None = None,
    progress: bool = True,
    plot: bool = False,
) -> History:
    """Train `model`, in place, to embed the faces that `faces` draws; leave it in evaluation mode.

    Under torchrun every process draws its own part of the batch, and a loss that compares images
    compares those of its process.

    Args:
        model: float images (N, C, H, W) in [0, 1] -> embeddings (N, D).
        faces: called once a step, as `FreshFaces` or `DrawnFaces`.
        loss: `MarginLoss`, `TripletLoss` or `ContrastiveLoss`; its weights are trained, too.
        steps: batches to train on.
        batch: images a step, over all processes together.
        every: steps between two checkpoints and validations.
        lr, weight_decay, seed, device, bf16, compile, validate, checkpoint, progress, plot: as in
            `fit`.

    Raises:
        ValueError: settings that don't fit each other, the machine or the checkpoint.
        FloatingPointError, MemoryError: as in `fit`.
    """
    device = choose_device(device)
    rank, world = distributed.start(device)
    share = world * faces.images_each
    if steps < 1 or every < 1 or batch < 2 * share or batch % share:
        raise ValueError(
            "want at least 1 step, and a batch that gives each process the same number of people, "
            f"two or more, with {faces.images_each} images each; got steps={steps}, every={every}, "
            f"batch={batch}, {world} process(es)"
        )
    checkpoints.check_folder(checkpoint)

    def draw(step: int) -> tuple[Tensor, Tensor]:
        return faces(batch // world, generator(seed, "faces", step, rank), device)

    return train(
        model,
        loss,
        draw,
        steps=steps,
        every=every,
        batch=batch,
        lr=lr,
        weight_decay=weight_decay,
        seed=seed,
        device=device,
        bf16=bf16,
        compile=compile,
        validate=validate,
        validate_every=1,
        checkpoint=checkpoint,
        run={"faces": repr(faces), "loss": repr(loss), "steps": steps},
        progress=progress,
        plot=plot,
    )
