"""Train the networks of the compression ladder: python -m facecourse.ladder.students student FOLDER

Each name writes NAME.safetensors into FOLDER, and on the way NAME.run, from which it goes on if it
was stopped. All of them see people who don't exist, as the shipped embedding did, and no one else.

student   half the width and without two blocks, taught by the shipped embedding
rival     the same network by who is who alone, from the same pictures in the same order
half      the shipped embedding with half of its MACs pruned, taught by itself as it was
ragged    the same, with widths that are no multiples of 16: torch-pruning as it comes
sparse    the shipped embedding with 90 % of its weights at 0, taught by itself as it was
pruned    the student with half of its MACs pruned and a linear layer of rank 48, taught again
          (needs student.safetensors)
scratch   the same network as pruned with new weights, by who is who alone, in as many steps as
          student and pruned took together
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import nn

from facecourse.ladder.student import renew_weights
from facelib.compress import MatchEmbedding, decode, factorize, prune, sparsify
from facelib.compress.distill import Taught
from facelib.models import FaceResNet, face_embedding, load, save
from facelib.models.faceresnet import SHAPE
from facelib.training.batches import FreshFaces, Kept
from facelib.training.embedding import fit_embedding
from facelib.training.losses import ContrastiveLoss

STEPS, BATCH, KEPT, RATE = 8000, 512, 500, 6e-3
AGAIN, ANEW = 500, 12000  # steps of a network that has lost a little, and of one that has lost most
WIDTH, BLOCKS = 16, (0, 1, 2)
RANK, ZEROS = 48, 0.9  # the shipped embedding's 128 numbers span 48 dimensions, and hardly a 49th


def untrained() -> FaceResNet:
    """The student's architecture: always the same weights."""
    torch.manual_seed(0)
    return FaceResNet(WIDTH, blocks=BLOCKS)


@cache
def lessons() -> Kept:
    """Pictures, and the direction that the shipped embedding says each face has."""
    teacher = face_embedding().requires_grad_(False)
    return Kept(Taught(FreshFaces(), teacher), KEPT)


def teach(model: nn.Module, **settings: Any) -> None:
    """Train a model to say these directions."""
    fit_embedding(model, lessons(), MatchEmbedding(), lr=RATE, **settings)


def teach_names(model: nn.Module, **settings: Any) -> None:
    """Train a model on the same pictures, by the loss that the shipped embedding learnt by."""
    faces = Kept(FreshFaces(), KEPT)
    fit_embedding(model, faces, ContrastiveLoss(), lr=RATE, **settings)


def narrow(folder: Path) -> nn.Module:
    """The student, pruned and of low rank, not trained again."""
    smaller, _ = prune(load(folder / "student.safetensors"), 0.5, SHAPE, round_to=16)
    return factorize(smaller, {"embedding.1": RANK})[0]


def halve(round_to: int) -> nn.Module:
    """The shipped embedding with half of its MACs, not trained again."""
    return prune(face_embedding(), 0.5, SHAPE, round_to=round_to)[0]


# What each starts from, how it learns, and for how many steps.
NETWORKS: dict[str, tuple[Callable[[Path], nn.Module], Callable[..., None], int]] = {
    "student": (lambda folder: untrained(), teach, STEPS),
    "rival": (lambda folder: untrained(), teach_names, STEPS),
    "half": (lambda folder: halve(16), teach, AGAIN),
    "ragged": (lambda folder: halve(1), teach, AGAIN),
    "sparse": (lambda folder: sparsify(face_embedding(), ZEROS)[0], teach, AGAIN),
    "pruned": (narrow, teach, ANEW),
    "scratch": (lambda folder: renew_weights(narrow(folder)), teach_names, STEPS + ANEW),
}


def train(name: str, folder: Path, **settings: Any) -> nn.Module:
    """One of `NETWORKS`; settings as `fit_embedding` takes them."""
    start, learn, steps = NETWORKS[name]
    model = start(folder)
    learn(model, **{"steps": steps} | settings)
    return decode(model)


def main(name: str, folder: Path) -> None:
    """Train one of `NETWORKS` into `folder`, or go on where it was stopped."""
    made = train(name, folder, batch=BATCH, compile=True, checkpoint=folder / f"{name}.run")
    save(made, folder / f"{name}.safetensors")


if __name__ == "__main__":
    *names, last = sys.argv[1:] or [""]
    if not names or not set(names) <= set(NETWORKS) or not Path(last).is_dir():
        sys.exit(f"usage: python -m facecourse.ladder.students {'|'.join(NETWORKS)} [...] FOLDER")
    for asked in names:
        main(asked, Path(last))
