"""Lesson 03, weight sharing: its exercises."""

import math
from functools import cache
from typing import Any
from unittest.mock import Mock, patch

import torch
from torch import Tensor
from torch.nn import functional as F

from facecourse.kit.charts import draw_panels, side_by_side
from facecourse.kit.checkers import as_numbers, draw_normal, find_shape, function
from facecourse.kit.exercise import Checker, Exercise, collect
from facecourse.lesson03_sharing import experiment
from facecourse.lesson03_sharing.figures import KERNELS, draw_answers

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
        KERNELS["vertical edges"],
        RISING.flip(1).view(1, 1, 3, 3),
        KERNELS["spots"],
        KERNELS["blur"],
        torch.zeros(3, 3),
        [1, 0, -1],
        "rising",
        torch.full((3, 3), float("nan")),
    ),
    praise="Upper left against lower right, at each place with the same nine numbers.",
)


def _without_conv2d(checker: Checker) -> Checker:
    """A checker that judges while PyTorch has no conv2d."""
    refused = Mock(side_effect=NotImplementedError("this exercise is to be done without conv2d"))

    def judge(answer: Any) -> str | None:
        with patch.object(F, "conv2d", refused), patch.object(torch, "conv2d", refused):
            return checker.judge(answer)

    return Checker(judge, checker.mistakes, lambda more: _without_conv2d(checker.know(more)))


convolve = Exercise(
    points=3,
    prompt="Maps (N, K, H - 2, W - 2) of images (N, C, H, W), kernels (K, C, 3, 3); no conv2d.",
    starter="def convolve(images, kernels):\n    return ____",
    hints=(
        "`torch.nn.functional.unfold(images, 3)` has the shape (N, C * 9, places): a window of all "
        "channels is one column.",
        "`kernels.flatten(1)` has the shape (K, C * 9). Multiply by `@`, then give the places "
        "their rows back with `unflatten(2, (height, width))`.",
    ),
    answer="""\
def convolve(images, kernels):
    height, width = images.shape[2] - 2, images.shape[3] - 2
    windows = torch.nn.functional.unfold(images, 3)
    maps = kernels.flatten(1) @ windows
    return maps.unflatten(2, (height, width))""",
    checker=_without_conv2d(
        function(
            F.conv2d,
            (draw_normal(1, 1, 5, 6, seed=1), draw_normal(1, 1, 3, 3, seed=2)),
            (draw_normal(2, 2, 6, 4, seed=3), draw_normal(3, 2, 3, 3, seed=4)),
            draw=side_by_side,
        )
    ),
    slips={
        "kernels.flatten -> kernels.flip(2, 3).flatten": "You mirror the kernel. Mathematicians "
        "do, networks don't.",
        "kernels.flatten -> kernels.transpose(2, 3).flatten": "Your kernel is transposed: its rows "
        "lie along the picture's columns.",
        "unfold(images, 3)\n    maps = kernels. "
        "-> unfold(images[:, :1], 3)\n    maps = kernels[:, :1].": "You read the first channel "
        "only. A kernel looks at all channels and adds up.",
        "@ windows -> @ windows / kernels[0].numel()": "You take the mean of the products. A "
        "convolution is their sum.",
        "    height "
        "->     images = torch.nn.functional.pad(images, (1, 1, 1, 1))\n    height": "Your maps "
        "are as large as the picture: only windows inside it count here.",
    },
    also_wrong=(
        lambda images, kernels: kernels.flatten(1) @ F.unfold(images, 3),
        lambda images, kernels: F.conv2d(images, kernels),
        lambda images, kernels: torch.conv2d(images, kernels),
    ),
    praise="One matrix product, for any number of channels and kernels.",
)


def _tune(weight: Tensor, codes: Tensor, codebook: Tensor, gradient: Tensor) -> Tensor:
    sums = torch.zeros_like(codebook).index_add_(0, codes, gradient)
    return (codebook - 0.1 * sums)[codes]


_CODES = torch.tensor([0, 1, 2, 1, 0, 1])
_BOOK = torch.tensor([-0.5, 0.25, 1.0])
_MORE_CODES = torch.arange(40) * 3 % 7 % 4

