"""Lesson 02: the course's small network without help, and remedies against over-fitting.

The network and its 300 steps of 40 images are those of lessons 00 and 01.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from facecourse.kit.orl import BARE
from facelib.data import Augment, FaceSet, Split
from facelib.models import FaceCNN
from facelib.training import fit

STEPS, BATCH, LOOKS = 300, 40, 15

# The best validation top-1 of 0.05, 0.5, 2, 5 and 10, one photograph a person, splits 100 to 102.
DECAY = 5.0
# What each remedy changes; early stopping changes nothing but which of the looks counts.
REMEDIES: dict[str, dict[str, Any]] = {
    "none": {},
    "augmentation": {"augment": Augment()},
    "weight decay": {"weight_decay": DECAY},
    "dropout": {"dropout": 0.5},
}


def fit_plainly(faces: FaceSet, epochs: int) -> FaceCNN:
    """What `fit` makes of the weights that seed 0 draws, without augmentation, weight decay, a soft
    target and `bfloat16`: the loop that the lesson writes out."""
    torch.manual_seed(0)
    model = FaceCNN(width=24, embedding=128, people=faces.people)
    fit(
        model, faces, epochs=epochs, augment=lambda images, _: images / 255, weight_decay=0.0,
        label_smoothing=0.0, bf16=False, device="cpu", progress=False,
    )  # fmt: skip
    return model


class Watch:
    """Looks at a network while it is trained: `loss` and `top1`, {part: [value of each look]}."""

    def __init__(self, parts: Mapping[str, FaceSet]) -> None:
        self.parts = parts
        self.loss: dict[str, list[float]] = {name: [] for name in parts}
        self.top1: dict[str, list[float]] = {name: [] for name in parts}

    def __call__(self, model: nn.Module) -> float:
        """Note both for every part; returns the validation top-1."""
        device = next(model.parameters()).device
        for name, part in self.parts.items():
            logits = model(part.images.to(device).float() / 255).float().cpu()
            self.loss[name].append(float(cross_entropy(logits, part.person)))
            self.top1[name].append(float((logits.argmax(1) == part.person).double().mean()))
        return self.top1["validation"][-1]

    def stopped(self) -> float:
        """The test top-1 at the look with the best validation, as early stopping gives it.

        Best is the lowest loss among the looks with the highest top-1.
        """
        hits, loss = self.top1["validation"], self.loss["validation"]
        look = min(range(len(hits)), key=lambda look: (-hits[look], loss[look]))
        return self.top1["test"][look]


def train_watched(
    split: Split, seed: int, *, steps: int = STEPS, looks: int = LOOKS, dropout: float = 0.0,
    **settings: Any,
) -> Watch:  # fmt: skip
    """Train the course's small network on a split of half-size faces, watched.

    Args:
        seed: of weights, order and augmentation.
        steps, looks: gradient steps of 40 images, and how often to look, evenly spread.
        dropout: share of the embedding's 128 numbers silenced at each step.
        settings: of `fit`; unless given, no remedy is at work.
    """
    torch.manual_seed(seed)
    model = FaceCNN(width=24, embedding=128, people=split.train.people)
    if dropout:
        model.embedding.append(nn.Dropout(dropout))
    watch = Watch(split._asdict())
    epochs = steps * BATCH // len(split.train)
    fit(
        model, split.train, epochs=epochs, batch=BATCH, seed=seed, progress=False,
        validate=watch, validate_every=max(1, epochs // looks), **BARE | settings,
    )  # fmt: skip
    return watch
