"""Lesson 03, weight sharing: its exercises and quizzes."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch.nn import functional as F

from facecourse.kit.charts import draw_panels, side_by_side
from facecourse.kit.checkers import as_numbers, find_shape, function, number, tensor
from facecourse.kit.exercise import Checker, Exercise, collect
from facecourse.kit.quiz import NumberQuiz, Quiz
from facecourse.lesson03_sharing.figures import kernel

_FROM_CENTRE = torch.arange(-8, 9).abs()
DIAMOND = ((_FROM_CENTRE[:, None] + _FROM_CENTRE) <= 6).float().view(1, 1, 17, 17)
RISING = torch.tensor([[-1.0, -1.0, 0.0], [-1.0, 0.0, 1.0], [0.0, 1.0, 1.0]])


def _finds_rising_edges(answer: Any) -> str | None:
    shape = find_shape(answer)
    if math.prod(shape) != 9 or shape[-2:] != (3, 3):
        return f"A kernel of 3 rows and 3 columns is wanted, yours has shape {shape}."
    value = as_numbers(answer).float()
    if not value.isfinite().all():
        return "Some of the nine numbers are NaN or infinite."
    value = value.reshape(3, 3)
    yours, wanted = (F.conv2d(DIAMOND, k.view(1, 1, 3, 3)) for k in (value, RISING))
    draw_panels(
        {"a diamond": DIAMOND, "your map": yours, "wanted, for example": wanted},
        "A white diamond, the map your kernel makes of it, and a map with two lit sides.",
    )
    small = 1e-5 * float(value.abs().sum())
    falling = [abs(float(value.diagonal(offset).sum())) for offset in range(-2, 3)]
    rising = [abs(float(value.flip(1).diagonal(offset).sum())) for offset in range(-2, 3)]
    if abs(float(value.sum())) > small:
        return "Inside the diamond nothing changes, but your map isn't 0 there: add up to 0."
    if max(falling) > small:
        return (
            "The sides that run like \\ light up, too: along each line from the upper left to the "
            "lower right the numbers must add up to 0. (A corner is such a line by itself.)"
        )
    if max(rising) <= small:
        return "The sides that run like / stay dark: let the two sides of such a line differ."
    return None


edges = Exercise(
    prompt="Nine numbers that see edges which run like /, and neither flat ground nor \\.",
    starter="edges = ____",
    hints=(
        "An edge like / has its two sides at the upper left and at the lower right: compare them.",
        "Negative weights at the upper left, positive ones at the lower right, zeros between.",
    ),
    answer="edges = [[-1, -1, 0], [-1, 0, 1], [0, 1, 1]]",
    checker=Checker(_finds_rising_edges),
    also_wrong=(
        [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
        RISING.flip(1),
        RISING.flip(1).view(1, 1, 3, 3),
        kernel("spots"),
        kernel("blur"),
        torch.zeros(3, 3),
        [1, 0, -1],
        "rising",
        torch.full((3, 3), float("nan")),
    ),
    praise="Upper left against lower right, at each place with the same nine numbers.",
)

average_pool = Exercise(
    prompt="Return the mean of each 2 x 2 window, windows side by side.",
    starter="def average_pool(images):\n    return ____",
    hints=(
        "`images[..., ::2, ::2]` is the upper left pixel of each window. And the other three?",
        "The upper right one is `images[..., ::2, 1::2]`. Add all four, and divide.",
    ),
    answer=(
        "def average_pool(images):\n"
        "    upper = images[..., ::2, ::2] + images[..., ::2, 1::2]\n"
        "    lower = images[..., 1::2, ::2] + images[..., 1::2, 1::2]\n"
        "    return (upper + lower) / 4"
    ),
    checker=function(
        lambda images: F.avg_pool2d(images, 2),
        (torch.arange(24.0).view(1, 1, 4, 6),),
        (torch.rand(2, 3, 8, 4, generator=torch.Generator().manual_seed(0)),),
        reasons=[
            (lambda images: F.max_pool2d(images, 2), "That is the largest of each, max pooling."),
            (lambda images: 4 * F.avg_pool2d(images, 2), "That is the sum. Divide it by four."),
            (lambda images: F.avg_pool2d(images, 2, stride=1), "Your windows overlap: move by 2."),
            (lambda images: images[..., ::2, ::2], "That picks one of four and forgets three."),
        ],
        draw=side_by_side,
    ),
    praise="Four numbers become one, and nothing was learnt for it.",
)

count = Exercise(
    prompt="The number of weights in this layer.",
    starter="weights = ____",
    hints=(
        "One kernel looks at a 3 x 3 window in *all* 24 channels.",
        "There are 48 such kernels, and the size of the image doesn't matter.",
    ),
    answer="weights = 48 * 24 * 3 * 3",
    checker=number(
        48 * 24 * 9,
        reasons={
            48 * 24: "That is the articles' formula: it leaves out the 3 x 3 window.",
            48 * 9: "Each kernel looks at all 24 channels, not at one.",
            24 * 9: "That is one kernel. There are 48.",
            48 * 24 * 9 + 48: "There is no bias here (`bias=False`).",
            48 * 24 * 9 * 28 * 23: "The weights are the same at every place: they count once.",
        },
    ),
    praise="10,368, for an image of any size.",
)

_PER_PLACE = torch.tensor([[0.5, -1.0, 0.0], [1.5, 0.0, 2.0], [-1.0, 0.5, 0.5], [0.0, 1.5, 0.5]])

gradient = Exercise(
    prompt="How far one step of gradient descent moves each of the three shared weights.",
    starter="step = ____",
    hints=(
        "Moving the shared weight moves it at all four places at once: effects add up.",
        "Add the gradients over the places, the first dimension; then go against them.",
    ),
    answer="step = -0.1 * per_place.sum(0)",
    checker=tensor(
        -0.1 * _PER_PLACE.sum(0),
        reasons=[
            (-0.1 * _PER_PLACE.mean(0), "That is the mean. Each place adds its whole effect."),
            (0.1 * _PER_PLACE.sum(0), "That is uphill: gradient descent goes *against* it."),
            (_PER_PLACE.sum(0), "That is the gradient. The step is minus the rate times it."),
            (-0.1 * _PER_PLACE.sum(1), "You added the three weights at each place. Add places."),
        ],
        draw=side_by_side,
    ),
    praise="One weight in four places: four effects, added.",
    context={"per_place": _PER_PLACE},
)

codebook = Exercise(
    prompt="The codes of all weights plus the codebook, in bytes.",
    starter="size = ____",
    hints=(
        "16 values are told apart by 4 bits, and a byte has 8.",
        "The codebook itself holds 16 numbers of 32 bits, 4 bytes each.",
    ),
    answer="size = 82_944 * 4 / 8 + 16 * 4",
    checker=number(
        41_536,
        reasons={
            82_944 * 4 / 8: "The codes alone. Someone has to know which value a code means.",
            82_944 * 4 / 8 + 16: "A value of 32 bits takes four bytes, not one.",
            82_944 * 4 / 8 + 8: "The values themselves have 32 bits, not 4: only codes are short.",
            82_944 * 4: "That is the layer with 32 bits (4 bytes) a weight. A code has 4 *bits*.",
            82_944 * 16 / 8 + 64: "16 values need codes of log2(16) bits, not of 16.",
            8 * 41_536: "That is in bits.",
        },
    ),
    praise="An eighth of 331,776; the codebook is hardly worth mentioning.",
)


work = Quiz(
    "Conv2d has 120 times fewer weights than the locally connected layer with the same windows. "
    "How many multiplications does it need for one face?",
    {
        "120 times fewer": "A shared weight multiplies again at each place.",
        "fewer, by the number of channels": "Both have the same channels.",
        "just as many": "Each place multiplies its window with a kernel, whoever owns that kernel.",
        "more, because the kernel has to move": "Nothing moves: all places are computed at once.",
    },
    right="c",
)

pooling = Quiz(
    "An article says that training 'updates the pooling kernel'. What does training change in "
    "nn.MaxPool2d(2)?",
    {
        "the four weights of its window": "It has none: it takes the largest of four numbers.",
        "the size of its window": "That is chosen by whoever builds the network.",
        "nothing": "It has no parameters; gradients only pass through it, to the largest number.",
        "which of the four numbers it takes": "The input decides that; nothing is learnt.",
    },
    right="c",
)

sharers = Quiz(
    "In which of these does one weight do the work of many?",
    {
        "nn.Conv2d": "A convolution uses its kernel at every place.",
        "two layers made with the same seed": "They start equal, and nothing keeps them so.",
        "a Siamese pair": "Both branches of a Siamese pair are one module.",
        "nn.Linear on a flattened image": "There each pixel has weights of its own.",
        "an RNN": "An RNN uses the same matrices at every step.",
        "a layer with a codebook": "A codebook's value stands wherever its code stands.",
    },
    right="a, c, e, f",
)

little = NumberQuiz(
    "The first layer of FaceCNN has only 216 weights. How many bytes would codes of one byte and a "
    "codebook of 256 values (32 bits each) take?",
    wanted=1240,
    tolerance=0.5,
    unit="bytes",
    reasons={
        216: "The codes alone. The codebook has to be stored, too.",
        1024: "The codebook alone. Each weight needs a code, too.",
        864: "Those are the 216 weights as they are, with 32 bits each.",
        472: "A value of 32 bits takes four bytes, not one.",
    },
    praise="More than the 864 bytes of the layer as it is: a codebook has to be worth its place.",
)

EXERCISES, QUIZZES = collect("03", globals())
