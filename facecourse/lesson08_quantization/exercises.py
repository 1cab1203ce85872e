"""Lesson 08, quantization and low rank: its exercises, and the budget that is yours to keep."""

import copy
from random import randrange
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.fusion import fuse_linear_bn_weights

from facecourse.kit.charts import side_by_side
from facecourse.kit.checkers import build, draw_normal, function
from facecourse.kit.exercise import Checker, Exercise, collect
from facecourse.ladder.student import renew_statistics
from facecourse.lesson08_quantization.experiment import try_out
from facelib.compress import factorize, prune, round_weights
from facelib.models import face_pruned, face_student
from facelib.models.faceresnet import SHAPE

_VALUES = torch.tensor([-1.0, -0.31, 0.0, 0.42, 1.9, 2.57, 4.0])


def _write(values: Tensor, low: float, high: float) -> Tensor:
    """PyTorch writes the codes and reads them back: undo the reading."""
    scale = (high - low) / 255
    zero = round(-low / scale)
    read = torch.fake_quantize_per_tensor_affine(values, scale, zero, 0, 255)
    return (read / scale + zero).round()


write_codes = Exercise(
    prompt="Return the codes 0 to 255 of some values on the ruler from `low` to `high`.",
    starter="def write_codes(values, low, high):\n    return ____",
    hints=(
        "256 marks have 255 steps between them: the scale is `(high - low) / 255`.",
        "The zero point is the code of 0: `round(-low / scale)`. It is added to the values divided "
        "by the scale.",
        "Then `.round()`, and `.clamp(0, 255)` for what lies outside the ruler.",
    ),
    answer="""\
def write_codes(values, low, high):
    scale = (high - low) / 255
    zero_point = round(-low / scale)
    return ((values / scale).round() + zero_point).clamp(0, 255)""",
    checker=function(
        _write, (_VALUES, -0.5, 2.05), (4 * draw_normal(30, seed=0), -3.0, 9.0), draw=side_by_side
    ),
    slips={
        ".clamp(0, 255) -> ": "300 is no number of eight bits: cut off at 0 and 255.",
        " + zero_point -> ": "The zero point is missing: what lies below 0 needs codes, too.",
        "/ 255 -> / 256": "256 marks have 255 steps between them.",
        "((values / scale).round() + zero_point).clamp(0, 255) "
        "-> ((values - low) / (high - low)).clamp(0, 1)": "Those are shares of the range. A code "
        "is a whole number of steps.",
        ".clamp(0, 255) -> .clamp(0, 255).sub(zero_point) * scale": "That is what the codes read "
        "back as. Return the codes.",
    },
    praise="The codes of `torch.fake_quantize_per_tensor_affine`, which reads them back, too.",
)


def _fold(
    weight: Tensor, mean: Tensor, variance: Tensor, gain: Tensor, offset: Tensor, eps: float
) -> Tensor:
    folded, bias = fuse_linear_bn_weights(weight, None, mean, variance, eps, gain, offset)
    return torch.cat([folded, bias[:, None]], 1)


def _draw_norm(seed: int, outputs: int, inputs: int) -> tuple:
    weight, mean, offset = (draw_normal(outputs, n, seed=seed + n) for n in (inputs, 1, 2))
    positive = draw_normal(2, outputs, seed=seed).square() + 0.3
    return weight, mean[:, 0], positive[0], positive[1], offset[:, 0], 1e-3


fold = Exercise(
    points=3,
    prompt="Return one matrix: the folded weights, and the folded bias as a last column.",
    starter="def fold(weight, mean, variance, gain, offset, eps):\n    return ____",
    hints=(
        "Batch norm makes gain * (y - mean) / sqrt(variance + eps) + offset of an output y = W x. "
        "Which number does each *row* of W meet?",
        "`scale = gain / (variance + eps).sqrt()` has one number an output. The rest, "
        "`offset - mean * scale`, doesn't depend on x: it is the bias.",
        "`torch.cat([a, b[:, None]], 1)` puts a vector b beside a matrix a.",
    ),
    answer="""\
def fold(weight, mean, variance, gain, offset, eps):
    scale = gain / (variance + eps).sqrt()
    bias = offset - mean * scale
    return torch.cat([weight * scale[:, None], bias[:, None]], 1)""",
    checker=function(
        _fold, _draw_norm(1, 3, 5), _draw_norm(20, 4, 4), tolerance=1e-4, draw=side_by_side
    ),
    slips={
        "(variance + eps).sqrt() -> (variance + eps)": "The variance is a square: divide by its "
        "root.",
        "offset - mean -> offset + mean": "The mean is taken *away* before the scale.",
        "mean * scale -> mean": "The mean meets the scale, too: it is taken from the output before "
        "that.",
        "weight * scale[:, None] -> weight": "Each row of the weights must meet its output's "
        "scale.",
    },
    praise="No multiplication is left of batch norm: a runtime does this before it rounds.",
)


