"""Lesson 07: what is taken out of a network, what it costs, what comes back.

Two networks are pruned. *The student* of lesson 06 embeds faces; it is judged by the points of TAR
it has lost of its teacher's, and trained on by what the teacher says about people who don't exist.
*A classifier* is lesson 01's FaceCNN, for what articles say about accuracy.
"""

from __future__ import annotations

import copy

import torch
from torch import nn

from facecourse.kit import orl
from facecourse.kit.seeds import build_seeded
from facecourse.ladder.student import PEOPLE, STEPS, renew_weights, tar_drop, train_further
from facelib.compress import decode, drop, sparsify
from facelib.compress.layers import find_layers
from facelib.data import FaceSet
from facelib.measure import Interval
from facelib.models import FaceCNN, face_student
from facelib.models.faceresnet import SHAPE
from facelib.training import fit

SHARES = (0.5, 0.7, 0.8, 0.9, 0.95)
ROUNDS = 4  # of pruning a little and training on


def prune_in_rounds(model: nn.Module, share: float, seed: int = 0, steps: int = STEPS) -> nn.Module:
    """Pruned to `share` in rounds that each take as much of what is left; as many steps in all."""
    for number in range(1, ROUNDS + 1):
        model, _ = sparsify(model, 1 - (1 - share) ** (number / ROUNDS))
        model = train_further(model, seed + number, steps // ROUNDS)
    return model


def train_from_scratch(like: nn.Module, seed: int = 0, steps: int = STEPS) -> nn.Module:
    """The same narrow architecture with new weights, taught as long: the rival of every pruning."""
    return train_further(renew_weights(like, seed), seed, steps)


def list_blocks(model: nn.Module) -> list[str]:
    """Names of the residual blocks, which can go whole."""
    return [name for name, part in model.named_modules() if type(part).__name__ == "Residual"]


def remove_block(block: str) -> nn.Module:
    """The student less one block, not trained on."""
    return drop(face_student(), [block], SHAPE)[0]


def measure_sensitivity(share: float, people: int = PEOPLE) -> dict[str, Interval]:
    """Points lost where this share of one layer's weights goes, by layer, not trained on."""
    student = face_student()
    return {
        name: tar_drop(sparsify(student, share, [name])[0], people) for name in find_layers(student)
    }


def train_classifier(
    train: FaceSet, seed: int, epochs: int, model: FaceCNN | None = None
) -> FaceCNN:
    """A FaceCNN that has learnt names, from nothing or from where `model` stands."""
    model = copy.deepcopy(model)
    if model is None:
        model = build_seeded(seed, lambda: FaceCNN(24, 128, train.people))
    fit(model, train, epochs=epochs, batch=orl.BATCH, seed=seed, progress=False)
    return model


def prune_classifier(
    model: FaceCNN, share: float, train: FaceSet, seed: int, epochs: int
) -> FaceCNN:
    """Some weights less, then trained on as long as its rival, which has kept all of its own."""
    sparse, _ = sparsify(model, share)
    return decode(train_classifier(train, seed, epochs, sparse))


def replace_by_labels(faces: FaceSet) -> FaceSet:
    """An article's slip: in place of each image its label, as five bars, white where a bit is 1."""
    bits = (faces.person[:, None] + 1 >> torch.arange(5)) & 1
    rows = bits.repeat_interleave(13, dim=1)[:, : SHAPE[1]].to(torch.uint8) * 255
    return faces.map(lambda images: rows[:, None, :, None].expand_as(images).contiguous())
