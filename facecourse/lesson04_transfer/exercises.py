"""Lesson 04, transfer learning: its exercises and quizzes."""

from __future__ import annotations

import torch
from torch import Tensor

from facecourse.kit.charts import side_by_side
from facecourse.kit.checkers import function, number, tensor
from facecourse.kit.exercise import Exercise, collect
from facecourse.kit.quiz import NumberQuiz, Quiz

new_layers = Exercise(
    prompt="The weights and biases of the two new layers, added up.",
    starter="learnt = ____",
    hints=(
        "Fully connected: a weight for each pair of input and output, and a bias for each output.",
        "512 inputs and 1,024 outputs; then 1,024 inputs and 40 outputs.",
    ),
    answer="learnt = (512 + 1) * 1024 + (1024 + 1) * 40",
    checker=number(
        566_312,
        reasons={
            512 * 1024 + 1024 * 40: "The biases are missing, one for each output.",
            513 * 1024: "That is the first of the two. The names need a layer, too.",
            1025 * 40: "That is the last of the two. The 1,024 units are new as well.",
            513 * 1024 * 1025 * 40: "Layers add up, they don't multiply.",
            7 * 7 * 512 * 1024 + 1024 + 1025 * 40: "That flattens 7 x 7 places. The mean over "
            "places leaves one number for each of the 512 channels.",
        },
    ),
    praise="566,312, and forty photographs to learn them from.",
)

_STORED = torch.tensor([0.0, 1.0, 2.0, -1.0])
_BATCH = torch.tensor([[2.0, 1.0, 0.0, 3.0], [4.0, 1.0, 2.0, 1.0], [3.0, 4.0, 1.0, -1.0]])

drift = Exercise(
    prompt="The running mean after this batch: nine parts of the stored one, one part of the new.",
    starter="running_mean = ____",
    hints=(
        "The batch's own mean is taken over its faces, the first dimension.",
        "0.9 times `stored_mean` plus 0.1 times `batch.mean(0)`.",
    ),
    answer="running_mean = 0.9 * stored_mean + 0.1 * batch.mean(0)",
    checker=tensor(
        0.9 * _STORED + 0.1 * _BATCH.mean(0),
        reasons=[
            (_BATCH.mean(0), "That forgets all that was stored. The batch counts for a tenth."),
            (0.1 * _STORED + 0.9 * _BATCH.mean(0), "The other way round: the stored mean stays."),
            (_STORED, "Nothing has moved. That would be evaluation mode."),
            (0.9 * _STORED + 0.1 * _BATCH.sum(0), "That is the sum over the faces, not the mean."),
            (_STORED + 0.1 * _BATCH.mean(0), "The stored mean must shrink to nine tenths."),
        ],
        draw=side_by_side,
    ),
    praise="Three faces have moved a network in which not a single weight may learn.",
    context={"stored_mean": _STORED, "batch": _BATCH},
)


def _rates(last: float, layers: int) -> Tensor:
    return last / 3.0 ** torch.arange(layers - 1, -1, -1)


rates = Exercise(
    prompt="Return a learning rate for each layer, the first layer first.",
    starter="def rates(last, layers):\n    return ____",
    hints=(
        "The last layer gets `last`, the one before it `last / 3`, the one before that `last / 9`.",
        "`[last / 3 ** (layers - 1 - i) for i in range(layers)]`, or with torch.arange.",
    ),
    answer=(
        "def rates(last, layers):\n"
        "    return [last / 3 ** (layers - 1 - layer) for layer in range(layers)]"
    ),
    checker=function(
        _rates,
        (0.009, 4),
        (1.0, 1),
        (0.3, 6),
        reasons=[
            (lambda last, layers: _rates(last, layers).flip(0), "The first layer must be slowest."),
            (
                lambda last, layers: _rates(last, layers) / 3,
                "The last layer learns at `last` itself, not at a third of it.",
            ),
            (
                lambda last, layers: last * torch.arange(1, layers + 1) / layers,
                "These rise by equal steps. Each should be three times the one before.",
            ),
            (lambda last, layers: torch.full((layers,), last), "All of them are equal."),
        ],
        draw=side_by_side,
    ),
    praise="Early layers barely move; whether that helps is measured below.",
)