def _straight(weight: Tensor, scale: float, most: int, gradient: Tensor) -> Tensor:
    """By torch's own fake quantization."""
    weight = weight.clone().requires_grad_()
    torch.fake_quantize_per_tensor_affine(weight, scale, 0, -most, most).backward(gradient)
    return weight.grad


def _draw_weights(*shape: int, seed: int, end: float) -> Tensor:
    """None lies less than half a step beyond the last mark, at `end`: torch, which rounds first,
    counts such weights as inside, and other tools as outside."""
    weight = draw_normal(*shape, seed=seed)
    return torch.where(weight.abs() > end, 1.5 * weight, weight)


pass_back = Exercise(
    prompt="Return the gradient of the weight, given that of the rounded weight.",
    starter="def pass_back(weight, scale, most, gradient):\n    return ____",
    hints=(
        "Pretend that rounding did nothing: what is the derivative of x with respect to x?",
        "A weight beyond the last mark was cut off. Moving it a little changes nothing, so its "
        "gradient is 0. `(weight / scale).round().abs() <= most` says who is inside.",
        "Truth values count as 1 and 0 in a product.",
    ),
    answer="""\
def pass_back(weight, scale, most, gradient):
    inside = (weight / scale).round().abs() <= most
    return gradient * inside""",
    checker=function(
        _straight,
        (_draw_weights(12, seed=3, end=0.9), 0.3, 3, draw_normal(12, seed=4)),
        (_draw_weights(4, 6, seed=5, end=0.7), 0.1, 7, draw_normal(4, 6, seed=6)),
        draw=side_by_side,
    ),
    slips={
        "gradient * inside -> 0 * gradient": "That is rounding's true derivative, zero: nothing "
        "would learn.",
        "gradient * inside -> gradient": "What is cut off moves no more: no gradient beyond the "
        "marks.",
        "gradient * inside -> gradient / scale * inside": "The scale divides and multiplies.",
        "<= -> >": "Turned round: those *inside* get the gradient.",
    },
    praise="As `torch.fake_quantize_per_tensor_affine` does, for which what *rounds* to the last "
    "mark is inside.",
)


MOST_BYTES, MOST_LOST = 120_000, 8.0  # points more than the student of eight bits loses
FRESH = 2  # crowds that the checker draws from


def _judge(answer: Any) -> str | None:
    student, seed = face_student(), 1 + randrange(FRESH)
    model = build(answer, *copy.deepcopy((student, face_pruned())))
    found = try_out(model, seed)
    lost = found.lost - try_out(student, seed).lost
    said = f"{found.bytes:,} bytes, and {lost:.1f} points lost beyond the student's of eight bits. "
    if found.bytes > MOST_BYTES:
        return said + f"Too large: {MOST_BYTES:,} is the limit. Fewer bits, or a lower rank?"
    if lost > MOST_LOST:
        return said + f"At most {MOST_LOST:g} are allowed. Which step loses most? Take less of it."
    print(f"{said}{found.macs:,} MACs.")
    return None


shrink = Exercise(
    points=3,
    prompt="Return a network whose file keeps the budget, made of the student or the pruned one.",
    starter="def shrink(student, pruned):\n    return ____",
    hints=(
        "Start with one step, look at `experiment.try_out`, then take the next. The file's bytes "
        "are about the number of weights times the bits of each, over eight.",
        "Pruning a network that nobody teaches afterwards loses most. `pruned` was taught after "
        "its cut: how few bits does it bear? Or keep the student's channels, and make only its "
        "linear layer thin.",
        "`factorize(student, {'embedding.1': 32})` returns a network and a report; "
        "`round_weights(network, 4)` a network.",
    ),
    answer="""\
def shrink(student, pruned):
    thinner, _ = factorize(student, {'embedding.1': 32})
    return renew_statistics(round_weights(thinner, 4))""",
    checker=Checker(_judge),
    also_wrong=(
        lambda student, _: round_weights(renew_statistics(prune(student, 0.6, SHAPE)[0]), 6),
        lambda student, pruned: student,
        lambda student, pruned: round_weights(student, 2),
        lambda student, pruned: pruned,
        lambda student, pruned: factorize(student, {"embedding.1": 4}),
    ),
    praise="In the budget. Can you lose fewer points, or do with fewer MACs?",
    context={step.__name__: step for step in (factorize, prune, renew_statistics, round_weights)},
)

EXERCISES = collect("08", globals())
