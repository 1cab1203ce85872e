"""fit(): teach a network the names of people, from a set of their photographs."""

from dataclasses import replace
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from facelib.data.augment import Augment
from facelib.data.faceset import FaceSet
from facelib.training import distributed
from facelib.training.batches import Augmentation, without_address
from facelib.training.checkpoint import fingerprint
from facelib.training.device import fits
from facelib.training.loop import generator, train
from facelib.training.settings import History, Settings


def fit(
    model: nn.Module,
    faces: FaceSet,
    *,
    epochs: int,
    label_smoothing: float = 0.1,
    augment: Augmentation | None = None,
    **settings: Any,
) -> History:
    """Train `model`, in place, to name the people in `faces`; leave it in evaluation mode.

    Args:
        model: float images (N, C, H, W) in [0, 1] -> logits (N, people).
        faces: what to learn from; moved whole to the device where it fits.
        epochs: passes over the images; a last batch that is not full is left out.
        label_smoothing: part of the target spread over all people, 0 to 1 (Szegedy et al. 2016).
        augment: called as augment(uint8 images, generator) -> float images in [0, 1];
            `Augment()` unless given.
        settings: any of `Settings`, by name; batch is 40 unless given, lr 4e-3. Checkpoints are
            written, and `validate_every` counted, after every epoch.

    Raises:
        TypeError: a setting that there is not.
        ValueError: settings that don't fit the faces, the model, the machine or the checkpoint.
        FloatingPointError: the loss or a weight is not finite; the last good checkpoint stays.
        MemoryError: the device is full; says which batch size to try.
    """
    chosen = Settings.of(fit, settings, batch=40, lr=4e-3)
    device = chosen.device
    rank, world = distributed.start(device)
    batch = min(chosen.batch, len(faces) // world * world)
    if epochs < 1 or batch < 2 * world or batch % world or not 0 <= label_smoothing <= 1:
        raise ValueError(
            "want at least one epoch, and a batch that gives each process the same number of "
            "images, two or more (batch norm compares images), and label_smoothing from 0 to 1; "
            f"got {len(faces)} images, epochs={epochs}, batch={batch}, {world} process(es), "
            f"label_smoothing={label_smoothing}"
        )
    augment = augment or Augment()
    epoch = len(faces) // batch
    faces = faces.to(device) if fits(faces, device) else faces
    run = {
        "faces": fingerprint(faces), "augment": without_address(augment), "epochs": epochs,
        "label_smoothing": label_smoothing,
    }  # fmt: skip
    loss = _Naming(faces.people, label_smoothing)
    chosen = replace(chosen, batch=batch)

    @lru_cache(1)
    def order(number: int) -> tuple[Tensor, ...]:
        """All images once, in the order of this epoch, in batches."""
        shuffle = generator(chosen.seed, "order", number)
        return torch.randperm(len(faces), generator=shuffle).split(batch)

    def draw(step: int) -> tuple[Tensor, Tensor]:
        number, place = divmod(step, epoch)
        index = order(number)[place].chunk(world)[rank].to(faces.images.device)
        images = faces.images[index].to(device)
        images = augment(images, generator(chosen.seed, "augment", step, rank))
        return images, faces.person[index].to(device)

    return train(model, loss, draw, chosen, steps=epochs * epoch, every=epoch, run=run)


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
