"""Around transfer, for lesson 04: shifted tests, modes, wrong tasks, descriptions, aims."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.nn.functional import affine_grid, grid_sample, normalize

from facelib.data import Augment, FaceSet, all_pairs, resize
from facelib.data.synth import Factors, identities, nuisances, render, synth
from facelib.lessons.transfer import SIDE, codes, nearest, small
from facelib.measure import Verification, identify, similarity
from facelib.measure.protocol import open_people, unseen_people
from facelib.models import FaceCNN
from facelib.training import fit

ATTRIBUTES = ("glasses", "beard", "moustache", "skin", "hair", "hair_cover", "hair_length", "age")


def blurred(images: Tensor) -> Tensor:
    """As if taken at 16 x 16 pixels."""
    return resize(resize(images, 16, 16), SIDE, SIDE)


def darker(images: Tensor) -> Tensor:
    """A third of the light."""
    return (images.float() / 3).to(images.dtype)


def turned(images: Tensor, degrees: float = 25.0) -> Tensor:
    """Turned about the middle; edges are repeated."""
    angle = torch.tensor(degrees).deg2rad()
    cos, sin = angle.cos(), angle.sin()
    matrix = torch.stack([cos, -sin, 0 * cos, sin, cos, 0 * cos]).view(1, 2, 3)
    grid = affine_grid(matrix.expand(len(images), 2, 3), list(images.shape), align_corners=False)
    found = grid_sample(images.float(), grid, padding_mode="border", align_corners=False)
    return found.round().to(images.dtype)


SHIFTS: dict[str, Callable[[Tensor], Tensor]] = {
    "as they are": lambda images: images,
    "blurred": blurred,
    "darker": darker,
    "turned": turned,
}


@torch.no_grad()
def left_in_training_mode(base: nn.Module, images: Tensor, batch: int, batches: int = 25) -> None:
    """Show a network images as a training loop does, without changing a single weight."""
    base.train()
    for index in range(batches):
        start = index * batch % (len(images) - batch + 1)
        base.embed(images[start : start + batch].float() / 255)
    base.eval()


@torch.no_grad()
def codes_in_training_mode(base: nn.Module, images: Tensor, batch: int) -> Tensor:
    """Embeddings of unit length by somebody who forgot `eval()`; `base` stays as it is."""
    base = copy.deepcopy(base).train()
    parts = images.float().div(255).split(batch)
    return normalize(torch.cat([base.embed(part) for part in parts]))


def forgotten_mode(base: nn.Module, train: FaceSet, test: FaceSet) -> dict[str, float]:
    """Nearest neighbour in both modes; in training mode a face is judged by its batch.

    Args:
        base: reads 64 x 64 pixels.
        train: one photograph a person, embedded five people at a time.
        test: five photographs a person, in order of person, embedded five at a time.
    """
    mixed = test.take(torch.randperm(len(test), generator=torch.Generator().manual_seed(0)))
    hits = {"evaluation mode": nearest(base, train, test)}
    known = codes_in_training_mode(base, train.images, 5)
    for name, asked in (("mixed people", mixed), ("one person a batch", test)):
        named = identify(codes_in_training_mode(base, asked.images, 5), known, train.person)
        hits[f"training mode, {name}"] = (named == asked.person).double().mean().item()
    left = copy.deepcopy(base)
    left_in_training_mode(left, train.images, batch=4)
    return hits | {"evaluation mode, after 25 batches in training mode": nearest(left, train, test)}


def labelled(task: str, people: int = 200, images: int = 8) -> FaceSet:
    """The same synthetic faces under three kinds of names.

    Args:
        task: "who": the person; "how": one of 25 ranges of pose and light; "chance": dealt.
    """
    pictures, photos = _drawn(people, images)
    person = torch.arange(people).repeat_interleave(images)
    if task == "how":
        yaw, light = ((photos[name] / half + 1) * 2.5 for name, half in
                      (("yaw", 32.01), ("azimuth", 60.01)))  # fmt: skip
        person = 5 * yaw.long().clamp(0, 4) + light.long().clamp(0, 4)
    elif task == "chance":
        person = person[torch.randperm(len(person), generator=torch.Generator().manual_seed(0))]
    return FaceSet(pictures, person, tuple(map(str, range(int(person.max()) + 1))))


@lru_cache(1)
def _drawn(people: int, images: int) -> tuple[Tensor, Factors]:
    photos = nuisances(people * images, seed=1)
    return render(identities(people, seed=0).repeat(images), photos), photos


def source_of(task: str, steps: int = 300) -> FaceCNN:
    """A small network trained on `labelled(task)`."""
    faces = labelled(task)
    torch.manual_seed(0)
    model = FaceCNN(width=24, embedding=128, people=faces.people)
    epochs = max(1, steps * 40 // len(faces))
    fit(model, faces, epochs=epochs, augment=replace(Augment(), mirror=False), progress=False)
    return model


def described(people: Factors) -> Tensor:
    """What a witness could say of each person: (N, 8), each attribute from 0 to 1."""
    return torch.stack([people[name] for name in ATTRIBUTES], 1)


def photographed(people: Factors, images: int, seed: int) -> Tensor:
    """uint8 (N * images, 1, 64, 64), the people as they usually are seen."""
    return render(people.repeat(images), nuisances(len(people) * images, seed))


class Reader:
    """A linear layer from embeddings to attributes, by ridge regression.

    Args:
        embeddings: (N, D); attributes: (N, A), of the same pictures.
    """

    def __init__(self, embeddings: Tensor, attributes: Tensor, ridge: float = 1e-2) -> None:
        self.mean, self.middle = embeddings.mean(0), attributes.mean(0)
        x, y = embeddings - self.mean, attributes - self.middle
        square = x.T @ x / len(x)
        scale = ridge * square.diagonal().mean() * torch.eye(x.shape[1])
        self.weight = torch.linalg.solve(square + scale, x.T @ y / len(x))

    def __call__(self, embeddings: Tensor) -> Tensor:
        return (embeddings - self.mean) @ self.weight + self.middle


def pairs(base: nn.Module, faces: FaceSet) -> Verification:
    """All pairs of some faces, scored by the cosine of their embeddings."""
    left, right, same = all_pairs(faces.person)
    embeddings = codes(base, small(faces.images))
    return Verification(similarity(embeddings, embeddings)[left, right], same)


def lowest_loss(found: Verification) -> float:
    """The threshold with the lowest mean of false accepts and false rejects."""
    curve = found.roc()
    return float(curve.threshold[int((curve.far + 1 - curve.tar).argmin())])


def aims(base: nn.Module) -> dict[str, tuple[float, float, float]]:
    """Two functions that accept or reject pairs, by where their threshold was chosen.

    Returns:
        By name: the threshold, the share of target pairs on which it decides as f_src does, and
        its loss on the target, the mean of false accepts and false rejects (s21 to s40).
    """
    target, chosen = pairs(base, unseen_people()), {
        "f_src: lowest loss on synthetic people": pairs(base, synth(20, 10, seed=2)),
        "f_tar: lowest loss on real people (s1 to s20)": pairs(base, open_people()),
    }  # fmt: skip
    thresholds = {name: lowest_loss(found) for name, found in chosen.items()}
    source = next(iter(thresholds.values()))
    return {
        name: (
            value,
            float(((target.scores >= value) == (target.scores >= source)).double().mean()),
            (target.far_at(value) + target.frr_at(value)) / 2,
        )
        for name, value in thresholds.items()
    }
