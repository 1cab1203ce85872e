"""Lesson 05: six people on a circle, losses on equal terms, and promises that others must keep."""

import math
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from facecourse.kit import protocol, verify
from facecourse.kit.orl import HEIGHT, WIDTH, to_half, to_tiny
from facecourse.kit.seeds import build_seeded
from facelib.data import FaceSet
from facelib.measure import Interval, bootstrap_pairs, mean_share
from facelib.measure.gallery import Gallery
from facelib.models import FaceCNN, embed
from facelib.synth import synth
from facelib.training.batches import DrawnFaces
from facelib.training.embedding import fit_embedding
from facelib.training.losses import MarginLoss, TripletLoss

PEOPLE, PHOTOS = 6, 40  # on the circle; photographs of each to learn from, and as many to look at
# How the six are seen: two numbers have no room for hard photographs.
MILD = {
    "yaw": (-15.0, 15.0), "pitch": (-8.0, 8.0), "roll": (-4.0, 4.0), "scale": (1.15, 1.35),
    "shift_x": (-0.04, 0.04), "shift_y": (-0.04, 0.04), "azimuth": (-40.0, 40.0),
    "ambient": (0.5, 0.8), "glasses": 0.0, "hat": 0.0,
}  # fmt: skip
FLAT_SCALE = 10.0  # on a circle people must pass each other: with 30 they are stuck


class SoftmaxLoss(nn.Module):
    """A classifier's loss: cross-entropy of a linear layer with a row for each person."""

    def __init__(self, people: int, embedding: int) -> None:
        super().__init__()
        self.head = nn.Linear(embedding, people)

    def forward(self, embeddings: Tensor, person: Tensor) -> Tensor:
        with torch.autocast(embeddings.device.type, enabled=False):  # as the other losses do
            return cross_entropy(self.head(embeddings.float()), person)


class Points(NamedTuple):
    """What a tiny network makes of six people.

    Attributes: train, test, float (N, 2), of any length; person, of each row of either.
    """

    train: Tensor
    test: Tensor
    person: Tensor


@cache
def render_six() -> tuple[FaceSet, FaceSet]:
    """Six people who don't exist at 14 x 12 pixels, to learn from and to look at."""
    train, _, test = synth(PEOPLE, 2 * PHOTOS, seed=3, **MILD).map(to_tiny).split_images(PHOTOS)
    return train, test


def build_tiny() -> nn.Module:
    """Faces float (N, 1, 14, 12) in [0, 1] -> (N, 2), any length: a point in the plane."""
    body = nn.Flatten(), nn.LayerNorm(HEIGHT * WIDTH), nn.Linear(HEIGHT * WIDTH, 64), nn.ReLU()
    return nn.Sequential(*body, nn.Linear(64, 2))


def train_points(loss: nn.Module, steps: int = 200) -> Points:
    """Train a tiny network by a loss (embeddings, person) -> number, and see where six people's
    photographs come to lie."""
    train, test = render_six()
    model = build_seeded(1, build_tiny)
    settings = {"batch": 10 * PEOPLE, "lr": 0.01, "device": "cpu", "bf16": False, "progress": False}
    fit_embedding(model, DrawnFaces(train, 10), loss, steps=steps, seed=1, **settings)
    with torch.inference_mode():
        parts = [model(part.images / 255) for part in (train, test)]
    return Points(*parts, train.person)


def build_flat(margin: float, kind: str) -> MarginLoss:
    """A margin loss for six people on a circle; the same weights at every call."""
    return build_seeded(1, lambda: MarginLoss(PEOPLE, 2, margin, kind, FLAT_SCALE))


def find_middles(points: Points) -> Tensor:
    """The mean direction of each person's training photographs, unit (6, 2)."""
    unit = normalize(points.train)
    return normalize(torch.stack([unit[points.person == p].sum(0) for p in range(PEOPLE)]))


def measure_angles(points: Points) -> tuple[float, float]:
    """How well people are kept apart, in degrees: the mean angle of a test photograph to the middle
    of its person's training photographs, and the smallest angle of two people's middles."""
    middle = find_middles(points)
    own = (normalize(points.test) * middle[points.person]).sum(1).clamp(-1, 1)
    apart = (middle @ middle.T).fill_diagonal_(-1).max().clamp(-1, 1)
    return float(own.acos().rad2deg().mean()), float(apart.acos().rad2deg())


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


def build_loss(name: str, people: int, scale: float) -> nn.Module:
    """A loss for embeddings of 128 numbers, with the margin of its paper.

    The papers scale by 64, on millions of photographs; 30 is AM-Softmax's
    (https://doi.org/10.1109/LSP.2018.2822810), and the normalised softmax without a margin is
    NormFace's (https://doi.org/10.1145/3123266.3123359).
    """
    margins = {"normalised softmax": (0.0, "cosface"), "CosFace": (0.35, "cosface"),
               "ArcFace": (0.5, "arcface")}  # fmt: skip
    if name in margins:
        return MarginLoss(people, 128, *margins[name], scale)
    return {"softmax": SoftmaxLoss(people, 128), "triplet": TripletLoss(0.2)}[name]


def train_by_loss(
    name: str, faces: FaceSet, rate: float, scale: float, seed: int = 0, steps: int = 150
) -> FaceCNN:
    """A FaceCNN without a head, trained by one of the losses that `build_loss` names; every step
    sees 40 augmented photographs, equally many of each person in `faces` (112 x 92 pixels)."""
    torch.manual_seed(seed)
    model = FaceCNN(width=24, embedding=128, people=faces.people)
    settings = {"steps": steps, "batch": 40, "lr": rate, "seed": seed, "progress": False}
    source = DrawnFaces(faces.map(to_half), 40 // faces.people)
    model.head = nn.Identity()  # no embedding loss needs one
    fit_embedding(model, source, build_loss(name, faces.people, scale), **settings)
    return model


def score_unseen(model: FaceCNN) -> dict[str, float]:
    """AUC, TAR at 1 % FAR and one-photo top-1 of a FaceCNN on ORL s21 to s40."""
    codes = embed(model, to_half(protocol.unseen_people().images)).cpu()
    return {name: row.value for name, row in protocol.unseen_metrics(codes).items()}


def measure_promise(chosen: Tensor, others: Tensor, far: float) -> Interval:
    """The FAR among some people at the threshold that has the wanted one among others.

    Args:
        chosen, others: float (200, D), embeddings of twenty ORL people with ten photographs each.
        far: what is promised.

    Returns:
        Over the people of `others`; what choosing on other people would change is not in it.
    """
    labels = protocol.unseen_people()  # those of s1 to s20 are the same
    threshold = verify.verify_pairs(chosen, labels).threshold_at(far)
    pairs = verify.score_pairs(others, labels)
    return bootstrap_pairs(lambda rates: rates.far_at(threshold), *pairs, verify.RESAMPLES)


def measure_found(gallery: Gallery, embeddings: Tensor, threshold: float) -> Interval:
    """The share of photographs that a gallery finds under their own names, over people.

    Args:
        gallery: holds the first photograph of each of twenty people, labels 0 to 19.
        embeddings: float (200, D), ten photographs of each in order; the first is not asked for.
        threshold: below it nobody is found.
    """
    found = gallery.search(embeddings, threshold=threshold).people.view(20, 10)[:, 1:]
    return mean_share((found == torch.arange(20)[:, None]).double().mean(1), "people")
