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
    return Kept(Taught(FreshFaces(compiled=True), teacher), KEPT)


def taught(model: nn.Module, **settings: Any) -> nn.Module:
    """The model after it has learnt these directions."""
    fit_embedding(model, lessons(), MatchEmbedding(), **{"lr": RATE} | settings)
    return model


def by_names(model: nn.Module, **settings: Any) -> nn.Module:
    """The model after the same pictures, with the loss that the shipped embedding learnt by."""
    faces = Kept(FreshFaces(compiled=True), KEPT)
    fit_embedding(model, faces, ContrastiveLoss(), **{"lr": RATE} | settings)
    return model


def student(folder: Path, **settings: Any) -> nn.Module:
    return taught(untrained(), **{"steps": STEPS} | settings)


def rival(folder: Path, **settings: Any) -> nn.Module:
    return by_names(untrained(), **{"steps": STEPS} | settings)


def half(folder: Path, **settings: Any) -> nn.Module:
    smaller, _ = prune(face_embedding(), 0.5, SHAPE, round_to=16)
    return taught(smaller, **{"steps": AGAIN} | settings)


def ragged(folder: Path, **settings: Any) -> nn.Module:
    smaller, _ = prune(face_embedding(), 0.5, SHAPE, round_to=1)
    return taught(smaller, **{"steps": AGAIN} | settings)


def sparse(folder: Path, **settings: Any) -> nn.Module:
    zeros, _ = sparsify(face_embedding(), ZEROS)
    return decode(taught(zeros, **{"steps": AGAIN} | settings))


def narrow(folder: Path) -> nn.Module:
    """The student, pruned and of low rank, not trained again."""
    smaller, _ = prune(load(folder / "student.safetensors"), 0.5, SHAPE, round_to=16)
    return factorize(smaller, {"embedding.1": RANK})[0]


def pruned(folder: Path, **settings: Any) -> nn.Module:
    return taught(narrow(folder), **{"steps": ANEW} | settings)


def scratch(folder: Path, **settings: Any) -> nn.Module:
    model = narrow(folder)
    torch.manual_seed(0)
    for layer in model.modules():
        if hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
    return by_names(model, **{"steps": STEPS + ANEW} | settings)


NETWORKS: dict[str, Callable[..., nn.Module]] = {
    "student": student, "rival": rival, "half": half, "ragged": ragged, "sparse": sparse,
    "pruned": pruned, "scratch": scratch,
}  # fmt: skip


def main(name: str, folder: Path) -> None:
    """Train one of `NETWORKS`, or go on where it was stopped."""
    checkpoint = folder / f"{name}.run"
    made = NETWORKS[name](folder, batch=BATCH, compile=True, checkpoint=checkpoint)
    save(made, folder / f"{name}.safetensors")


if __name__ == "__main__":
    *names, last = sys.argv[1:] or [""]
    if not names or not set(names) <= set(NETWORKS) or not Path(last).is_dir():
        sys.exit(f"usage: python -m facecourse.ladder.students {'|'.join(NETWORKS)} [...] FOLDER")
    for asked in names:
        main(asked, Path(last))
