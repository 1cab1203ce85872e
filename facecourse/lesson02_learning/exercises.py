"""Lesson 02, how a network learns: its exercises and quizzes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from facecourse.kit.charts import side_by_side
from facecourse.kit.checkers import as_numbers, draw_normal, function, number, run, tensor
from facecourse.kit.exercise import Checker, Exercise, collect
from facecourse.kit.quiz import NumberQuiz, Quiz
from facecourse.lesson02_learning import descent, figures

layer = Exercise(
    prompt="The outputs of the three neurons, ReLU included.",
    starter="h = ____",
    hints=(
        "First z: one row of W for each neuron, `W @ x`, and its bias.",
        "ReLU lets what is positive through and makes everything else zero: `torch.relu`.",
    ),
    answer="h = torch.relu(W @ x + b)",
    checker=tensor(
        torch.tensor([0.0, 2.0, 1.0]),
        reasons=[
            (torch.tensor([-0.25, 2.0, 1.0]), "That is z. ReLU comes after it: no negative left."),
            (torch.tensor([0.0, 2.5, 0.0]), "The biases are missing."),
            (torch.tensor([0.0, 3.5, 2.75]), "That is x @ W: the columns. A neuron is a row."),
        ],
        draw=side_by_side,
    ),
    praise="The first neuron is silent for this x: its z is below zero, where ReLU is flat.",
    context={
        "x": torch.tensor([0.5, -1.0, 2.0]),
        "W": torch.tensor([[1.0, 2.0, 0.5], [2.0, -1.0, 0.25], [-1.0, 0.5, 0.5]]),
        "b": torch.tensor([0.25, -0.5, 1.0]),
    },
)

surprise = Exercise(
    prompt="The cross-entropy of a photograph whose person got the probability 1/40.",
    starter="loss = ____",
    hints=(
        "Cross-entropy looks at one probability only, that of the right person.",
        "Its natural logarithm, `p.log()`, is below zero; a loss is not.",
    ),
    answer="loss = -p.log()",
    checker=number(
        math.log(40),
        tolerance=1e-2,
        reasons={
            -math.log(40): "A loss is not negative: log(1/40) is below zero, so take minus it.",
            math.log10(40): "That is the logarithm to base 10; the natural one is wanted.",
            math.log2(40): "That is in bits, to base 2; the natural logarithm is wanted.",
            39 / 40: "That is 1 - p, how far the probability is from 1. Take the logarithm of p.",
        },
    ),
    also_wrong=(1 / 40,),
    praise="About 3.69: where a run with cross-entropy begins, or nearly.",
    context={"p": torch.tensor(1 / 40)},
)

softmax = Exercise(
    prompt="Turn each row of logits into probabilities that add up to 1.",
    starter="def softmax(logits):\n    return ____",
    hints=(
        "`exp` makes every logit positive; then divide each row by its sum (`keepdim=True`).",
        "Before that, subtract each row's largest logit, `logits.amax(1, keepdim=True)`.",
    ),
    answer=(
        "def softmax(logits):\n"
        "    shifted = (logits - logits.amax(1, keepdim=True)).exp()\n"
        "    return shifted / shifted.sum(1, keepdim=True)"
    ),
    checker=function(
        lambda logits: logits.softmax(1),
        (torch.tensor([[2.0, 0.0, -1.0], [0.5, 0.5, 3.0]]),),
        (torch.tensor([[1000.0, 999.0], [-1000.0, -1200.0]]),),
        reasons=[
            (
                lambda z: z.exp() / z.exp().sum(1, keepdim=True),
                "Right for small logits, but exp(1000) is too large for any float: subtract each "
                "row's largest logit first, it cancels.",
            ),
            (
                lambda z: (z - z.max()).exp() / (z - z.max()).exp().sum(1, keepdim=True),
                "One maximum for all rows leaves zeros of a row that lies far below it, and 0 / 0 "
                "is no number: subtract each row's own.",
            ),
            (lambda z: z.softmax(0), "Your columns add up to 1. Each row is one photograph."),
            (lambda z: z.exp() / z.exp().sum(), "All numbers together add up to 1; each row must."),
            (torch.sigmoid, "Those are sigmoids, one by one: a row doesn't add up to 1."),
            (lambda z: z / z.sum(1, keepdim=True), "The exponential is missing."),
        ],
        draw=side_by_side,
    ),
    praise="It stays right for logits of a thousand, too.",
)


backward = Exercise(
    prompt="Pass the gradient of the logits back to z1, through W2 and the tanh.",
    starter="def backward(d_z2, W2, h):\n    return ____",
    hints=(
        "z2 = h @ W2.T + b2, so the gradient of h is d_z2 @ W2, one row a photograph.",
        "Then multiply by the slope of tanh at each neuron, one minus the square of `h`.",
    ),
    answer="def backward(d_z2, W2, h):\n    return (d_z2 @ W2) * (1 - h**2)",
    checker=function(
        lambda d_z2, W2, h: (d_z2 @ W2) * (1 - h**2),
        (draw_normal(6, 4, seed=2), draw_normal(4, 9, seed=3), draw_normal(6, 9, seed=4).tanh()),
        (draw_normal(1, 3, seed=5), draw_normal(3, 2, seed=6), draw_normal(1, 2, seed=7).tanh()),
        reasons=[
            (lambda d_z2, W2, h: d_z2 @ W2, "That is the gradient of h. What does tanh do to it?"),
            (lambda d_z2, W2, h: (d_z2 @ W2) * (h > 0), "That is ReLU's slope; here it is tanh."),
            (lambda d_z2, W2, h: (d_z2 @ W2) * h, "h is tanh itself; its slope is 1 - h²."),
            (lambda d_z2, W2, h: (d_z2 @ W2) * (1 - h), "Nearly: one minus the *square* of h."),
        ],
        draw=side_by_side,
    ),
    praise="Repeat this for every layer, from the last to the first: that is backpropagation.",
)


def _rmsprop(weights: Tensor, gradient: Tensor, s: Tensor) -> Tensor:
    return weights - 0.03 * gradient / (s.sqrt() + 1e-8)


_one_step = function(
    _rmsprop,
    (torch.tensor([0.5, -1.0]), torch.tensor([4.0, 0.1]), torch.tensor([4.0, 0.04])),
    (torch.tensor([-1.5, 0.5]), torch.tensor([-0.2, 3.0]), torch.tensor([0.01, 2.25])),
    reasons=[
        (lambda w, g, s: w - 0.03 * g / s, "s holds *squared* gradients: divide by its root."),
        (lambda w, g, s: w + 0.03 * g / s.sqrt(), "You go uphill: subtract the step."),
        (lambda w, g, s: w - 0.03 * g, "That is gradient descent: s is missing."),
        (lambda w, g, s: w - 0.03 * g * s.sqrt(), "Divide by the root of s, don't multiply."),
        (lambda w, g, s: -0.03 * g / s.sqrt(), "That is the step. Add it to the weights."),
    ],
)


def _walk(step: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Tensor:
    """Where 40 of these steps lead: (41, 2)."""
    surface, path, s = descent.valley(), [descent.START], torch.zeros(2)
    for _ in range(40):
        gradient = surface.gradient(path[-1])
        s = 0.9 * s + 0.1 * gradient.square()
        (weights,) = run(step, (path[-1], gradient, s))
        path.append(as_numbers(weights).float().reshape(2))
    return torch.stack(path)


def _check_rmsprop(answer: Any) -> str | None:
    """One step decides, for rounding grows on the way; the walk is drawn to be looked at."""
    reason = _one_step(answer)
    if reason is None or "The shape is" not in reason:
        surface, yours, wanted = descent.valley(), _walk(answer), _walk(_rmsprop)
        if yours.abs().max() < 3:  # farther away the valley would be a dot
            figures.draw_paths(surface.loss, surface.minimum, {"yours": yours, "wanted": wanted})
    return reason


rmsprop = Exercise(
    prompt="Return the weights after one step of RMSprop.",
    starter="def rmsprop(weights, gradient, s):\n    return ____",
    hints=(
        "It is gradient descent, whose gradient is divided by something first.",
        "Divide the gradient by `s.sqrt()` plus 1e-8, multiply by 0.03, subtract from weights.",
    ),
    answer=(
        "def rmsprop(weights, gradient, s):\n"
        "    return weights - 0.03 * gradient / (s.sqrt() + 1e-8)"
    ),
    checker=Checker(_check_rmsprop, _one_step.mistakes),
    also_wrong=(lambda w, g, s: None, lambda w: w, 0.03),
    praise="Adam is this with momentum, and with the start corrected.",
)

report = Exercise(
    prompt="Which test top-1 may you report, if you may stop after any of these epochs?",
    starter="reported = ____",
    hints=(
        "Something has to choose the epoch. Which images may do that?",
        "Find the epoch with the highest validation top-1, then read the test top-1 there.",
    ),
    answer="reported = test[validation.index(max(validation))]",
    checker=number(
        0.81,
        reasons={
            0.86: "The test images chose that epoch: on new images it would not be the best.",
            0.84: "That is the last epoch. Stopping is allowed, and validation says when.",
            0.88: "That is the validation top-1. It chose the epoch, so it flatters as well.",
            2: "That is the epoch. Which test top-1 stands there?",
            3: "That is the epoch. Which test top-1 stands there?",
        },
    ),
    praise="Lower than two others, and honest: validation chose the epoch, the test had no say.",
    context={"validation": [0.60, 0.78, 0.88, 0.85, 0.83], "test": [0.58, 0.77, 0.81, 0.86, 0.84]},
)

confident = Quiz(
    "A network is sure of the wrong person. Why does the squared error of its softmax output "
    "hardly move it?",
    {
        "The loss is small there": "The loss is nearly 2 there, as large as it gets.",
        "The slope of softmax is nearly zero there": "The loss is large but flat: the gradient "
        "is multiplied by the slope of softmax, and that is nearly zero where softmax is sure.",
        "The learning rate is too low by a factor of 40": "The gradient goes to zero the "
        "surer the network is: a higher rate helps a little, and a much higher one breaks down.",
        "Squared errors cannot be differentiated": "They can: the figure shows their gradient.",
    },
    right="b",
)

leaks = Quiz(
    "Which of these flatter the test top-1 that is reported?",
    {
        "Train five seeds and report the best test top-1": "The test itself has chosen it.",
        "Choose the dropout rate on validation images": "That is what validation images are for.",
        "Make augmented copies of all photographs, then split": "Parted twins are test images the "
        "network has almost seen.",
        "Evaluate on the test images once, at the end": "Once, when all is chosen, is right.",
        "Stop training when the test loss rises": "Then the test images choose the epoch.",
    },
    right="a, c, e",
)

same_path = NumberQuiz(
    "An article trains with v = 0.9 v + 0.1 g and the rate 0.5. Which rate gives "
    "torch.optim.SGD(momentum=0.9) the same path?",
    wanted=0.05,
    tolerance=1e-6,
    reasons={
        0.5: "PyTorch adds the whole gradient, not a tenth: its steps are ten times as long.",
        5: "The other way round: PyTorch's velocity is already ten times as large.",
        0.45: "The factor is 1 - 0.9, not 0.9.",
    },
    praise="PyTorch's velocity is ten times as large, so a tenth of the rate makes up for it.",
)

EXERCISES, QUIZZES = collect("02", globals())
