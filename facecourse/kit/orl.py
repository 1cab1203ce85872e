"""ORL's people as several lessons use them: split, read by a network, and counted.

Pictures are grey, uint8 (N, 1, H, W); `to_64` makes them 64 x 64, `to_half` 56 x 46.
"""

from collections.abc import Callable
from statistics import fmean
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from facecourse.kit.protocol import open_people, unseen_people
from facelib.data import Augment, FaceSet, resize, to_square
from facelib.models import FaceCNN, embed, predict
from facelib.training import fit

SIDE, BATCH = 64, 20
HEIGHT, WIDTH = 14, 12  # of the tiny pictures


def to_64(images: Tensor) -> Tensor:
    """Any size -> 64 x 64, with nothing stretched."""
    return resize(to_square(images), SIDE, SIDE)


def split_photos(
    photos: int, seed: int, chosen_on: bool = False, to_size: Callable[[Tensor], Tensor] = to_64
) -> tuple[FaceSet, FaceSet]:
    """(`photos` photographs of each of 20 people, five others of each).

    Args:
        chosen_on: of s1 to s20, by whom every setting was chosen; else of s21 to s40.
        to_size: makes them as large as they are read, 64 x 64 unless given.
    """
    faces = (open_people() if chosen_on else unseen_people()).map(to_size)
    rank = faces.rank_within_person(seed)
    return faces.take(rank < photos), faces.take(rank >= 5)


def split_at_32(photos: int, seed: int) -> list[FaceSet]:
    """As `split_photos`, 32 x 32."""
    return [part.map(lambda images: resize(images, 32, 32)) for part in split_photos(photos, seed)]


def top1(model: nn.Module, test: FaceSet) -> float:
    """The share of faces that the new layer names rightly."""
    return fmean(top1_per_person(model, test))


def top1_per_person(model: nn.Module, test: FaceSet) -> list[float]:
    """Of each person, the share that the last layer names rightly."""
    return share_by_person(name_faces(model, test), test)


def name_faces(model: nn.Module, test: FaceSet) -> Tensor:
    """Whom the new layer takes each face for, int64 (N,)."""
    return predict(model, test.images, flip=False).cpu()


def share_by_person(names: Tensor, test: FaceSet) -> list[float]:
    """The share of each person's faces that is named rightly."""
    right = torch.bincount(test.person, (names == test.person).double(), test.people)
    return (right / test.counts).tolist()


def embed_or_flatten(model: nn.Module | None, images: Tensor) -> Tensor:
    """Embeddings (N, D) of unit length; without a model, centred pixels."""
    if model is not None:
        return embed(model, images, flip=False).cpu()
    pixels = images.flatten(1).float()
    return normalize(pixels - pixels.mean(1, keepdim=True))


def to_half(images: Tensor) -> Tensor:
    """112 x 92 -> 56 x 46, the size the course's small networks look at."""
    return resize(images, 56, 46)


def to_tiny(images: Tensor) -> Tensor:
    """Any size -> 14 x 12 pixels."""
    return resize(images, HEIGHT, WIDTH)


STILL = Augment(shift=0, degrees=0, scale=0, mirror=False, light=0)  # faces as they are
BARE: dict[str, Any] = {"augment": STILL, "weight_decay": 0.0, "label_smoothing": 0.0}

STEPS = 300  # of 40 images each, whatever the number of training images


def train_cnn(faces: FaceSet, seed: int, **settings: Any) -> FaceCNN:
    """The recipe of lessons 00 and 01; `settings` of `fit` take the place of the recipe's."""
    torch.manual_seed(seed)
    model = FaceCNN(width=24, embedding=128, people=faces.people)
    epochs = STEPS * 40 // len(faces)
    fit(model, faces.map(to_half), epochs=epochs, seed=seed, progress=False, **settings)
    return model
