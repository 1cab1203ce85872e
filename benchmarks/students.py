"""Train the networks of the compression ladder: python -m benchmarks.students student FOLDER

Each writes NAME.safetensors into FOLDER, and on the way NAME.run, from which it goes on if it was
stopped. All of them see people who don't exist, as the shipped embedding did, and no one else.

student   half the width and without two blocks, taught by the shipped embedding
rival     the same network by who is who alone, from pictures that are new at every step
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from facelib.compress import MatchEmbedding, distill
from facelib.models import FaceResNet, face_embedding, save
from facelib.training.batches import FreshFaces
from facelib.training.embedding import fit_embedding
from facelib.training.losses import ContrastiveLoss

STEPS, BATCH, KEPT, RATE = 8000, 512, 500, 6e-3
WIDTH, BLOCKS = 16, (0, 1, 2)


def untrained() -> FaceResNet:
    """The student's architecture: always the same weights."""
    torch.manual_seed(0)
    return FaceResNet(WIDTH, blocks=BLOCKS)


def student(steps: int = STEPS, kept: int = KEPT, **settings: Any) -> nn.Module:
    """Taught by the shipped embedding what direction each face has."""
    return distill(
        untrained(), face_embedding(), FreshFaces(compiled=True), MatchEmbedding(),
        steps=steps, kept=kept, lr=RATE, **settings,
    )[0]  # fmt: skip


def rival(steps: int = STEPS, **settings: Any) -> nn.Module:
    """Taught by who is who, with the loss that the shipped embedding learnt by."""
    model = untrained()
    fit_embedding(
        model, FreshFaces(compiled=True), ContrastiveLoss(), steps=steps, lr=RATE, **settings
    )
    return model


NETWORKS: dict[str, Callable[..., nn.Module]] = {"student": student, "rival": rival}


def main(name: str, folder: Path) -> None:
    """Train one of `NETWORKS`, or go on where it was stopped."""
    made = NETWORKS[name](batch=BATCH, compile=True, checkpoint=folder / f"{name}.run")
    save(made, folder / f"{name}.safetensors")


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in NETWORKS or not Path(sys.argv[2]).is_dir():
        sys.exit(f"usage: python -m benchmarks.students {'|'.join(NETWORKS)} FOLDER")
    main(sys.argv[1], Path(sys.argv[2]))
