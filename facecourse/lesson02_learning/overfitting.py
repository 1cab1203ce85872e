"""Lesson 02: over-fitting seen, four remedies against it, and test data that leak.

The network and its 300 steps of 40 images are those of lessons 00 and 01.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from facecourse.kit.orl import BARE
from facecourse.lesson02_learning.tiny import (
    LOSSES,
    Part,
    build_two_layers,
    load_tiny_faces,
    score,
    to_tiny,
    train_full_batch,
)
from facelib.data import Augment, FaceSet, Split, orl
from facelib.models import FaceCNN
from facelib.training import fit

STEPS, BATCH, LOOKS = 300, 40, 15

NUDGE = Augment(shift=0.02, degrees=2, scale=0.02, mirror=False, light=0.1)  # as a next video frame
DROPOUT = 0.5
# The best validation top-1 of 0.05, 0.5, 2, 5 and 10, one photograph a person, splits 100 to 102.
DECAY = 5.0

# What each remedy changes; early stopping changes nothing but which of the looks counts.
REMEDIES: dict[str, dict[str, Any]] = {
    "none": {},
    "weight decay": {"weight_decay": DECAY},
    "dropout": {"dropout": DROPOUT},
    "augmentation": {"augment": Augment()},
    "all together": {"weight_decay": DECAY, "dropout": DROPOUT, "augment": Augment()},
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


def leak_by_copies(seed: int, deal_names: bool = False) -> dict[str, float]:
    """Test top-1 of the two-layer network when each photograph has a nudged copy: split, then
    copied ("honest"), or copied, then split ("leaky": a photograph and its copy may be parted).

    Both ways learn from half of the same 800 images and test on the other half. The seed is of
    copies, split and network. Dealt names are given by chance, so that there is nothing to learn.
    """
    faces, generator = orl(), torch.Generator().manual_seed(seed)
    if deal_names:
        faces = replace(faces, person=faces.person[torch.randperm(400, generator=generator)])
    copies = (NUDGE(faces.images, generator) * 255).byte()
    both = replace(faces, images=torch.cat([faces.images, copies]), person=faces.person.repeat(2))
    sides = {
        "honest": (faces.rank_within_person(seed) < 5).repeat(2),
        "leaky": both.rank_within_person(seed) < 10,
    }
    x = to_tiny(both.images).flatten(1) / 255
    hits = {}
    for name, known in sides.items():
        mean, spread = x[known].mean(0), x[known].std()
        learnt, asked = (Part((x[k] - mean) / spread, both.person[k]) for k in (known, ~known))
        model = build_two_layers(seed)
        train_full_batch(model, learnt, *LOSSES["cross-entropy"])
        hits[name] = score(model, asked)
    return hits


def pick_best_seed(split_seed: int, networks: int = 20) -> dict[str, float]:
    """Train several networks that differ by their seed alone, report one; which one? Test top-1 of
    the one best on validation, "honest", and on the test images, "leaky"."""
    parts = load_tiny_faces(split_seed, images=1)
    results = []
    for seed in range(networks):
        model = build_two_layers(seed)
        train_full_batch(model, parts.train, *LOSSES["cross-entropy"])
        results.append((score(model, parts.validation), score(model, parts.test)))
    honest = max(results, key=lambda result: result[0])[1]
    return {"honest": honest, "leaky": max(test for _, test in results)}