low_rank = Exercise(
    prompt="How many numbers the adapter learns.",
    starter="adapter = ____",
    hints=(
        "A has as many columns as the layer has inputs, B as many rows as it has outputs.",
        "A is 4 x 1,536 and B is 128 x 4.",
    ),
    answer="adapter = 4 * 1536 + 128 * 4",
    checker=number(
        6656,
        reasons={
            128 * 1536: "That is the whole matrix, which stays as it is.",
            4 * 1536: "That is A alone.",
            128 * 4: "That is B alone.",
            4 * 1536 * 128: "A and B are stored side by side, not multiplied out.",
            4 * 4: "A and B have four rows or columns on one side only.",
        },
    ),
    praise="6,656 instead of 196,608, and they can be multiplied into the matrix afterwards.",
)

_GENERATOR = torch.Generator().manual_seed(4)
_READ, _DESCRIBED = (torch.rand(n, 3, generator=_GENERATOR) for n in (6, 4))
_CORNER, _SIDES = torch.zeros(1, 3), torch.tensor([[0.5, 0.5, 0.5], [1.0, 0.0, 0.0]])

witness = Exercise(
    prompt="Return for each row of `read` the row of `described` that lies nearest.",
    starter="def witness(read, described):\n    return ____",
    hints=(
        "`torch.cdist(a, b)` holds the distance of each row of a from each row of b.",
        "The place of the smallest number in each row: `.argmin(1)`.",
    ),
    answer="def witness(read, described):\n    return torch.cdist(read, described).argmin(1)",
    checker=function(
        lambda read, described: torch.cdist(read, described).argmin(1),
        (_READ, _DESCRIBED),
        (_DESCRIBED, _DESCRIBED.flip(0)),
        (_CORNER, _SIDES),
        reasons=[
            (
                lambda r, d: torch.cdist(r, d, p=1).argmin(1),
                "That adds up the differences. Here the distance is the ordinary, straight one.",
            ),
            (lambda r, d: torch.cdist(r, d).argmax(1), "That is the *least* similar description."),
            (lambda r, d: torch.cdist(r, d), "Those are the distances. Whose is the smallest?"),
            (lambda r, d: torch.cdist(r, d).amin(1), "That is how near it is, not which one."),
            (
                lambda r, d: (r @ d.T).argmax(1),
                "A dot product favours descriptions with large numbers. Take the distance.",
            ),
            (
                lambda r, d: torch.cdist(r, d).argmin(0),
                "That finds a picture for each description. We ask the other way round.",
            ),
        ],
    ),
    praise="Nobody has seen a picture of these people, and still they get names.",
)


aim = Quiz(
    "A recogniser is moved from office photographs to photographs of a night entrance. What should "
    "it become?",
    {
        "as close as possible to the old one, on the new photographs": "It could be that already "
        "by staying what it is, with all its mistakes.",
        "as right as possible on the new photographs": "The expected loss is taken over the "
        "target, and the old function is only where we start.",
        "as right as possible on both kinds at once": "That is another aim (learning without "
        "forgetting). Here nobody asks about the office any more.",
        "one whose features look alike in both places": "That can help (domain adaptation), but "
        "features may agree perfectly and say nothing about who it is.",
    },
    right="b",
)

mode = Quiz(
    "All parameters have requires_grad = False, and the network is in training mode. What does "
    "showing it a batch change?",
    {
        "the running means of batch norm": "Running means are buffers, not parameters.",
        "the running variances of batch norm": "Neither are running variances.",
        "the weights of the convolutions": "They have no gradient, so no optimiser moves them.",
        "what it says of a face, depending on the others in the batch": "In training mode batch "
        "norm uses the batch's own mean and variance.",
        "the scale and shift that batch norm learnt": "Those are parameters, and frozen.",
    },
    right="a, b, d",
)

forgetting = NumberQuiz(
    "With momentum 0.1, how much of a stored running mean is left after 10 batches, in percent?",
    wanted=34.9,
    tolerance=0.6,
    unit="%",
    reasons={
        0: "Each batch takes a tenth of what is *left*, so something always stays.",
        65.1: "That is what has been replaced.",
        90: "That is after one batch.",
        10: "That is what one batch takes.",
        0.349: "As a share that is right; the answer is wanted in percent.",
    },
    praise="0.9 to the power of 10: ten small batches, and two thirds of it are gone.",
)

kind = Quiz(
    "A phone learns its owner's face from a single photograph and never saw the owner before. "
    "Which is it?",
    {
        "zero-shot learning": "There is an example. Zero-shot has nothing but a description.",
        "one-shot learning": "One example of the new class, and features learnt on other people.",
        "training from scratch": "One photograph could not teach what a face is.",
        "nothing but transfer to a known person": "The owner was in nobody's training data.",
    },
    right="b",
)

EXERCISES, QUIZZES = collect("04", globals())
