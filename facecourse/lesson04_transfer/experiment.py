"""Lesson 04: shifted tests, modes, wrong tasks, descriptions, aims."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from facecourse.kit.orl import embed_or_flatten, nearest_top1, to_64, top1
from facecourse.kit.protocol import RESAMPLES, open_people, unseen_people
from facelib.data import Augment, FaceSet, all_pairs, corrupt
from facelib.measure import Interval, Verification, bootstrap_pairs, identify, similarity
from facelib.measure.verification import Rates
from facelib.models import FaceCNN
from facelib.synth import NUISANCE, Factors, identities, nuisances, render, synth
from facelib.training import fit

ATTRIBUTES = ("glasses", "beard", "moustache", "skin", "hair", "hair_cover", "hair_length", "age")
SHIFTS: dict[str, Callable[[Tensor], Tensor]] = {
    "as they are": lambda images: images,
    "blurred": partial(corrupt.pixelate, across=16),
    "darker": partial(corrupt.darken, share=1 / 3, whole=torch.floor),
    "turned": partial(corrupt.rotate, degrees=25.0),
}


@torch.no_grad()
def run_in_training_mode(base: nn.Module, images: Tensor, batch: int, batches: int = 25) -> None:
    """Show a network images as a training loop does, without changing a single weight."""
    base.train()
    for index in range(batches):
        start = index * batch % (len(images) - batch + 1)
        base.embed(images[start : start + batch].float() / 255)
    base.eval()


@torch.no_grad()
def embed_in_training_mode(base: nn.Module, images: Tensor, batch: int) -> Tensor:
    """Embeddings of unit length by somebody who forgot `eval()`; `base` stays as it is."""
    base = copy.deepcopy(base).train()
    parts = images.float().div(255).split(batch)
    return normalize(torch.cat([base.embed(part) for part in parts]))


def forget_mode(base: nn.Module, train: FaceSet, test: FaceSet) -> dict[str, float]:
    """Nearest neighbour in both modes; in training mode a face is judged by its batch of five.

    Args:
        base: reads 64 x 64 pixels.
        train, test: one photograph a person; five a person, in order of person.
    """
    mixed = test.take(torch.randperm(len(test), generator=torch.Generator().manual_seed(0)))
    hits = {"evaluation mode": nearest_top1(base, train, test)}
    known = embed_in_training_mode(base, train.images, 5)
    for name, asked in (("mixed people", mixed), ("one person a batch", test)):
        named = identify(embed_in_training_mode(base, asked.images, 5), known, train.person)
        hits[f"training mode, {name}"] = (named == asked.person).double().mean().item()
    left = copy.deepcopy(base)
    run_in_training_mode(left, train.images, batch=4)
    after = "evaluation mode, after 25 batches in training mode"
    return hits | {after: nearest_top1(left, train, test)}


def render_labelled(task: str, people: int = 200, images: int = 8) -> FaceSet:
    """The same synthetic faces under three kinds of names: by task "who", the person; "how", one of
    25 ranges of pose and light; "chance", dealt."""
    pictures, photos = _drawn(people, images)
    person = torch.arange(people).repeat_interleave(images)
    if task == "how":
        limits = {name: NUISANCE[name].usual[1] for name in ("yaw", "azimuth")}
        yaw, light = ((photos[name] / most + 1) * 2.5 for name, most in limits.items())
        person = 5 * yaw.long().clamp(0, 4) + light.long().clamp(0, 4)
    elif task == "chance":
        person = person[torch.randperm(len(person), generator=torch.Generator().manual_seed(0))]
    return FaceSet(pictures, person, tuple(map(str, range(int(person.max()) + 1))))


@lru_cache(1)
def _drawn(people: int, images: int) -> tuple[Tensor, Factors]:
    photos = nuisances(people * images, seed=1)
    return render(identities(people, seed=0).repeat(images), photos), photos


def train_source(task: str, steps: int, seed: int) -> tuple[FaceCNN, float]:
    """A small network trained on `labelled(task)`, and the share of it that it has learnt."""
    faces = render_labelled(task)
    torch.manual_seed(seed)
    model = FaceCNN(width=24, embedding=128, people=faces.people)
    epochs, augment = max(1, steps * 40 // len(faces)), replace(Augment(), mirror=False)
    fit(model, faces, epochs=epochs, augment=augment, seed=seed, progress=False)
    return model, top1(model, faces)


def describe_people(people: Factors) -> Tensor:
    """What a witness could say of each person: (N, 8), each attribute from 0 to 1."""
    return torch.stack([people[name] for name in ATTRIBUTES], 1)


def render_people(people: Factors, images: int, seed: int) -> Tensor:
    """uint8 (N * images, 1, 64, 64), the people as they usually are seen."""
    return render(people.repeat(images), nuisances(len(people) * images, seed))


class AttributeReader:
    """A linear layer from embeddings (N, D) to attributes (N, A) by ridge regression."""

    def __init__(self, embeddings: Tensor, attributes: Tensor, ridge: float = 1e-2) -> None:
        self.mean, self.middle = embeddings.mean(0), attributes.mean(0)
        x, y = embeddings - self.mean, attributes - self.middle
        square = x.T @ x / len(x)
        scale = ridge * square.diagonal().mean() * torch.eye(x.shape[1])
        self.weight = torch.linalg.solve(square + scale, x.T @ y / len(x))

    def __call__(self, embeddings: Tensor) -> Tensor:
        return (embeddings - self.mean) @ self.weight + self.middle


def choose_aims(
    base: nn.Module, shift: Callable[[Tensor], Tensor], people: int
) -> tuple[dict[str, tuple[float, float, float]], Interval]:
    """Two functions that differ in where their threshold was chosen, and the target's loss of each.

    The target is pairs of real people with one face as it is and the other shifted. f_src is
    chosen on synthetic people as they are, f_tar on the target's kind of pairs of s1 to s20; both
    are judged on s21 to s40.

    Args:
        base: reads 64 x 64 pixels.
        shift: uint8 images (N, 1, 64, 64) -> the same, changed.
        people: synthetic ones, ten photographs each.

    Returns:
        Of f_src and f_tar, by name: threshold of the cosine, share of the target's pairs on which
        it decides as f_src does, loss on the target (mean of false accepts and false rejects); and
        the loss of the first minus that of the second, paired, with an interval over people.
    """
    target = score_shifted_pairs(base, unseen_people(), shift)
    source = find_lowest_loss(score_shifted_pairs(base, synth(people, 10, seed=2)))
    own = find_lowest_loss(score_shifted_pairs(base, open_people(), shift))

    def loss(rates: Rates, threshold: float) -> float:
        return (rates.far_at(threshold) + rates.frr_at(threshold)) / 2

    scores, left, right = target
    measured = Verification(scores, left == right)
    found = {}
    for name, threshold in {"f_src": source, "f_tar": own}.items():
        agreement = ((scores >= threshold) == (scores >= source)).double().mean()
        found[name] = threshold, float(agreement), loss(measured, threshold)
    return found, bootstrap_pairs(
        lambda rates: loss(rates, source) - loss(rates, own), *target, RESAMPLES
    )


def score_shifted_pairs(
    base: nn.Module, faces: FaceSet, shift: Callable[[Tensor], Tensor] | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """All pairs, one face of each shifted: cosines and the two people, as for `bootstrap_pairs`."""
    images = to_64(faces.images)
    still = embed_or_flatten(base, images)
    moved = embed_or_flatten(base, shift(images)) if shift else still
    left, right, _ = all_pairs(faces.person)
    return similarity(moved, still)[left, right], faces.person[left], faces.person[right]


def find_lowest_loss(pairs: tuple[Tensor, Tensor, Tensor]) -> float:
    """The threshold with the lowest mean of false accepts and false rejects."""
    scores, left, right = pairs
    curve = Verification(scores, left == right).roc()
    return float(curve.threshold[int((curve.far + 1 - curve.tar).argmin())])
