"""Lesson 03: one first layer three ways, shifted faces, codebooks."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from facecourse.kit.orl import STILL, to_half
from facelib.compress import ShareReport, save_shared, share
from facelib.data import Augment, FaceSet, corrupt, resize
from facelib.measure import saved_bytes
from facelib.models import FaceCNN, predict, save
from facelib.models.local import LocallyConnected2d
from facelib.training import fit

SIZE = 28, 23  # pixels: a quarter of ORL's in each direction, so that full connection is affordable
CHANNELS, KERNEL, STRIDE = 16, 5, 2
MAP = 12, 10  # places of the 5 x 5 window, two pixels apart
SHIFTS = (0, 1, 2, 3)
VALUES = (2, 4, 8, 16, 32, 64, 128, 256)
FROZEN = (2, 4, 8, 16)  # sizes for which the evidence also trains all but the codebooks
# Best of 0.001, 0.002, 0.004, 0.008 and 0.016, mean of 1 and 3 photographs, on splits 100 to 103
# and photographs that are neither learnt nor tested. FaceCNN has fit's own.
RATES = {"Linear": 0.002, "locally connected": 0.002, "Conv2d": 0.008}


def to_quarter(images: Tensor) -> Tensor:
    """112 x 92 -> 28 x 23."""
    return resize(images, *SIZE)


LAYERS: dict[str, Callable[[], nn.Module]] = {
    # Every output sees every pixel with weights of its own (the articles' "weight allocation").
    "Linear": lambda: nn.Sequential(
        nn.Flatten(),
        nn.Linear(SIZE[0] * SIZE[1], CHANNELS * MAP[0] * MAP[1]),
        nn.Unflatten(1, (CHANNELS, *MAP)),
    ),
    # Every output sees a window, with weights of its own.
    "locally connected": lambda: LocallyConnected2d(1, CHANNELS, SIZE, KERNEL, STRIDE),
    # Every output of a channel sees its window with the *same* weights.
    "Conv2d": lambda: nn.Conv2d(1, CHANNELS, KERNEL, STRIDE),
}
DEEP = ("FaceCNN, places kept", "FaceCNN")


class Standardise(nn.Module):
    """Each image to mean 0 and spread 1, as FaceCNN does it."""

    def forward(self, images: Tensor) -> Tensor:
        spread, mean = torch.std_mean(images, dim=(1, 2, 3), keepdim=True)
        return (images - mean) / (spread + 1e-3)


def build_kind(kind: str, people: int = 40) -> nn.Module:
    """One of `LAYERS` and a classifier that is the same for all three; "FaceCNN"; or "FaceCNN,
    places kept": instead of averaging over the last 3 x 3 places it passes all of them on."""
    if kind.startswith("FaceCNN"):
        model = FaceCNN(width=24, embedding=128, people=people)
        if kind == "FaceCNN, places kept":
            *features, _, flatten = model.features
            model.features = nn.Sequential(*features, flatten)
            model.embedding[0] = nn.Linear(96 * 3 * 3, 128, bias=False)
        return model
    pooled = CHANNELS * (MAP[0] // 2) * (MAP[1] // 2)
    return nn.Sequential(
        Standardise(), LAYERS[kind](), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(pooled, people),
    )  # fmt: skip


def train_kind(
    kind: str, faces: FaceSet, photos: int, seed: int, steps: int, augmented: bool = False
) -> tuple[nn.Module, FaceSet, FaceSet]:
    """A network that learnt from `photos` of each person, those, and five others of each."""
    rank = faces.rank_within_person(seed)
    train, test = faces.take(rank < photos), faces.take(rank >= 5)
    torch.manual_seed(seed)
    model = build_kind(kind, faces.people)
    fit(
        model, train, epochs=max(1, steps * 40 // len(train)), lr=RATES.get(kind, 0.004),
        seed=seed, augment=Augment() if augmented else STILL, progress=False,
    )  # fmt: skip
    return model, train, test


def top1_shifted(model: nn.Module, faces: FaceSet, shift: int = 0) -> float:
    """The share of faces named rightly, moved to the right by `shift` pixels."""
    images = corrupt.shift(faces.images, shift)
    named = predict(model, images, flip=False).cpu()
    return (named == faces.person).double().mean().item()


def train_dense(faces: FaceSet, seed: int, steps: int) -> tuple[nn.Module, FaceSet, FaceSet]:
    """FaceCNN trained on two photographs of each person, those two, and five others of each."""
    return train_kind("FaceCNN", faces.map(to_half), 2, seed, steps, augmented=True)


def fine_tune(
    model: nn.Module, faces: FaceSet, seed: int, steps: int = 100, frozen: bool = False
) -> nn.Module:
    """A copy trained a little longer, at a quarter of the learning rate, without weight decay;
    frozen, only its batch norm and biases learn: codebooks and whole weights stay."""
    model = copy.deepcopy(model)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(not (frozen and name.endswith("weight.original")))
    epochs = max(1, steps * 40 // len(faces))
    fit(model, faces, epochs=epochs, lr=1e-3, weight_decay=0, seed=seed, progress=False)
    return model


def share_to_file(model: nn.Module, values: int) -> tuple[nn.Module, ShareReport, int]:
    """(shared copy, report, bytes of its file)."""
    small, report = share(model, values)
    return small, report, count_file_bytes(small, save_shared)


def count_file_bytes(model: nn.Module, save: Callable[[nn.Module, Path], object] = save) -> int:
    """Bytes of the file that `save` makes of a model."""
    with tempfile.TemporaryDirectory() as folder:
        save(model, Path(folder) / "model")
        return saved_bytes(Path(folder) / "model")
