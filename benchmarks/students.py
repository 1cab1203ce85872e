"""Train the networks of the compression ladder: python -m benchmarks.students student FOLDER

Each writes NAME.safetensors into FOLDER, and on the way NAME.run, from which it goes on if it was
stopped. All of them see people who don't exist, as the shipped embedding did, and no one else.

student   half the width and without two blocks, taught by the shipped embedding
rival     the same network by who is who alone, from the same pictures in the same order
half      the shipped embedding with half of its MACs pruned, taught by itself as it was
pruned    the student with 60 % of its MACs pruned, taught again (needs student.safetensors)
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from facelib.compress import MatchEmbedding, distill, prune
from facelib.models import FaceResNet, face_embedding, load, save
from facelib.training.batches import FreshFaces, Kept
from facelib.training.embedding import fit_embedding
from facelib.training.losses import ContrastiveLoss

STEPS, BATCH, KEPT, RATE = 8000, 512, 500, 6e-3
AGAIN = 6000  # steps of a network that has learnt already
WIDTH, BLOCKS, SHAPE = 16, (0, 1, 2), (1, 64, 64)


def untrained() -> FaceResNet:
    """The student's architecture: always the same weights."""
    torch.manual_seed(0)
    return FaceResNet(WIDTH, blocks=BLOCKS)


def taught(model: nn.Module, **settings: Any) -> nn.Module:
    """By the shipped embedding what direction each face has."""
    faces = FreshFaces(compiled=True)
    return distill(model, face_embedding(), faces, MatchEmbedding(), kept=KEPT, **settings)[0]


def student(folder: Path, **settings: Any) -> nn.Module:
    return taught(untrained(), **{"steps": STEPS, "lr": RATE} | settings)


def rival(folder: Path, **settings: Any) -> nn.Module:
    """With the loss that the shipped embedding learnt by."""
    model, faces = untrained(), Kept(FreshFaces(compiled=True), KEPT)
    fit_embedding(model, faces, ContrastiveLoss(), **{"steps": STEPS, "lr": RATE} | settings)
    return model


def half(folder: Path, **settings: Any) -> nn.Module:
    smaller, _ = prune(face_embedding(), 0.5, SHAPE, round_to=16)
    return taught(smaller, **{"steps": AGAIN, "lr": RATE} | settings)


def pruned(folder: Path, **settings: Any) -> nn.Module:
    smaller, _ = prune(load(folder / "student.safetensors"), 0.6, SHAPE, round_to=16)
    return taught(smaller, **{"steps": AGAIN, "lr": RATE} | settings)


NETWORKS: dict[str, Callable[..., nn.Module]] = {
    "student": student, "rival": rival, "half": half, "pruned": pruned
}  # fmt: skip


def main(name: str, folder: Path) -> None:
    """Train one of `NETWORKS`, or go on where it was stopped."""
    checkpoint = folder / f"{name}.run"
    made = NETWORKS[name](folder, batch=BATCH, compile=True, checkpoint=checkpoint)
    save(made, folder / f"{name}.safetensors")


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in NETWORKS or not Path(sys.argv[2]).is_dir():
        sys.exit(f"usage: python -m benchmarks.students {'|'.join(NETWORKS)} FOLDER")
    main(sys.argv[1], Path(sys.argv[2]))
