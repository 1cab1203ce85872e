"""Lesson 02: over-fitting seen, remedies against it, and copies that leak into the test.

The network and its 300 steps of 40 images are those of lessons 00 and 01.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from facecourse.kit.faces import load_faces
from facecourse.kit.orl import BARE, to_tiny
from facecourse.lesson02_learning.experiment import (
    LOSSES,
    Part,
    build_two_layers,
    score,
    train_full_batch,
)
from facelib.data import Augment, FaceSet, Split
from facelib.models import FaceCNN
from facelib.training import fit

STEPS, BATCH, LOOKS = 300, 40, 15

DROPOUT = 0.5
# The best validation top-1 of 0.05, 0.5, 2, 5 and 10, one photograph a person, splits 100 to 102.
DECAY = 5.0
# What each remedy changes; early stopping changes nothing but which of the looks counts.
REMEDIES: dict[str, dict[str, Any]] = {
    "none": {},
    "augmentation": {"augment": Augment()},
    "weight decay": {"weight_decay": DECAY},
    "dropout": {"dropout": DROPOUT},
}


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

    def stopped(self, part: str) -> float:
        """The top-1 of `part` at the look with the best validation, as early stopping gives it.

        Best is the lowest loss among the looks with the highest top-1.
        """
        hits, loss = self.top1["validation"], self.loss["validation"]
        look = min(range(len(hits)), key=lambda look: (-hits[look], loss[look]))
        return self.top1[part][look]


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


NUDGE = Augment(shift=0.02, degrees=2, scale=0.02, mirror=False, light=0.1)  # as a next video frame


def copy_faces(seed: int, deal_names: bool = False) -> tuple[FaceSet, Tensor]:
    """ORL and a nudged copy of each photograph behind it, 800 pictures of 14 x 12 pixels.

    Args:
        seed: of the copies.
        deal_names: give the names by chance, so that there is nothing to learn.
    """
    faces, generator = load_faces(), torch.Generator().manual_seed(seed)
    if deal_names:
        faces = replace(faces, person=faces.person[torch.randperm(400, generator=generator)])
    copies = (NUDGE(faces.images, generator) * 255).byte()
    both = torch.cat([faces.images, copies])
    return replace(faces, images=to_tiny(both), person=faces.person.repeat(2))


def learn_half(faces: FaceSet, known: Tensor, seed: int) -> float:
    """Two layers learn the pictures that are `known`, (N,) of bool; top-1 on all others."""
    x = faces.images.flatten(1) / 255
    mean, spread = x[known].mean(0), x[known].std()
    learnt, asked = (Part((x[k] - mean) / spread, faces.person[k]) for k in (known, ~known))
    model = build_two_layers(seed)
    train_full_batch(model, learnt, *LOSSES["cross-entropy"])
    return score(model, asked)


def leak_by_copies(seed: int, deal_names: bool = False) -> dict[str, float]:
    """Top-1 on 400 of 800 pictures, 400 others learnt: split, then copied ("honest"), or copied,
    then split ("leaky": a photograph and its copy may be parted)."""
    faces = copy_faces(seed, deal_names)
    sides = {
        "honest": (faces.take(torch.arange(400)).rank_within_person(seed) < 5).repeat(2),
        "leaky": faces.rank_within_person(seed) < 10,
    }
    return {name: learn_half(faces, known, seed) for name, known in sides.items()}
