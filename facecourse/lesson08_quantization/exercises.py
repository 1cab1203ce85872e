"""Lesson 08, quantization and low rank: its exercises and quizzes."""

from __future__ import annotations

import torch
from torch import Tensor

from facecourse.kit.charts import side_by_side
from facecourse.kit.checkers import draw_normal, function, number
from facecourse.kit.exercise import Exercise, collect
from facecourse.kit.quiz import NumberQuiz, Quiz
from facecourse.lesson08_quantization.experiment import round_weight

_VALUES = 4 * torch.rand(3, 5, generator=torch.Generator().manual_seed(0)) - 1  # from -1 to 3
_WEIGHT = draw_normal(4, 6, seed=1) * torch.tensor([0.1, 1.0, 3.0, 0.5]).view(4, 1)

step = Exercise(
    prompt=(
        "A layer's outputs lie between -2 and 49. Eight bits count from 0 to 255. How far apart "
        "are two neighbouring values: what is the scale?"
    ),
    starter="scale = ____",
    hints=("The whole range is shared by 255 steps.", "(largest - smallest) / 255"),
    answer="scale = (49 - -2) / 255",
    checker=number(
        0.2,
        tolerance=2e-4,
        reasons={
            49 / 255: "The range begins at -2, not at 0.",
            51 / 256: "256 values have 255 steps between them.",
            49 / 127: "That is the scale for whole numbers from -127 to 127, symmetric about 0.",
            47 / 255: "49 - -2 is 51.",
        },
    ),
    praise="Zero itself becomes 2 / 0.2 = 10, the zero point.",
)


def _torchs(values: Tensor, scale: float, zero: int) -> Tensor:
    """PyTorch writes the whole numbers and reads them back: undo the reading."""
    read = torch.fake_quantize_per_tensor_affine(values, scale, zero, 0, 255)
    return (read / scale + zero).round()


quantized = Exercise(
    prompt="Return the whole numbers from 0 to 255 that stand for these values.",
    starter="def quantized(values, scale, zero_point):\n    return ____",
    hints=(
        "Divide by the scale, add the zero point, round.",
        "What falls outside is cut: `.clamp(0, 255)` comes last.",
    ),
    answer=(
        "def quantized(values, scale, zero_point):\n"
        "    return (values / scale + zero_point).round().clamp(0, 255)"
    ),
    checker=function(
        _torchs,
        (_VALUES, 0.02, 51),
        (_VALUES, 0.01, 80),
        reasons=[
            (lambda v, s, z: (v / s + z).round(), "300 is no number of eight bits: cut at 0, 255."),
            (lambda v, s, z: v / s + z, "Those are no whole numbers yet."),
            (lambda v, s, z: (v / s - z).round().clamp(0, 255), "The zero point is added."),
            (lambda v, s, z: (v * s + z).round().clamp(0, 255), "Divide by the scale."),
            (
                lambda v, s, z: (v / s + z).floor().clamp(0, 255),
                "Rounding down is off by up to a whole step, to the nearest by half a step.",
            ),
        ],
        draw=side_by_side,
    ),
    also_wrong=(lambda values, scale, zero_point: (values * scale).round(),),
    praise="The numbers of `torch.fake_quantize_per_tensor_affine`, which reads them back, too.",
)


def _round(weight: Tensor, scale: Tensor) -> Tensor:
    return (weight / scale).round() * scale


per_channel = Exercise(
    prompt=(
        "Return the weights as 8 bits would give them back, each row with a scale of its own: its "
        "largest absolute weight becomes 127."
    ),
    starter=(
        "def per_channel(weight):\n    scale = ____\n    return (weight / scale).round() * scale"
    ),
    hints=(
        "A row's largest absolute weight is `weight.abs().amax(dim=1, keepdim=True)`.",
        "Divided by 127, and kept as a column, so that each row meets its own.",
    ),
    answer=(
        "def per_channel(weight):\n"
        "    scale = weight.abs().amax(dim=1, keepdim=True) / 127\n"
        "    return (weight / scale).round() * scale"
    ),
    checker=function(
        lambda weight: round_weight(weight, 8),
        (_WEIGHT,),
        (draw_normal(3, 8, seed=2),),
        reasons=[
            (lambda w: _round(w, w.abs().max() / 127), "One scale for all: small rows lose most."),
            (lambda w: _round(w, w.abs().amax(0) / 127), "Those are columns; an output is a row."),
            (lambda w: _round(w, w.abs().amax(1, True)), "Without the 127 only -1, 0, 1 are left."),
            (
                lambda w: _round(w, w.amax(1, True) / 127),
                "-5 is larger than 3 here: `abs()` first.",
            ),
        ],
        draw=side_by_side,
    ),
    also_wrong=(lambda weight: weight, lambda weight: (weight * 127).round() / 127),
    praise="As `torch.fake_quantize_per_channel_affine` does it: small rows keep their digits.",
)


