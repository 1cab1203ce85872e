"""Lesson 02: optimisers on a surface of two weights and on tiny faces, and where they end."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import torch
from sklearn.decomposition import PCA
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from facecourse.lesson02_learning import tiny
from facecourse.lesson02_learning.tiny import Part, Parts, build_two_layers
from facelib.data import orl

START = torch.tensor([0.1, 0.9])


class Valley(NamedTuple):
    """Half the mean squared error of a model with two weights, x @ w, which tells two people apart.

    Attributes: x, (N, 2), each photograph's coordinates along two eigenfaces; sign, (N,), what the
    model should say: +1 for one person, -1 for the other.
    """

    x: Tensor
    sign: Tensor

    def loss(self, weights: Tensor) -> Tensor:
        """Weights (..., 2) -> loss (...)."""
        return (weights @ self.x.T - self.sign).square().mean(-1) / 2

    def gradient(self, weights: Tensor) -> Tensor:
        """Weights (2,) -> gradient (2,), by the chain rule."""
        return (self.x @ weights - self.sign) @ self.x / len(self.x)

    @property
    def curvature(self) -> Tensor:
        """(2,): of the flattest and of the steepest direction."""
        return torch.linalg.eigvalsh(self.x.T @ self.x / len(self.x))

    @property
    def minimum(self) -> Tensor:
        """(2,): the weights with the lowest loss."""
        return torch.linalg.lstsq(self.x, self.sign[:, None]).solution[:, 0]


@cache
def valley() -> Valley:
    """s33 against s6 by the first eigenface and the tenth, along which faces differ far less."""
    faces = orl()
    coordinates = PCA(10, svd_solver="arpack", random_state=0).fit_transform(
        faces.images.flatten(1).numpy() / 255
    )
    x = torch.tensor(coordinates[:, [0, 9]], dtype=torch.float32)
    shown = torch.isin(faces.person, torch.tensor([32, 5]))
    sign = torch.where(faces.person[shown] == 32, 1.0, -1.0)
    return Valley(x[shown] - x[shown].mean(0), sign)


OPTIMISERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "gradient descent": torch.optim.SGD,
    "momentum": lambda weights, lr: torch.optim.SGD(weights, lr, tiny.MOMENTUM),
    "Adam": torch.optim.Adam,
}


def follow_optimiser(surface: Valley, optimiser: str, lr: float, steps: int = 40) -> Tensor:
    """Where an optimiser of torch.optim goes on the surface from START: (steps + 1, 2)."""
    weights, path = START.clone().requires_grad_(), [START]
    step = OPTIMISERS[optimiser]([weights], lr=lr)
    for _ in range(steps):
        step.zero_grad()
        surface.loss(weights).backward()
        step.step()
        path.append(weights.detach().clone())
    return torch.stack(path)


def try_rate(parts: Parts, lr: float, steps: int = 100) -> dict[str, tuple[list[float], float]]:
    """Each optimiser's loss at every step, and its validation top-1, at this learning rate."""
    runs = {}
    for name, make in OPTIMISERS.items():
        model = build_two_layers(0)
        optimiser = make(model.parameters(), lr=lr)
        losses = list(tiny.take_steps(model, parts.train, cross_entropy, optimiser, steps))
        runs[name] = losses, tiny.score(model, parts.validation)
    return runs


def measure_step_sizes(parts: Parts, steps: int = tiny.STEPS, lr: float = 1e-3) -> Tensor:
    """What Adam multiplies each weight's averaged gradient by, after every step: (steps, weights).

    That is lr / (sqrt(v) + eps), with v free of its bias towards zero (Kingma & Ba 2015).
    """
    model, rows = build_two_layers(0), []
    weights = list(model.parameters())
    adam = torch.optim.Adam(weights, lr)
    for step, _ in enumerate(tiny.take_steps(model, parts.train, cross_entropy, adam, steps), 1):
        second = torch.cat([adam.state[weight]["exp_avg_sq"].flatten() for weight in weights])
        rows.append(lr / ((second / (1 - 0.999**step)).sqrt() + 1e-8))
    return torch.stack(rows)


DECAY = 1e-3  # without it the loss has no minimum: larger weights would always be a little better


class Minimum(NamedTuple):
    """Where training from one seed ended: the model, its loss, and how flat it is there."""

    model: nn.Module
    loss: float
    largest_gradient: float


def objective(model: nn.Module, part: Part) -> Tensor:
    """Cross-entropy plus a small weight decay."""
    squares = sum(weight.square().sum() for weight in model.parameters())
    return cross_entropy(model(part.x), part.person) + DECAY / 2 * squares


def find_minimum(part: Part, seed: int, hidden: int, scheduled: int = 0) -> Minimum:
    """Train until the gradient vanishes, from the weights this seed draws.

    The network has `hidden` neurons, and nothing but its first weights is left to chance. So many
    `scheduled` steps with the learning rate 1 / sqrt(1 + 0.01 * step) come first; L-BFGS (Liu &
    Nocedal 1989), which takes the curvature into account, does the rest.
    """
    model = build_two_layers(seed, hidden, nn.Tanh)
    weights = list(model.parameters())

    def closure() -> Tensor:
        model.zero_grad()
        value = objective(model, part)
        value.backward()
        return value

    descent = torch.optim.SGD(weights, lr=1)
    rate = torch.optim.lr_scheduler.LambdaLR(descent, lambda step: 1 / math.sqrt(1 + 0.01 * step))
    for _ in range(scheduled):
        descent.step(closure)
        rate.step()
    torch.optim.LBFGS(
        weights, max_iter=3000, history_size=20, tolerance_grad=1e-5, tolerance_change=1e-10,
        line_search_fn="strong_wolfe",
    ).step(closure)  # fmt: skip
    loss = closure().item()
    return Minimum(model, loss, max(float(weight.grad.abs().max()) for weight in weights))


def loss_between(a: nn.Module, b: nn.Module, part: Part, points: int = 21) -> list[float]:
    """The loss on the straight line from the weights of `a` to those of `b`."""
    model, line = copy.deepcopy(a), []
    for share in torch.linspace(0, 1, points).tolist():
        with torch.no_grad():
            for weight, left, right in zip(*(m.parameters() for m in (model, a, b)), strict=True):
                weight.copy_(torch.lerp(left, right, share))
            line.append(float(objective(model, part)))
    return line