tune = Exercise(
    prompt="The weight after one step of gradient descent on its codebook.",
    starter="def tune(weight, codes, codebook, gradient):\n    return ____",
    hints=(
        "Moving a code word moves every weight with its code: its gradient is the sum of theirs.",
        "`gradient[codes == k].sum()` is that of code word k. Step against it, then read the new "
        "codebook by `codes`.",
    ),
    answer="""\
def tune(weight, codes, codebook, gradient):
    sums = [gradient[codes == k].sum() for k in range(len(codebook))]
    codebook = codebook - 0.1 * torch.stack(sums)
    return codebook[codes]""",
    checker=function(
        _tune,
        (_BOOK[_CODES], _CODES, _BOOK, torch.tensor([1.0, 2.0, -1.0, 0.5, 3.0, -1.0])),
        (
            draw_normal(4, seed=5)[_MORE_CODES],
            _MORE_CODES,
            draw_normal(4, seed=5),
            draw_normal(40, seed=6),
        ),
        draw=side_by_side,
    ),
    slips={
        "codebook[codes] -> weight - 0.1 * gradient": "Each weight went its own way: those of one "
        "code are no longer equal, nor shared.",
        "codebook - 0.1 -> codebook + 0.1": "That is uphill: gradient descent goes *against* the "
        "gradient.",
        ".sum() -> .mean()": "You took the mean of a code word's gradients. Each place adds its "
        "whole effect.",
        "0.1 *  -> ": "You stepped by the whole gradient. The rate is 0.1.",
    },
    praise="Equal weights stay equal, and only the code words have moved.",
)

WANTED = 0.6  # of the mouths
_LARGEST = 9  # pixels
_STEEPEST = 3  # weights are whole numbers up to this: what is written by hand


@cache
def _fresh_mouths() -> tuple[Tensor, Tensor]:
    return experiment.render_mouths(100, seed=304)


def _finds_mouths(answer: Any) -> str | None:
    shape = find_shape(answer)
    height, width = shape[-2:] if len(shape) >= 2 else (0, 0)
    odd = height % 2 == width % 2 == 1 and max(height, width) <= _LARGEST
    if not odd or math.prod(shape) != height * width:
        return f"Rows of one odd length, an odd number of them, 9 at most: yours has shape {shape}."
    value = as_numbers(answer).float().reshape(height, width)
    if not value.isfinite().all():
        return "Some of the numbers are infinite or undefined."
    if (value != value.round()).any() or value.abs().max() > _STEEPEST:
        return f"By hand, please: whole numbers from -{_STEEPEST} to {_STEEPEST} only."
    faces, places = _fresh_mouths()
    share = experiment.score_answers(experiment.answer(value, faces), places)
    draw_answers(value, faces, places)
    if share >= WANTED:
        return None
    said = f"It finds {share:.0%} of 100 new mouths; {WANTED:.0%} are wanted."
    if float(value.sum().abs()) > 0.2 * float(value.abs().sum()):
        return f"{said} It answers to plain brightness: let the numbers add up to about 0."
    if share < 0.3:
        return f"{said} An open mouth is a dark bar, wider than high, with brighter skin around it."
    return f"{said} Where are the crosses? Tell the mouth from what stands there."


find_mouths = Exercise(
    points=3,
    prompt="A kernel of whole numbers from -3 to 3, 9 x 9 at most, that answers most at mouths.",
    starter="mouth_kernel = ____",
    hints=(
        "A mouth is dark and wide: negative weights in a bar of five pixels, positive ones above "
        "and below, a sum of about 0.",
        "Look where it goes wrong: edges and large shadows. Keep the dark part one or two pixels "
        "high, and let bright skin stand above it and below.",
    ),
    answer="""\
mouth_kernel = [
    [1, 1, 1, 1, 1],
    [1, 1, 1, 1, 1],
    [-2, -3, -3, -3, -2],
    [0, -1, -1, -1, 0],
    [1, 1, 1, 1, 1],
]""",
    checker=Checker(_finds_mouths),
    also_wrong=(
        torch.ones(3, 3),
        -torch.ones(3, 3),
        KERNELS["horizontal edges"],
        KERNELS["vertical edges"],
        [[-1] * 5, [2] * 5, [-1] * 5],
        torch.zeros(5, 5),
        [1, 0, -1],
        torch.ones(4, 4),
        "a mouth",
        # These find enough, but weren't made by hand.
        [[5] * 5, [5] * 5, [-10, -15, -15, -15, -10], [0, -5, -5, -5, 0], [5] * 5],
        [[0.5] * 5, [0.5] * 5, [-1, -1.5, -1.5, -1.5, -1], [0, -0.5, -0.5, -0.5, 0], [0.5] * 5],
    ),
    praise="It finds most mouths of people it has never seen, by the same few numbers everywhere.",
)

EXERCISES = collect("03", globals())
