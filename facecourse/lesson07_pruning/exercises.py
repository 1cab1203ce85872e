"""Lesson 07, pruning: its exercises and quizzes."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.utils.prune import L1Unstructured

from facecourse.kit.charts import side_by_side
from facecourse.kit.checkers import draw_normal, function, number, tensor
from facecourse.kit.exercise import Exercise, collect
from facecourse.kit.quiz import NumberQuiz, Quiz


def _prune(weight: Tensor, share: float, size: Tensor) -> Tensor:
    pruned = weight.flatten().clone()
    pruned[size.flatten().argsort()[: round(share * weight.numel())]] = 0
    return pruned.view_as(weight)


_MAGNITUDE = (
    "def magnitude(weight, share):\n"
    "    count = round(share * weight.numel())\n"
    "    smallest = ____\n"
    "    pruned = weight.flatten().clone()\n"
    "    pruned[smallest] = 0\n"
    "    return pruned.view_as(weight)"
)

magnitude = Exercise(
    prompt="Return a copy of the weights in which this share of them, the smallest ones, is 0.",
    starter=_MAGNITUDE,
    hints=(
        "Small means near to 0, on either side.",
        "`x.argsort()` gives the places of the numbers in ascending order; take the first `count`.",
    ),
    answer=_MAGNITUDE.replace("____", "weight.abs().flatten().argsort()[:count]"),
    checker=function(
        lambda weight, share: L1Unstructured(share).prune(weight),
        (draw_normal(4, 6, seed=0), 0.5),
        (draw_normal(5, 3, 2, seed=1), 0.2),
        reasons=[
            (lambda w, s: _prune(w, s, w), "The most *negative* ones: -2 matters as much as 2."),
            (lambda w, s: _prune(w, s, -w.abs()), "Those are the largest, which do the work."),
            (lambda w, s: _prune(w, 1 - s, w.abs()), "That many stay; that many should go."),
        ],
        draw=side_by_side,
    ),
    also_wrong=(lambda weight, share: weight,),
    praise="Number for number what `torch.nn.utils.prune.L1Unstructured` makes of it.",
)

index = Exercise(
    prompt=(
        "A weight takes 4 bytes. Kept in a list, a weight that is not 0 takes 4 bytes and 2 more "
        "for its place. From which share of zeros on is the list the shorter file?"
    ),
    starter="share = ____",
    hints=(
        "With a share z of zeros, n weights take n * (1 - z) * 6 bytes in the list.",
        "Set that equal to 4 n.",
    ),
    answer="share = 1 - 4 / 6",
    checker=number(
        1 / 3,
        tolerance=1e-3,
        reasons={
            2 / 3: "That share may be *other* than zero: the list is shorter with more zeros.",
            0.5: "As if a place took 4 bytes, too: it takes 2.",
            0.0: "A list also stores where the weights were.",
        },
    ),
    praise="Below a third, leaving zeros out makes the file longer.",
)

kernels = draw_normal(4, 3, 3, 3, seed=5) * torch.tensor([1.0, 0.2, 2.0, 0.5]).view(4, 1, 1, 1)

norms = Exercise(
    prompt="How important is each of the four channels? The sum of its kernel's absolute weights.",
    starter="importance = ____",
    hints=(
        "`kernels` is (outputs, inputs, 3, 3): a channel is one output.",
        "`abs()` first. `sum(dim=...)` takes several dimensions: all but that of the outputs.",
    ),
    answer="importance = kernels.abs().sum(dim=(1, 2, 3))",
    checker=tensor(
        kernels.abs().sum((1, 2, 3)),
        reasons=[
            (kernels.sum((1, 2, 3)), "Positive and negative weights must not cancel: `abs()`."),
            (kernels.abs().sum((0, 2, 3)), "Those are the inputs, the second dimension."),
            (kernels.square().sum((1, 2, 3)), "That is the square of the L2 norm; here L1."),
            (kernels.abs().mean((1, 2, 3)), "The mean has the same order; we asked for the sum."),
        ],
    ),
    also_wrong=(kernels.abs().sum(),),
    praise="The second channel is the weakest: it would go first.",
    context={"kernels": kernels},
)

quarter = Exercise(
    prompt=(
        "A 3 x 3 convolution from 64 to 64 channels loses half of its outputs, and the layer "
        "before it half of its own. Which share of this layer's MACs stays?"
    ),
    starter="left = ____",
    hints=(
        "MACs are 9 * inputs * outputs * places.",
        "Its inputs are the outputs of the layer before.",
    ),
    answer="left = (32 * 32) / (64 * 64)",
    checker=number(
        0.25,
        reasons={
            0.5: "That counts its outputs alone. It reads half as many inputs, too.",
            0.75: "That is what goes.",
            0.125: "The places stay: only channels go.",
        },
    ),
    praise="So 29 % of the channels of every layer are half of the work: 0.71 times 0.71.",
)

first_half = torch.tensor([0.90, 0.94, 0.88, 0.93, 0.91])
second_half = torch.tensor([0.92, 0.90, 0.91, 0.93, 0.89])

optimism = Exercise(
    prompt=(
        "Five pruned networks, and how often each is right on two halves of the faces left over. "
        "Choose by the first half: what do you report?"
    ),
    starter="reported = ____",
    hints=(
        "Choose the network that is best on the first half.",
        "Its score on the *other* half is the honest one. `argmax()` says which network is best.",
    ),
    answer="reported = second_half[first_half.argmax()]",
    checker=number(
        0.90,
        tolerance=1e-4,
        reasons={
            0.94: "That is the score it was chosen for: luck is part of it.",
            0.93: "That was chosen by the half you report on.",
            0.92: "Half of that is the score it was chosen for.",
            0.91: "Which network is that? Choose one by the first half.",
        },
    ),
    praise="Chosen and reported on the same faces it would have been 0.94.",
    context={"first_half": first_half, "second_half": second_half},
)


frozen = Quiz(
    "An article sets `trainable = False` for every layer and calls that pruning. What is smaller "
    "afterwards?",
    {
        "the file": "Every weight is still in it.",
        "the time of an image": "Every multiplication is still done.",
        "the number of weights that training moves": "Which is freezing, lesson 04's word for it.",
        "the number of weights": "`trainable` says who learns, not who is there.",
    },
    right="c",
)

together = Quiz(
    "A residual block adds its input to what its second convolution makes. One channel of that "
    "convolution's output is pruned. What else must go?",
    {
        "the same channel of the block's input": "The two are added, so they need the same shape.",
        "its batch norm's numbers for that channel": "A batch norm has four numbers a channel.",
        "what the next layers read from that channel": "Their kernels lose one input.",
        "a channel of the first convolution's output": "That one is read inside the block only.",
    },
    right="a, b, c",
)

zeros = Quiz(
    "Nine of ten weights are 0. How much faster is the network, in its ordinary dense form, in "
    "PyTorch or ONNX Runtime?",
    {
        "ten times": "If zeros were skipped. Dense kernels multiply by them like by any number.",
        "not at all": "Dense kernels don't look whether a number is 0.",
        "twice": "Some GPUs skip two of every four weights, if exactly two of each four are 0.",
        "it is slower": "It takes the same time. As a sparse matrix it would often be slower.",
    },
    right="b",
)

file = NumberQuiz(
    "Nine of ten weights are 0 and get a code of one bit, each other weight gets one of six "
    "(lesson 03's Huffman codes). How many times smaller than with 32 bits a weight is the file?",
    wanted=32 / 1.5,
    tolerance=0.5,
    unit="times",
    reasons={
        10: "That leaves a tenth of the weights at 32 bits. They take six, and a zero takes one.",
        32: "That is one bit for each. A tenth of them take six.",
        32 / 6: "That is six bits for each. Nine of ten take one.",
        32 / 3.5: "That is the mean of 1 and 6. Nine of ten weights take the shorter code.",
    },
    praise="0.9 + 0.6 bits a weight. Zeros shorten a file that counts how often a value comes.",
)

EXERCISES, QUIZZES = collect("07", globals())
