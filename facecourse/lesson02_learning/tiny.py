"""Lesson 02: a network of two layers on tiny ORL faces, quick enough to train in a blink.

What had to be chosen was chosen on splits with seeds from 100, by their validation images; no such
split is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, one_hot

from facecourse.kit.orl import HEIGHT, WIDTH, to_tiny
from facecourse.kit.seeds import build_seeded
from facelib.data import FaceSet, Split, orl

PEOPLE = 40
STEPS = 300
MOMENTUM = 0.9


class Part(NamedTuple):
    """Tiny faces as rows of numbers: x float (N, 168), person int64 (N,)."""

    x: Tensor
    person: Tensor


class Parts(NamedTuple):
    """The three parts of a split, as numbers."""

    train: Part
    validation: Part
    test: Part


def hold_out(faces: FaceSet, images: int, seed: int) -> Split:
    """`images` photographs a person to learn from; one to choose by and four to test, the same
    whatever `images` is, so that one photograph a person and five are tested alike."""
    rank = faces.rank_within_person(seed)
    return Split(faces.take(rank < images), faces.take(rank == 5), faces.take(rank > 5))


def enlarge(images: Tensor) -> Tensor:
    """Every pixel as a square of 4 x 4, to be looked at."""
    return images.repeat_interleave(4, 2).repeat_interleave(4, 3)


def load_tiny_faces(seed: int, images: int = 5) -> Parts:
    """ORL at 14 x 12 pixels, split, and scaled by the training part alone."""
    faces = orl().map(to_tiny)
    parts = [(part.images.flatten(1) / 255, part.person) for part in hold_out(faces, images, seed)]
    mean, spread = parts[0][0].mean(0), parts[0][0].std()
    return Parts(*(Part((x - mean) / spread, person) for x, person in parts))


def build_two_layers(
    seed: int, hidden: int = 64, activation: type[nn.Module] = nn.ReLU, outputs: int = PEOPLE
) -> nn.Sequential:
    """Two layers, 168 pixels -> `hidden` neurons -> logits; the seed draws the weights."""
    return build_seeded(
        seed,
        lambda: nn.Sequential(
            nn.Linear(HEIGHT * WIDTH, hidden), activation(), nn.Linear(hidden, outputs)
        ),
    )


def score(model: nn.Module, part: Part) -> float:
    """The share of `part` that the model names rightly."""
    with torch.inference_mode():
        return float((model(part.x).argmax(1) == part.person).double().mean())


Loss = Callable[[Tensor, Tensor], Tensor]


def sigmoids(logits: Tensor, person: Tensor) -> Tensor:
    """The binary formula for 40 people: one yes-or-no question a person, 40 sigmoids, summed."""
    wanted = one_hot(person, logits.shape[1]).to(logits.dtype)
    return binary_cross_entropy_with_logits(logits, wanted, reduction="sum") / len(logits)


def squared_error(logits: Tensor, person: Tensor) -> Tensor:
    """Squared distance of the softmax output from 1 for the person and 0 for all others."""
    wanted = one_hot(person, logits.shape[1])
    return (logits.softmax(1) - wanted).square().sum(1).mean()


# The rate of each: best validation top-1 of 0.003, 0.01, ... 10 over splits 100 to 103.
LOSSES: dict[str, tuple[Loss, float]] = {
    "cross-entropy": (cross_entropy, 0.03),
    "40 sigmoids": (sigmoids, 0.1),
    "squared error": (squared_error, 0.3),
}


def train_full_batch(
    model: nn.Module, part: Part, loss: Loss, lr: float, steps: int = STEPS
) -> list[float]:
    """Gradient descent with momentum on all of `part` at once; the loss before each step."""
    optimiser = torch.optim.SGD(model.parameters(), lr, MOMENTUM)
    return list(take_steps(model, part, loss, optimiser, steps))


def take_steps(
    model: nn.Module, part: Part, loss: Loss, optimiser: torch.optim.Optimizer, steps: int
) -> Iterator[float]:
    """Step on all of `part` at once; after each step, the loss before it."""
    for _ in range(steps):
        value = loss(model(part.x), part.person)
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
        yield value.item()


def compare_losses(seed: int, shared_rate: float | None = None) -> dict[str, float]:
    """Test top-1 after 300 steps with each loss, at its own learning rate or a shared one."""
    parts, hits = load_tiny_faces(seed), {}
    for name, (loss, rate) in LOSSES.items():
        model = build_two_layers(seed)
        train_full_batch(model, parts.train, loss, shared_rate or rate)
        hits[name] = score(model, parts.test)
    return hits


def correct_names(seed: int, steps: int = 50) -> dict[str, float]:
    """Test top-1 with each loss, `steps` steps after the names were corrected: first everybody is
    learnt under the next person's name, until the network is sure of it."""
    parts, hits = load_tiny_faces(seed), {}
    misnamed = parts.train._replace(person=(parts.train.person + 1) % PEOPLE)
    for name, (loss, rate) in LOSSES.items():
        model = build_two_layers(seed)
        train_full_batch(model, misnamed, loss, rate)
        train_full_batch(model, parts.train, loss, rate, steps)
        hits[name] = score(model, parts.test)
    return hits


def measure_pulls(chance: Tensor) -> dict[str, list[float]]:
    """How strongly each loss pulls at the right person's logit, |dL/dz|, by the probability (N,) of
    the right person; one other person has the rest."""
    sizes = {}
    for name, (loss, _) in LOSSES.items():
        z = torch.logit(chance).requires_grad_()
        logits = torch.stack([z, torch.zeros_like(z)], 1)
        value = loss(logits, torch.zeros(len(z), dtype=torch.int64)) * len(z)
        sizes[name] = torch.autograd.grad(value, z)[0].abs().tolist()
    return sizes


def train_one_sigmoid(seed: int, steps: int = 11) -> tuple[list[float], float]:
    """The articles' recipe to the letter: one sigmoid output, the person's number as its target.
    The loss before each step, and the test top-1 of the output, rounded to a number."""
    parts, model = load_tiny_faces(seed), build_two_layers(seed, outputs=1)

    def binary(logits: Tensor, person: Tensor) -> Tensor:
        return binary_cross_entropy_with_logits(logits[:, 0], person.float())

    losses = train_full_batch(model, parts.train, binary, LOSSES["cross-entropy"][1], steps)
    named = model(parts.test.x)[:, 0].sigmoid().round()
    return losses, float((named == parts.test.person).double().mean())
