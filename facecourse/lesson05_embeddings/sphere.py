"""Lesson 05: networks small enough to draw, and five losses on equal terms.

A handful of people from ORL s1 to s20 are embedded on a circle or a sphere, where one sees what a
loss does to angles; a FaceCNN then learns from all twenty by each loss in turn.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from facecourse.kit import protocol
from facecourse.kit.orl import HEIGHT, WIDTH, to_half, to_tiny
from facecourse.kit.seeds import build_seeded
from facelib.models import FaceCNN, embed
from facelib.training.batches import DrawnFaces
from facelib.training.embedding import fit_embedding
from facelib.training.losses import ContrastiveLoss, MarginLoss, TripletLoss

PEOPLE = 6  # on the circle
PHOTOS = 5  # of each to learn from; the other five are the test


class SoftmaxLoss(nn.Module):
    """A classifier's loss, as VGGFace's first stage has it: cross-entropy of a linear layer."""

    def __init__(self, people: int, embedding: int) -> None:
        super().__init__()
        self.head = nn.Linear(embedding, people)

    def forward(self, embeddings: Tensor, person: Tensor) -> Tensor:
        with torch.autocast(embeddings.device.type, enabled=False):  # as the other losses do
            return cross_entropy(self.head(embeddings.float()), person)


# Margins and temperature of the papers that LOSSES' modules cite. They scale by 64, on millions of
# photographs; 30 is AM-Softmax's (Wang et al. 2018, https://doi.org/10.1109/LSP.2018.2822810), and
# the normalised softmax without a margin NormFace's (https://doi.org/10.1145/3123266.3123359).
LOSSES: dict[str, Callable[[int, int, float], nn.Module]] = {
    "softmax": lambda people, width, scale: SoftmaxLoss(people, width),
    "normalised softmax": lambda people, width, scale: MarginLoss(people, width, 0, scale=scale),
    "triplet": lambda people, width, scale: TripletLoss(0.2),
    "contrastive": lambda people, width, scale: ContrastiveLoss(0.1),
    "CosFace": lambda people, width, scale: MarginLoss(people, width, 0.35, "cosface", scale),
    "ArcFace": lambda people, width, scale: MarginLoss(people, width, 0.5, "arcface", scale),
}
SCALE, FLAT_SCALE = 30.0, 10.0  # on a circle people must pass each other: 30 leaves them stuck


def build_tiny(width: int) -> nn.Module:
    """Faces float (N, 1, 14, 12) in [0, 1] -> (N, width), any length: 2 numbers to draw on a
    circle, 3 on a sphere."""
    pixels = HEIGHT * WIDTH
    return nn.Sequential(
        nn.Flatten(), nn.LayerNorm(pixels), nn.Linear(pixels, 64), nn.ReLU(), nn.Linear(64, width)
    )


class Points(NamedTuple):
    """What a tiny network makes of a few people.

    Attributes: train, test, float (N, width), of any length; person, of each row of either.
    """

    train: Tensor
    test: Tensor
    person: Tensor


def train_points(loss: nn.Module, width: int = 2, steps: int = 200, seed: int = 0) -> Points:
    """Train a tiny network by a loss for the first six of ORL's s1 to s20, at 14 x 12 pixels, and
    see where their photographs come to lie."""
    faces = protocol.open_people().of_people(list(range(PEOPLE))).map(to_tiny)
    train, _, test = faces.split_images(PHOTOS)
    model = build_seeded(seed, lambda: build_tiny(width))
    settings = {"batch": len(train), "lr": 0.01, "device": "cpu", "bf16": False, "progress": False}
    fit_embedding(model, DrawnFaces(train, PHOTOS), loss, steps=steps, seed=seed, **settings)
    with torch.inference_mode():
        parts = [model(part.images / 255) for part in (train, test)]
    return Points(*parts, train.person)


def build_loss(name: str, width: int = 2, seed: int = 0) -> nn.Module:
    """One of `LOSSES` for the few people; the seed draws its weights."""
    return build_seeded(seed, lambda: LOSSES[name](PEOPLE, width, FLAT_SCALE))


def build_margin(margin: float, kind: str, seed: int) -> MarginLoss:
    """A loss of this margin and kind, as `MarginLoss` takes them, for the few on a circle."""
    return build_seeded(seed, lambda: MarginLoss(PEOPLE, 2, margin, kind, FLAT_SCALE))


class Angles(NamedTuple):
    """In degrees: how far photographs lie from their person's middle, and middles from each other.

    Attributes:
        within: mean angle of a test photograph to the middle of its person's training photographs.
        between: smallest angle of two people's middles.
        top1: share of the test photographs whose nearest middle is their person's.
    """

    within: float
    between: float
    top1: float


def measure_angles(points: Points) -> Angles:
    """How well people are kept apart, in angles."""
    train, test = normalize(points.train), normalize(points.test)
    middle = normalize(torch.stack([train[points.person == p].sum(0) for p in range(PEOPLE)]))
    cosine = (test @ middle.T).clamp(-1, 1)
    own = cosine.gather(1, points.person[:, None])
    apart = (middle @ middle.T).fill_diagonal_(-1).max().clamp(-1, 1)
    right = (cosine.argmax(1) == points.person).double().mean()
    return Angles(float(own.acos().rad2deg().mean()), float(apart.acos().rad2deg()), float(right))


def sort_negatives(
    embeddings: Tensor, person: Tensor, anchor: int, match: int, margin: float
) -> Tensor:
    """What kind of negative each image is for an anchor and a positive.

    Args:
        embeddings: float (N, D), any length.
        person: int64 (N,).
        anchor, match: rows of two images of one person.
        margin: of the triplet loss, a squared distance.

    Returns:
        int64 (N,): 0 the anchor's own person, 1 hard (nearer than the positive), 2 semi-hard
        (farther, but not by the margin), 3 easy.
    """
    unit = normalize(embeddings)
    distance = (unit - unit[anchor]).square().sum(1)
    gap = distance - distance[match]
    kind = 1 + (gap > 0).long() + (gap >= margin).long()
    return kind.masked_fill(person == person[anchor], 0)


def measure_room(apart: float, margin: float, kind: str) -> float:
    """How far from a person's direction a face may lie to be named rightly in spite of the margin.

    Args:
        apart: degrees between this person's direction and the next one's.
        margin, kind: as in `MarginLoss`.

    Returns:
        Degrees, 0 where the margin leaves no room. With margin 0 it is half the angle apart.
    """
    half = math.radians(apart) / 2
    if kind == "arcface":  # angle + margin = apart - angle
        angle = half - margin / 2
    else:  # cos(angle) - margin = cos(apart - angle)
        angle = half - math.asin(min(margin / (2 * math.sin(half)), 1.0))
    return max(0.0, math.degrees(angle))


def train_by_loss(name: str, seed: int = 0, steps: int = 150) -> FaceCNN:
    """A FaceCNN trained on ORL s1 to s20 by one of `LOSSES`, all else equal.

    Every step sees two augmented photographs of each of the twenty.
    """
    faces = protocol.open_people().map(to_half)
    torch.manual_seed(seed)
    model, loss = FaceCNN(width=24, embedding=128, people=20), LOSSES[name](20, 128, SCALE)
    settings = {"steps": steps, "batch": 40, "seed": seed, "progress": False}
    fit_embedding(_Embedder(model), DrawnFaces(faces, 2), loss, **settings)
    return model


class _Embedder(nn.Module):
    """A FaceCNN without its head, which no embedding loss needs."""

    def __init__(self, model: FaceCNN) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        return self.model.embed(images)


def score_unseen(model: FaceCNN) -> dict[str, float]:
    """AUC, TAR at 1 % FAR and one-photo top-1 of a FaceCNN on ORL s21 to s40."""
    codes = embed(model, to_half(protocol.unseen_people().images)).cpu()
    return {name: row.value for name, row in protocol.unseen_metrics(codes).items()}
