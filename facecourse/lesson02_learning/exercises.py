"""Lesson 02, how a network learns: its exercises."""

from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from facecourse.kit.charts import side_by_side
from facecourse.kit.checkers import as_numbers, draw_normal, function, kind_of, run, run_on
from facecourse.kit.exercise import CannotCheckError, Checker, Exercise, collect
from facecourse.kit.faces import load_faces
from facecourse.kit.orl import to_tiny
from facecourse.lesson02_learning import experiment

chances = Exercise(
    prompt="Return the probabilities that one layer and a softmax give each row of x.",
    starter="def chances(x, W, b):\n    return ____",
    hints=(
        "The logits first: one row of W a person, so `x @ W.T`, and the bias.",
        "Subtract each row's largest logit, `z.amax(1, keepdim=True)`, then take `exp`.",
        "At last divide each row by its sum, with `keepdim=True`.",
    ),
    answer="""\
def chances(x, W, b):
    z = x @ W.T + b
    e = (z - z.amax(1, keepdim=True)).exp()
    return e / e.sum(1, keepdim=True)""",
    checker=function(
        lambda x, W, b: (x @ W.T + b).softmax(1),
        (draw_normal(5, 3, seed=2), draw_normal(3, 3, seed=3), draw_normal(3, seed=4)),
        (
            torch.tensor([[10.0], [1.0]]),
            torch.tensor([[100.0], [99.0], [-100.0]]),
            torch.tensor([0.0, 1.0, 0.0]),
        ),
        draw=side_by_side,
    ),
    slips={
        "z - z.amax(1, keepdim=True) -> z": "Right for small logits, but exp(1000) is too large "
        "for any float: subtract each row's largest logit first, it cancels.",
        "z.amax(1, keepdim=True) -> z.max()": "One maximum for all rows leaves zeros of a row that "
        "lies far below it, and 0 / 0 is no number: subtract each row's own.",
        "e / e.sum(1, keepdim=True) -> z.softmax(0)": "Your columns add up to 1. Each row is one "
        "photograph.",
        "e / e.sum(1, keepdim=True) -> torch.sigmoid(z)": "Those are sigmoids: a row doesn't add "
        "up to 1.",
        "e / e.sum(1, keepdim=True) -> z": "Those are the logits. Softmax comes after them.",
        " + b -> ": "The biases are missing.",
    },
    praise="It stays right for logits of a thousand, too.",
)


def _bowl(w: Tensor) -> Tensor:
    return (w - 1).square().sum() + w[0] * w[1] + w[-1] ** 3


def _differ(loss: Callable[[Tensor], Tensor], w: Tensor, e: float) -> Tensor:
    return torch.stack([(loss(w + way) - loss(w - way)) / (2 * e) for way in e * torch.eye(len(w))])


differences = Exercise(
    prompt="Return the slope of `loss` along each weight, by looking e to both sides.",
    starter="def differences(loss, w, e):\n    return ____",
    hints=(
        "Each row of `torch.eye(len(w))` is a direction that changes one weight alone.",
        "For each direction: the loss at `w + e * way` less that at `w - e * way`, over 2e.",
        "Collect the slopes in a list, then `torch.stack` it.",
    ),
    answer="""\
def differences(loss, w, e):
    slopes = []
    for way in torch.eye(len(w)):
        slopes.append((loss(w + e * way) - loss(w - e * way)) / (2 * e))
    return torch.stack(slopes)""",
    checker=function(
        _differ,
        (_bowl, torch.tensor([0.5, -1.0, 2.0]), 0.5),
        (lambda w: experiment.load_valley().loss(w), torch.tensor([0.1, 0.9]), 0.1),
        tolerance=1e-3,
    ),
    slips={
        " / (2 * e) -> ": "That is by how much the loss changes. A slope is the change divided by "
        "the way, 2e.",
        "(2 * e) -> e": "Twice too steep: from w - e to w + e the way is 2e.",
        "loss(w - e * way)) / (2 * e) -> loss(w)) / e": "Nearly: from w to w + e the slope "
        "changes. Look to both sides, at w + e and w - e.",
        "e * way) - loss(w - e * way) -> e) - loss(w - e)": "You moved all weights together. Move "
        "one, and leave the others where they are.",
        "slopes.append(( -> slopes.append(-(": "You go from w + e to w - e: turn it round.",
    },
    also_wrong=(lambda loss, w, e: None, 0.5),
    praise="Slow, but it needs no calculus: anyone who writes gradients by hand checks them so.",
)


def _watch(train: Callable) -> tuple[float, Tensor]:
    """What a training loop returns, and the weights that it leaves."""
    model = experiment.build_two_layers(200)
    said = run_on(train, model, *experiment.load_tiny_faces(200).train)
    weights = torch.cat([weight.detach().flatten() for weight in model.parameters()])
    return as_numbers(said).item(), weights


def _train(model: nn.Module, x: Tensor, person: Tensor) -> float:
    optimiser, part = torch.optim.SGD(model.parameters(), lr=0.1), experiment.Part(x, person)
    *_, last = experiment.take_steps(model, part, cross_entropy, optimiser, 20)
    return last