def _nearest(weight: Tensor, rank: int, weighted: bool = True) -> Tensor:
    u, s, v = torch.linalg.svd(weight, full_matrices=False)
    return (u[:, :rank] * (s[:rank] if weighted else 1)) @ v[:rank]


low_rank = Exercise(
    prompt="Return the sum of the first `rank` terms, which is the nearest matrix of that rank.",
    starter=(
        "def low_rank(weight, rank):\n"
        "    u, s, vt = torch.linalg.svd(weight, full_matrices=False)\n"
        "    return ____"
    ),
    hints=(
        "Keep the first `rank` columns of u, singular values, and rows of vt.",
        "`(u[:, :rank] * s[:rank]) @ vt[:rank]`",
    ),
    answer=(
        "def low_rank(weight, rank):\n"
        "    u, s, vt = torch.linalg.svd(weight, full_matrices=False)\n"
        "    return (u[:, :rank] * s[:rank]) @ vt[:rank]"
    ),
    checker=function(
        _nearest,
        (draw_normal(6, 4, seed=3), 2),
        (draw_normal(5, 9, seed=4), 1),
        tolerance=1e-4,
        reasons=[
            (lambda w, r: _nearest(w, r, weighted=False), "Each term lacks its singular value."),
            (lambda w, r: w, "That has its full rank still."),
            (lambda w, r: w - _nearest(w, r), "That is what the best of this rank leaves over."),
        ],
        draw=side_by_side,
    ),
    also_wrong=(lambda weight, rank: _nearest(weight, rank + 1),),
    praise="No matrix of that rank is nearer (Eckart and Young 1936).",
)

thin = Exercise(
    prompt=(
        "A linear layer of 768 inputs and 128 outputs becomes two: 768 to r, and r to 128. What is "
        "the largest r that still saves weights?"
    ),
    starter="r = ____",
    hints=("Two thin layers have 768 r + 128 r weights.", "768 * 128 / (768 + 128), rounded down"),
    answer="r = 768 * 128 // (768 + 128)",
    checker=number(
        109,
        tolerance=1e-3,
        reasons={
            128: "At the full rank of 128 both together are larger than the one.",
            110: "Rounded up they have a little more weights than before.",
            64: "64 * 896 is a good half of 98,304. How far can you go?",
            127: "Below full rank isn't enough: count the weights of both.",
        },
    ),
    praise="Between 110 and 128 low rank makes a layer larger.",
)


fewer = Quiz(
    "An article lists quantization among the methods that reduce the number of parameters. After "
    "it, what has become fewer?",
    {
        "parameters": "Each weight is still there, written with fewer bits.",
        "bits a parameter": "Eight in place of 32: a file of about a quarter.",
        "multiplications": "There are as many. Each can be cheaper, if the processor has such.",
        "layers": "None is gone; around them, there are conversions more.",
    },
    right="b",
)

faster = Quiz(
    "What can keep a network of 8 bits from being faster than one of 32?",
    {
        "where the processor has no instruction that adds up products of bytes": "Without VNNI or "
        "the like, bytes are widened first.",
        "where an operation has no form in whole numbers": "Then values go back to 32 bits and "
        "forth again, in each such layer.",
        "where layers are small and converting takes as long as computing": "As in a first layer "
        "that reads one channel.",
        "where the weights were trained with 32 bits": "So they nearly always are.",
    },
    right="a, b, c",
)

halves = Quiz(
    "float16 and bfloat16 both take 16 bits. What tells them apart?",
    {
        "bfloat16 is more exact": "It has 8 bits of digits, float16 has 11.",
        "bfloat16 reaches as far as float32": "It has its 8 bits of exponent; float16 ends at "
        "65,504, and gradients get lost below 6e-8.",
        "float16 takes less memory": "Both take two bytes.",
        "bfloat16 is for inference only": "Training is what it was made for.",
    },
    right="b",
)

window = NumberQuiz(
    "A 3 x 3 convolution from 64 to 64 channels becomes a 3 x 3 from 64 to 16 and a 1 x 1 from 16 "
    "to 64. Which share of its MACs is left, in percent?",
    wanted=100 * (9 * 64 * 16 + 16 * 64) / (9 * 64 * 64),
    tolerance=0.2,
    unit="%",
    reasons={
        25: "That is the first one alone.",
        50: "The second one is 1 x 1: a ninth of the window.",
        12.5: "Both count: 9 * 64 * 16 + 16 * 64, over 9 * 64 * 64.",
    },
    praise="Whether it is faster by as much, the lesson measures.",
)

EXERCISES, QUIZZES = collect("08", globals())
