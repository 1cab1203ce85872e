"""The four networks that ship, as the door meets them: faces cut by `align` in, embeddings out."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Protocol

import numpy as np
import torch

from facelib.data import resize, to_grey
from facelib.door.recogniser import Recogniser
from facelib.models import embed, io
from facelib.models.pretrained import COMPACT, PRUNED, STUDENT, WEIGHTS

NETWORKS = {  # face_embedding, face_student, face_pruned, face_compact
    "teacher": WEIGHTS,
    "student": STUDENT,
    "pruned": PRUNED,
    "compact": COMPACT,
}
SIDE = 64  # px of the grey faces that they see


class Embedder(Protocol):
    """What a `Recogniser` is too.

    Attributes: name, of its file; sha256, which tells networks apart.
    """

    name: str
    sha256: str

    def embed(self, crops: np.ndarray) -> np.ndarray:
        """Faces uint8 (N, S, S, 3) -> float32 (N, D) of length 1."""


class TorchRecogniser:
    """A network of PyTorch in the place of a `Recogniser`.

    Args:
        path: a file that `facelib.models.io` wrote, of a network that sees grey faces, 64 x 64.

    Raises:
        FileNotFoundError, ValueError: the file is missing or damaged.
    """

    def __init__(self, path: Path) -> None:
        self._network = io.load(path)
        self.name, self.sha256 = path.name, hashlib.sha256(path.read_bytes()).hexdigest()

    def embed(self, crops: np.ndarray) -> np.ndarray:
        """Embeddings of unit length, float32 (N, D), of faces uint8 RGB (N, S, S, 3)."""
        images = torch.tensor(crops).permute(0, 3, 1, 2)
        return embed(self._network, resize(to_grey(images), SIDE, SIDE)).numpy()


def load_networks() -> dict[str, Embedder]:
    """All of `NETWORKS`, largest first.

    Raises:
        FileNotFoundError, ValueError: a file is missing or damaged.
    """
    return {
        name: Recogniser(path) if path == COMPACT else TorchRecogniser(path)
        for name, path in NETWORKS.items()
    }