def _check_loop(reasons: Sequence[tuple[Callable, str]] = ()) -> Checker:
    """A checker for a training loop by the weights that it leaves; `reasons` are loops that make a
    known mistake, and what to say then."""

    def judge(answer: Any) -> str | None:
        (said, weights), (wanted, ours) = _watch(answer), _watch(_train)
        if torch.allclose(weights, ours, atol=1e-5):
            right = f"The weights are right. Return the last loss, {wanted:.3f}"
            return None if abs(said - wanted) < 1e-3 else f"{right}; you return {said:.3f}."
        for wrong, reason in reasons:
            if torch.allclose(weights, _watch(wrong)[1], atol=1e-5):
                return reason
        reached = f"{wanted:.3f} is what this loop reaches"
        return f"After 20 steps your last loss is {said:.3f}; {reached}."

    mistakes = tuple(mistake for mistake, _ in reasons)
    return Checker(judge, mistakes, lambda more: _check_loop([*reasons, *more]))


loop = Exercise(
    points=3,
    prompt="Complete the training loop.",
    starter="""\
def train(model, x, person):
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(20):
        loss = ____
    return loss.item()""",
    hints=(
        "The loss is the cross-entropy of `model(x)` with `person`.",
        "Three lines follow it in the loop: empty the gradients, go backwards, take the step.",
        "They are `optimiser.zero_grad()`, `loss.backward()` and `optimiser.step()`.",
    ),
    answer="""\
def train(model, x, person):
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(20):
        loss = cross_entropy(model(x), person)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return loss.item()""",
    checker=_check_loop(),
    slips={
        "        optimiser.zero_grad()\n -> ": "The gradients of all steps pile up, for `backward` "
        "adds to what is there: `optimiser.zero_grad()` is missing.",
        "        optimiser.step()\n -> ": "No weight has moved: `optimiser.step()` is missing, or "
        "comes too early.",
        "loss.backward -> (-loss).backward": "Your loss rises: `backward` wants the loss itself, "
        "the optimiser goes down.",
        "model(x) -> model(x).softmax(1)": "`cross_entropy` takes logits. You gave it "
        "probabilities, so softmax is applied twice.",
        "cross_entropy(model -> nn.functional.nll_loss(model": "That is minus the logit of the "
        "right person; softmax and logarithm are missing.",
    },
    also_wrong=(lambda model, x, person: 3.0, 3.0),
    praise="The same weights as the library's loop. All training in this course is these lines.",
    context={"cross_entropy": cross_entropy},
)

TARGET = 68  # %, the bar of `learn`, chosen on splits 300 to 304


def _judge_learner(answer: Any) -> str | None:
    """Train by a learner's function on new splits, and see whom its networks name."""
    faces, shares = load_faces().map(to_tiny), []
    for seed in (210, 211, 212):
        split = experiment.hold_out(faces, 1, seed)
        (model,) = run(answer, (split.train.images, split.train.person))
        if not callable(model):
            raise CannotCheckError(f"Return the trained model; you return {kind_of(model)}.")
        if isinstance(model, nn.Module):
            model.eval()
        for part in (split.train, split.test):
            with torch.no_grad():
                (logits,) = run(model, (part.images / 255,))
            if as_numbers(logits).shape != (len(part), 40):
                raise CannotCheckError("The model must give each image 40 logits.")
            shares.append(float((as_numbers(logits).argmax(1) == part.person).double().mean()))
    learnt, named = (100 * fmean(shares[part::2]) for part in (0, 1))
    if named >= TARGET:
        return None
    said = f"Of photographs it has not seen your network names {named:.0f} %, not yet {TARGET}"
    if learnt < 90:
        return f"{said}; of its own 40 it names {learnt:.0f} %. More steps, or another rate?"
    if named >= TARGET - 4:
        return f"{said}: nearly. Try a smaller rate, more steps, or more changes to the pictures."
    return f"{said}; its own 40 it knows by heart. Which remedy against over-fitting helped most?"


yours = Exercise(
    points=3,
    prompt="Train a network on one photograph a person, and return it.",
    starter="""\
def learn(images, person):
    body = nn.Flatten(), nn.LayerNorm(168), nn.Linear(168, 64), nn.ReLU()
    model = nn.Sequential(*body, nn.Linear(64, 40))
    return ____""",
    hints=(
        "Begin with your training loop: an optimiser, some hundred steps, the cross-entropy.",
        "The pixels are whole numbers from 0 to 255: `images / 255` makes inputs of them.",
        "Let `Augment()` of facelib.data change the images anew at every step: "
        "`augment(images, chance)`, where `chance` is a `torch.Generator()`.",
    ),
    answer="""\
def learn(images, person):
    from facelib.data import Augment

    augment, chance = Augment(), torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    body = nn.Flatten(), nn.LayerNorm(168), nn.Linear(168, 64), nn.ReLU()
    model = nn.Sequential(*body, nn.Linear(64, 40))
    optimiser = torch.optim.Adam(model.parameters(), lr=0.003)
    for step in range(300):
        logits = model(augment(images, chance))
        loss = cross_entropy(logits, person)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return model.eval()""",
    checker=Checker(_judge_learner),
    slips=(
        "augment(images, chance) -> images / 255",
        "range(300) -> range(0)",
        "range(300) -> range(10)",
        "lr=0.003 -> lr=3.0",
    ),
    also_wrong=(lambda images, person: person, nn.Identity),
    praise="You trained a network, and it names people in photographs that it has never seen.",
    context={"cross_entropy": cross_entropy},
)

EXERCISES = collect("02", globals())
