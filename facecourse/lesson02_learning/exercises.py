"""Lesson 02, how a network learns: its exercises and quizzes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, nll_loss

from facecourse.kit.charts import side_by_side
from facecourse.kit.checkers import as_numbers, draw_normal, function, kind_of, run
from facecourse.kit.exercise import (
    CannotCheckError,
    Checker,
    Exercise,
    NotAttemptedError,
    ____,
    collect,
)
from facecourse.kit.orl import to_tiny
from facecourse.kit.quiz import NumberQuiz, Quiz
from facecourse.lesson02_learning import experiment
from facelib.data import Augment, orl


def _softmax(z: Tensor) -> Tensor:
    return z.softmax(1)


def _layer_then(activate: Callable[[Tensor], Tensor]) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    return lambda x, W, b: activate(x @ W.T + b)


chances = Exercise(
    prompt="Return the probabilities that one layer and a softmax give each row of x.",
    starter="def chances(x, W, b):\n    return ____",
    hints=(
        "The logits first: one row of W a person, so `x @ W.T`, and the bias.",
        "Subtract each row's largest logit, `z.amax(1, keepdim=True)`, then take `exp`.",
        "At last divide each row by its sum, with `keepdim=True`.",
    ),
    answer=(
        "def chances(x, W, b):\n"
        "    z = x @ W.T + b\n"
        "    e = (z - z.amax(1, keepdim=True)).exp()\n"
        "    return e / e.sum(1, keepdim=True)"
    ),
    checker=function(
        _layer_then(_softmax),
        (draw_normal(5, 3, seed=2), draw_normal(3, 3, seed=3), draw_normal(3, seed=4)),
        (
            torch.tensor([[10.0], [1.0]]),
            torch.tensor([[100.0], [99.0], [-100.0]]),
            torch.tensor([0.0, 1.0, 0.0]),
        ),
        reasons=[
            (
                _layer_then(lambda z: z.exp() / z.exp().sum(1, keepdim=True)),
                "Right for small logits, but exp(1000) is too large for any float: subtract each "
                "row's largest logit first, it cancels.",
            ),
            (
                _layer_then(lambda z: (z - z.max()).exp() / (z - z.max()).exp().sum(1)[:, None]),
                "One maximum for all rows leaves zeros of a row that lies far below it, and 0 / 0 "
                "is no number: subtract each row's own.",
            ),
            (
                _layer_then(lambda z: z.softmax(0)),
                "Your columns add up to 1. Each row is one photograph.",
            ),
            (_layer_then(torch.sigmoid), "Those are sigmoids: a row doesn't add up to 1."),
            (_layer_then(lambda z: z), "Those are the logits. Softmax comes after them."),
            (lambda x, W, b: (x @ W.T).softmax(1), "The biases are missing."),
        ],
        draw=side_by_side,
    ),
    praise="It stays right for logits of a thousand, too.",
)


def _differences(loss: Callable[[Tensor], Any], w: Tensor, e: float) -> Tensor:
    slopes = [(loss(w + e * way) - loss(w - e * way)) / (2 * e) for way in torch.eye(len(w))]
    return torch.stack([torch.as_tensor(slope) for slope in slopes])


def _bowl(w: Tensor) -> Tensor:
    return (w - 1).square().sum() + w[0] * w[1] + w[-1] ** 3


_slopes = function(
    _differences,
    (_bowl, torch.tensor([0.5, -1.0, 2.0]), 0.01),
    (lambda w: experiment.load_valley().loss(w), torch.tensor([0.1, 0.9]), 0.1),
    tolerance=1e-3,
    reasons=[
        (
            lambda loss, w, e: torch.stack(
                [loss(w + e * d) - loss(w - e * d) for d in torch.eye(len(w))]
            ),
            "That is by how much the loss changes. A slope is the change divided by the way, 2e.",
        ),
        (
            lambda loss, w, e: 2 * _differences(loss, w, e),
            "Twice too steep: from w - e to w + e the way is 2e.",
        ),
        (
            lambda loss, w, e: torch.stack(
                [(loss(w + e * d) - loss(w)) / e for d in torch.eye(len(w))]
            ),
            "Nearly: from w to w + e the slope changes. Look to both sides, at w + e and w - e.",
        ),
        (
            lambda loss, w, e: (loss(w + e) - loss(w - e)) / (2 * e) * torch.ones(len(w)),
            "You moved all weights together. Move one, and leave the others where they are.",
        ),
        (
            lambda loss, w, e: -_differences(loss, w, e),
            "You go from w + e to w - e: turn it round.",
        ),
    ],
)

differences = Exercise(
    prompt="Return the slope of `loss` along each weight, by looking e to both sides.",
    starter="def differences(loss, w, e):\n    return ____",
    hints=(
        "Each row of `torch.eye(len(w))` is a direction that changes one weight alone.",
        "For each direction: the loss at `w + e * way` less that at `w - e * way`, over 2e.",
        "Collect the slopes in a list, then `torch.stack` it.",
    ),
    answer=(
        "def differences(loss, w, e):\n"
        "    slopes = []\n"
        "    for way in torch.eye(len(w)):\n"
        "        slopes.append((loss(w + e * way) - loss(w - e * way)) / (2 * e))\n"
        "    return torch.stack(slopes)"
    ),
    checker=_slopes,
    also_wrong=(lambda loss, w, e: None, 0.5),
    praise="Slow, but it needs no calculus: anyone who writes gradients by hand checks them so.",
)


class _Learner(nn.Sequential):
    """Two layers that are handed to an answer as they are: the checker looks at them afterwards."""

    def __deepcopy__(self, _: dict) -> _Learner:
        return self


def _learn_with(train: Callable, seed: int = 200) -> tuple[float, Tensor]:
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


_LOOPS: list[tuple[Callable, str]] = [
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


def _check_loop(answer: Any) -> str | None:
    if not callable(answer):
        raise CannotCheckError(f"A function is wanted: pass its name. This is {kind_of(answer)}.")
    said, weights = _learn_with(answer)
    wanted, ours = _learn_with(_loop())
    if torch.allclose(weights, ours, atol=1e-5):
        if abs(said - wanted) < 1e-3:
            return None
        return f"The weights are right. Return the last loss, {wanted:.3f}; you return {said:.3f}."
    for wrong, reason in _LOOPS:
        if torch.allclose(weights, _learn_with(wrong)[1], atol=1e-5):
            return reason
    return f"After 20 steps your last loss is {said:.3f}; {wanted:.3f} is what this loop reaches."


loop = Exercise(
    prompt="Complete the training loop.",
    starter=(
        "def train(model, x, person):\n"
        "    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)\n"
        "    for _ in range(20):\n"
        "        loss = ____\n"
        "    return loss.item()"
    ),
    hints=(
        "The loss is the cross-entropy of `model(x)` with `person`.",
        "Three lines follow it in the loop: empty the gradients, go backwards, take the step.",
        "They are `optimiser.zero_grad()`, `loss.backward()` and `optimiser.step()`.",
    ),
    answer=(
        "def train(model, x, person):\n"
        "    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)\n"
        "    for _ in range(20):\n"
        "        loss = cross_entropy(model(x), person)\n"
        "        optimiser.zero_grad()\n"
        "        loss.backward()\n"
        "        optimiser.step()\n"
        "    return loss.item()"
    ),
    checker=Checker(_check_loop, tuple(wrong for wrong, _ in _LOOPS)),
    also_wrong=(lambda model, x, person: 3.0, 3.0),
    praise="The same weights as the library's loop. All training in this course is these lines.",
    context={"cross_entropy": cross_entropy},
)

report = NumberQuiz(
    "After each of four epochs, validation top-1 was 60, 78, 88, 85 % and test top-1 58, 77, 81, "
    "86 %. You may stop when you like. Which test top-1 may you report?",
    wanted=81,
    tolerance=0.5,
    unit="%",
    reasons={
        86: "The test images chose that epoch: on new images it would not be the best.",
        88: "That is the validation top-1. It chose the epoch, so it flatters as well.",
        3: "That is the epoch. Which test top-1 stands there?",
    },
    praise="Lower than the best, and honest: validation chose the epoch, the test had no say.",
)

batches = Quiz(
    "200 photographs, 60 epochs. What changes if a batch is 1 photograph, 40, or all 200?",
    {
        "Only the time: the weights end where they would": "Each batch size walks another path.",
        "Smaller batches: fewer steps, each by a better gradient": "The other way round: an epoch "
        "of batches of 1 is 200 steps, and one photograph says little about the others.",
        "Smaller batches: more steps, each by a noisier gradient": "1 gives 12,000 steps, 40 gives "
        "300, 200 gives 60; the fewer photographs a gradient is averaged over, the noisier it is.",
        "All 200 at once is best, since its gradient is exact": "Exact, but only 60 steps: "
        "whether that is better must be measured.",
    },
    right="c",
)

TARGET = 68  # %, the bar of `learn`, chosen on splits 300 to 304
_SPLITS = 210, 211, 212


def _check_learner(answer: Any) -> str | None:
    if not callable(answer):
        raise CannotCheckError(f"A function is wanted: pass its name. This is {kind_of(answer)}.")
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


def _learner(
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


yours = Exercise(
    prompt="Train a network on one photograph a person, and return it.",
    starter=(
        "def learn(images, person):\n"
        "    body = nn.Flatten(), nn.LayerNorm(168), nn.Linear(168, 64), nn.ReLU()\n"
        "    model = nn.Sequential(*body, nn.Linear(64, 40))\n"
        "    return ____"
    ),
    hints=(
        "Begin with your training loop: an optimiser, some hundred steps, the cross-entropy.",
        "The pixels are whole numbers from 0 to 255: `images / 255` makes inputs of them.",
        "Let `data.Augment()` change the images anew at every step, with a `torch.Generator()`.",
    ),
    answer=(
        "def learn(images, person):\n"
        "    chance = torch.Generator().manual_seed(0)\n"
        "    augment = data.Augment()\n"
        "    torch.manual_seed(0)\n"
        "    body = nn.Flatten(), nn.LayerNorm(168), nn.Linear(168, 64), nn.ReLU()\n"
        "    model = nn.Sequential(*body, nn.Linear(64, 40))\n"
        "    optimiser = torch.optim.Adam(model.parameters(), lr=0.003)\n"
        "    for step in range(300):\n"
        "        logits = model(augment(images, chance))\n"
        "        loss = cross_entropy(logits, person)\n"
        "        optimiser.zero_grad()\n"
        "        loss.backward()\n"
        "        optimiser.step()\n"
        "    return model.eval()"
    ),
    checker=Checker(
        _check_learner,
        (
            _learner(300, 0.003, None),  # learns by heart
            _learner(0, 0.003, Augment()),  # has learnt nothing
            _learner(10, 0.003, Augment()),  # stops too early
            _learner(300, 3.0, Augment()),  # takes far too large steps
        ),
    ),
    also_wrong=(lambda images, person: person, nn.Identity),
    praise="You trained a network, and it names people in photographs that it has never seen.",
    context={"cross_entropy": cross_entropy},
)

EXERCISES, QUIZZES = collect("02", globals())
