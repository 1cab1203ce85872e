"""Lesson 02: judges of a training loop and of a network that somebody trained."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from facecourse.kit.checkers import as_numbers, kind_of, run, run_on
from facecourse.kit.exercise import CannotCheckError, Checker
from facecourse.kit.faces import load_faces
from facecourse.kit.orl import to_tiny
from facecourse.lesson02_learning import experiment


def _watch(train: Callable) -> tuple[float, Tensor]:
    """What an answer returns, and the weights that it leaves."""
    model = experiment.build_two_layers(200)
    said = run_on(train, model, *experiment.load_tiny_faces(200).train)
    weights = torch.cat([weight.detach().flatten() for weight in model.parameters()])
    return as_numbers(said).item(), weights


def _train(model: nn.Module, x: Tensor, person: Tensor) -> float:
    """The loop, as it should be."""
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    part = experiment.Part(x, person)
    *_, last = experiment.take_steps(model, part, cross_entropy, optimiser, 20)
    return last


def check_loop(reasons: Sequence[tuple[Callable, str]] = ()) -> Checker:
    """A checker for a training loop by the weights that it leaves; `reasons` are loops that make a
    known mistake, and what to say then."""

    def judge(answer: Any) -> str | None:
        said, weights = _watch(answer)
        wanted, ours = _watch(_train)
        if torch.allclose(weights, ours, atol=1e-5):
            if abs(said - wanted) < 1e-3:
                return None
            right = f"The weights are right. Return the last loss, {wanted:.3f}"
            return f"{right}; you return {said:.3f}."
        for wrong, reason in reasons:
            if torch.allclose(weights, _watch(wrong)[1], atol=1e-5):
                return reason
        reached = f"{wanted:.3f} is what this loop reaches"
        return f"After 20 steps your last loss is {said:.3f}; {reached}."

    mistakes = tuple(mistake for mistake, _ in reasons)
    return Checker(judge, mistakes, lambda more: check_loop([*reasons, *more]))


TARGET = 68  # %, the bar of `learn`, chosen on splits 300 to 304
_SPLITS = 210, 211, 212


def judge_learner(answer: Any) -> str | None:
    """None if what a training returns names `TARGET` % of photographs on new splits, else what is
    missing."""
    faces, known, hits = load_faces().map(to_tiny), [], []
    for seed in _SPLITS:
        split = experiment.hold_out(faces, 1, seed)
        (model,) = run(answer, (split.train.images, split.train.person))
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
