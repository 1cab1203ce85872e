"""Lesson 02: judges of a training loop and of a network that somebody trained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, nll_loss

from facecourse.kit.checkers import as_numbers, kind_of, run
from facecourse.kit.exercise import CannotCheckError, NotAttemptedError, ____
from facecourse.kit.orl import to_tiny
from facecourse.lesson02_learning import experiment
from facelib.data import Augment, orl


class _Learner(nn.Sequential):
    """Two layers that are handed to an answer as they are: the checker looks at them afterwards."""

    def __deepcopy__(self, _: dict) -> _Learner:
        return self


def _watch(train: Callable, seed: int = 200) -> tuple[float, Tensor]:
    """What an answer returns, and the weights that it leaves."""
    model = _Learner(*experiment.build_two_layers(seed))
    (said,) = run(train, (model, *experiment.load_tiny_faces(seed).train))
    weights = torch.cat([weight.detach().flatten() for weight in model.parameters()])
    return as_numbers(said).item(), weights


def _loop(
    empty: bool = True, loss: Callable = cross_entropy, step: bool = True, sign: int = 1
) -> Callable[[nn.Module, Tensor, Tensor], float]:
    """The loop, right or with one fault."""

    def train(model: nn.Module, x: Tensor, person: Tensor) -> float:
        optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(20):
            value = loss(model(x), person)
            if empty:
                optimiser.zero_grad()
            (sign * value).backward()
            if step:
                optimiser.step()
        return value.item()

    return train


LOOPS: list[tuple[Callable, str]] = [
    (
        _loop(empty=False),
        "The gradients of all steps pile up, for `backward` adds to what is there: "
        "`optimiser.zero_grad()` is missing.",
    ),
    (_loop(step=False), "No weight has moved: `optimiser.step()` is missing, or comes too early."),
    (_loop(sign=-1), "Your loss rises: `backward` wants the loss itself, the optimiser goes down."),
    (
        _loop(loss=lambda logits, person: cross_entropy(logits.softmax(1), person)),
        "`cross_entropy` takes logits. You gave it probabilities, so softmax is applied twice.",
    ),
    (
        _loop(loss=lambda logits, person: nll_loss(logits, person)),
        "That is minus the logit of the right person; softmax and logarithm are missing.",
    ),
]


def judge_loop(answer: Any) -> str | None:
    """None if a training loop leaves the weights that it should, else the reason."""
    said, weights = _watch(answer)
    wanted, ours = _watch(_loop())
    if torch.allclose(weights, ours, atol=1e-5):
        if abs(said - wanted) < 1e-3:
            return None
        return f"The weights are right. Return the last loss, {wanted:.3f}; you return {said:.3f}."
    for wrong, reason in LOOPS:
        if torch.allclose(weights, _watch(wrong)[1], atol=1e-5):
            return reason
    return f"After 20 steps your last loss is {said:.3f}; {wanted:.3f} is what this loop reaches."


TARGET = 68  # %, the bar of `learn`, chosen on splits 300 to 304
_SPLITS = 210, 211, 212


def judge_learner(answer: Any) -> str | None:
    """None if what a training returns names `TARGET` % of photographs on new splits, else what is
    missing."""
    faces, known, hits = orl().map(to_tiny), [], []
    for seed in _SPLITS:
        split = experiment.hold_out(faces, 1, seed)
        (model,) = run(answer, (split.train.images, split.train.person))
        if model is ____:
            raise NotAttemptedError
        if not callable(model):
            raise CannotCheckError(f"Return the trained model; you return {kind_of(model)}.")
        if isinstance(model, nn.Module):
            model.eval()
        for part, shares in ((split.train, known), (split.test, hits)):
            with torch.no_grad():
                (logits,) = run(model, (part.images / 255,))
            if as_numbers(logits).shape != (len(part), 40):
                raise CannotCheckError("The model must give each image 40 logits.")
            shares.append(float((as_numbers(logits).argmax(1) == part.person).double().mean()))
    learnt, named = sum(known) / len(known), sum(hits) / len(hits)
    if 100 * named >= TARGET:
        return None
    said = (
        f"Of photographs it has not seen your network names {100 * named:.0f} %, not yet {TARGET}"
    )
    if learnt < 0.9:
        return f"{said}; of its own 40 it names {100 * learnt:.0f} %. More steps, or another rate?"
    if 100 * named >= TARGET - 4:
        return f"{said}: nearly. Try a smaller rate, more steps, or more changes to the pictures."
    return f"{said}; its own 40 it knows by heart. Which remedy against over-fitting helped most?"


def _build_pixels_in() -> nn.Sequential:
    return nn.Sequential(
        nn.Flatten(), nn.LayerNorm(168), nn.Linear(168, 64), nn.ReLU(), nn.Linear(64, 40)
    )


def make_learner(
    steps: int, lr: float, augment: Augment | None
) -> Callable[[Tensor, Tensor], nn.Module]:
    """A training of the small network, good or bad by its settings."""

    def learn(images: Tensor, person: Tensor) -> nn.Module:
        torch.manual_seed(0)
        chance, model = torch.Generator().manual_seed(0), _build_pixels_in()
        optimiser = torch.optim.Adam(model.parameters(), lr)
        for _ in range(steps):
            x = augment(images, chance) if augment else images / 255
            loss = cross_entropy(model(x), person)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        return model

    return learn
