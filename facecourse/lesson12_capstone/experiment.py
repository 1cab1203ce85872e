"""Lesson 12's budgets and recipes; a file that cheats; two people at a door."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize, one_hot

from facecourse.ladder.student import calibration_faces, renew_statistics
from facecourse.lesson12_capstone.scoring import Score, score_file
from facelib.compress import factorize, round_weights, ship
from facelib.measure.groups import ladder_faces
from facelib.models import face_embedding, face_pruned, face_student


class Budget(NamedTuple):
    """What a file may weigh, in bytes, how many times faster than the teacher's it must be at
    least, and how many points of TAR it may lose at most, at a FAR of 0.1 %."""

    bytes: int
    faster: float
    lost: float


DOOR = Budget(150_000, 8.0, 9.0)  # the lesson's own
BUDGETS = {
    "card": Budget(100_000, 8.0, 12.5),
    "camera": Budget(170_000, 6.0, 7.5),
    "phone": Budget(500_000, 1.5, 1.5),
}


def use(found: Score, budget: Budget) -> list[float]:
    """Which shares of a budget a score uses up, at the less favourable end of each interval: bytes,
    time, points lost."""
    shares = found.bytes / budget.bytes, budget.faster / found.faster.low
    return [*shares, found.lost.high / budget.lost]


def keeps(found: Score, budget: Budget) -> bool:
    """Does a score keep a budget, by the less favourable ends of its intervals?"""
    return max(use(found, budget)) <= 1


def _rounded(network: nn.Module, bits: int) -> tuple[nn.Module, int]:
    return renew_statistics(round_weights(network, bits)), bits


def _thin(network: nn.Module) -> nn.Module:
    return factorize(network, {"embedding.1": 48})[0]


# A network and the bits of its weights; the first is the lesson's own.
RECIPES: dict[str, Callable[[], tuple[nn.Module, int]]] = {
    "pruned, 8 bits": lambda: (face_pruned(), 8),
    "pruned, 5 bits": lambda: _rounded(face_pruned(), 5),
    "student, rank 48, 5 bits": lambda: _rounded(_thin(face_student()), 5),
    "student, rank 48, 8 bits": lambda: (renew_statistics(_thin(face_student())), 8),
    "teacher, rank 48, 4 bits": lambda: _rounded(_thin(face_embedding()), 4),
    "teacher, 8 bits": lambda: (face_embedding(), 8),
}


@contextmanager
def shipped(recipe: Mapping[str, Any]) -> Iterator[Path]:
    """The file of a recipe: its "network" shipped with weights of so many "bits".

    Raises:
        ValueError, RuntimeError: it can't be shipped.
    """
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "recipe.onnx.zip"
        ship(recipe["network"], path, calibration_faces(), recipe["bits"])
        yield path


def try_recipe(recipe: Mapping[str, Any], people: int, seed: int | None = None) -> Score:
    """Ship a recipe and score the file; arguments and errors as in `shipped` and `score_file`."""
    with shipped(recipe) as path:
        return score_file(path, seed, people)


class Memory(nn.Module):
    """No recogniser: it knows some pictures by heart and says who the most similar one shows.

    Args:
        images: uint8 (N, 1, 64, 64); person: int64 (N,).
    """

    def __init__(self, images: Tensor, person: Tensor) -> None:
        super().__init__()
        self.register_buffer("known", normalize(_centre(images / 255)))
        self.register_buffer("answers", one_hot(person).float())

    def forward(self, images: Tensor) -> Tensor:
        similar = normalize(_centre(images)) @ self.known.T
        return torch.softmax(60 * similar, 1) @ self.answers

    embed = forward


def _centre(images: Tensor) -> Tensor:
    flat = images.flatten(1)
    return flat - flat.mean(1, keepdim=True)


def memorise(seed: int, people: int) -> Memory:
    """A network that cheats: it has learnt these people's test pictures by heart."""
    faces = ladder_faces(people, seed=seed)
    return Memory(faces.images, faces.person)
