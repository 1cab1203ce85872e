"""Lesson 07, pruning: its exercises."""

import copy
from collections.abc import Mapping
from random import randrange
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.prune import L1Unstructured
from torch.optim.swa_utils import update_bn

from facecourse.kit.charts import side_by_side
from facecourse.kit.checkers import build, draw_normal, function, kind_of, number
from facecourse.kit.exercise import CannotCheckError, Checker, Exercise, collect
from facecourse.kit.seeds import build_seeded
from facecourse.lesson07_pruning import experiment

magnitude = Exercise(
    prompt="Return a copy of the weights in which this share of them, the smallest ones, is 0.",
    starter="def magnitude(weight, share):\n    return ____",
    hints=(
        "Small means near to 0, on either side: look at `weight.abs()`.",
        "How many go? `round(share * weight.numel())`. Sorted by size, the one after these is the "
        "threshold: it stays, and all that is larger.",
        "A comparison gives a mask of True and False, by which a tensor can be multiplied.",
    ),
    answer="""\
def magnitude(weight, share):
    size, count = weight.abs(), round(share * weight.numel())
    threshold = size.flatten().sort().values[count]
    mask = size >= threshold
    return weight * mask""",
    checker=function(
        lambda weight, share: L1Unstructured(share).prune(weight),
        (draw_normal(4, 6, seed=0), 0.5),
        (draw_normal(5, 3, 2, seed=1), 0.2),
        draw=side_by_side,
    ),
    slips={
        "weight.abs() -> weight": "The most *negative* ones: -2 matters as much as 2.",
        "weight.abs() -> -weight.abs()": "Those are the largest, which do the work.",
        "round(share -> round((1 - share)": "That many stay; that many should go.",
        "weight * mask -> mask.float()": "That is the mask. Multiply the weights by it.",
    },
    praise="Number for number what `torch.nn.utils.prune.L1Unstructured` makes of it.",
)

stream = Exercise(
    prompt="All convolutions here are 3 x 3 and without bias; features.7 reads 32 channels, "
    "features.12 makes 48. How many of their weights go with one channel of the stream?",
    starter="gone = ____",
    hints=(
        "Inside block 10 a channel is one output of change.0 and one input of change.3: "
        "2 * 64 * 9 weights. The stream has more layers that make or read it.",
        "Made by three layers: features.7 (32 inputs) and both change.3 (64 inputs). Read by "
        "three: both change.0 (64 outputs) and features.12 (48 outputs).",
    ),
    answer="gone = 9 * (32 + 64 + 64) + 9 * (64 + 64 + 48)",
    checker=number(
        3024,
        reasons={
            288: "That is features.7's own kernel. Who adds to the stream, and who reads it?",
            1440: "Those are the layers that make it. Others read it.",
            1584: "Those are the layers that read it. Others make it.",
            720: "features.7 and features.12 alone: the blocks make and read it, too.",
            1152: "That is a channel inside a block.",
            336: "Each of these is a kernel of 3 x 3 weights.",
        },
    ),
    praise="3,024 weights, 1,152 for a channel inside a block: a sum ties its layers together.",
)


def _draw_stale() -> tuple[nn.Module, Tensor]:
    """A small network whose statistics don't fit, and images."""
    layers = nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 3, 3)
    model = nn.Sequential(*layers, nn.BatchNorm2d(3), nn.Flatten())
    return model.eval(), 2 + 3 * torch.randn(32, 1, 8, 8)


def _renews(answer: Any) -> str | None:
    model, images = build_seeded(randrange(1000), _draw_stale)
    renewed = build(answer, *copy.deepcopy((model, images)))
    if any(layer.training for layer in renewed.modules()):
        return "It is still in training mode, and would judge each face by its batch: `eval()`."
    if any(getattr(layer, "momentum", 0.1) != 0.1 for layer in renewed.modules()):
        return "Set `momentum` back to 0.1, or later training forgets all but its last batch."
    for before, after in zip(model.parameters(), renewed.parameters(), strict=True):
        if not torch.equal(before, after):
            return "A weight has changed: only statistics should, without any training."
    update_bn([images], wanted := copy.deepcopy(model))
    with torch.no_grad():
        old, new, found = (m(images) for m in (model, wanted.eval(), renewed))
    if torch.allclose(found, old):
        return "Nothing has changed. Batch norm updates its statistics in training mode only."
    if (found - new).abs().max() > 0.05 * new.std():
        return (
            "The statistics have moved, but not all the way: each batch counts for a tenth "
            "unless you set `momentum`."
        )
    return None


renew = Exercise(
    points=3,
    prompt="Return the network with its statistics of batch norm measured on these images.",
    starter="def renew(model, images):\n    return ____",
    hints=(
        "In training mode (`model.train()`) batch norm updates its running statistics when images "
        "come through. No label and no gradient is needed.",
        "`momentum` of each `nn.BatchNorm2d` says how much the newest batch counts: 1.0 forgets "
        "the old ones. `model.modules()` has all layers.",
        "At the end, momentum goes back to 0.1, or later training forgets all but its last batch; "
        "and the network to evaluation mode.",
    ),
    answer="""\
def renew(model, images):
    norms = [layer for layer in model.modules() if isinstance(layer, nn.BatchNorm2d)]
    for layer in norms:
        layer.momentum = 1.0
    with torch.no_grad():
        model.train()(images)
    for layer in norms:
        layer.momentum = 0.1
    return model.eval()""",
    checker=Checker(_renews),
    slips=(
        "momentum = 1.0 -> momentum = 0.1",
        "momentum = 0.1 -> momentum = 1.0",
        ".eval() -> .train()",
        "    return ->     model[0].weight.data *= 0.9\n    return",
    ),
    also_wrong=(lambda model, _: model, lambda model, images: model(images), lambda *_: None),
    praise="No label, no gradient, a second of work.",
)

LIBRARY, SHARE_LOST = 0.15, 0.8  # of the MACs, asked of the library; of the points that it loses
LEAST = 0.5  # points: less is chance


def _judge_plan(answer: Any) -> str | None:
    if not isinstance(answer, Mapping):
        found = kind_of(answer)
        raise CannotCheckError(f"A dictionary is wanted, a share a layer; this is {found}.")
    for name, share in answer.items():
        if name not in experiment.GROUPS:
            return f"No layer {name!r} in the menu; there are {', '.join(experiment.GROUPS)}."
        if not isinstance(share, int | float) or not 0 <= share <= 0.75:
            return f"A share is a number from 0 to 0.75, got {share!r}."
    if not any(answer.values()):
        return "Nothing is cut: name some layers, and the share of their channels that goes."
    fresh = randrange(experiment.FRESH)
    gone, lost = experiment.try_plan(answer, fresh)
    least, theirs = experiment.try_library(LIBRARY, fresh)
    most = max(SHARE_LOST * theirs, LEAST)
    said = f"{gone:.1%} of the MACs are gone, {lost:.1f} points are lost; "
    said += f"by the library {least:.1%} and {theirs:.1f}. "
    if gone < least:
        return f"{said}At least as many MACs should go: cut more."
    if lost > most:
        return f"{said}At most {most:.1f} are allowed. Which layers give most MACs for a point?"
    return None


plan = Exercise(
    points=3,
    prompt="Which share of which layers' channels goes? Beat what the library cuts by itself.",
    starter="plan = ____",
    hints=(
        "With the slider: a good group gives many MACs and costs few points.",
        "Small cuts of several groups lose less than a large cut of one. What stands in a stream "
        "is made and read by many layers.",
        "What stands inside a block is read by one layer alone: a quarter inside each of three.",
    ),
    answer="""\
plan = {
    "features.6.change.0": 0.25,
    "features.10.change.0": 0.25,
    "features.11.change.0": 0.25,
}""",
    checker=Checker(_judge_plan),
    also_wrong=(
        {},
        {"features.12": 0.5},
        {"features.3": 0.5},
        {"features.7": 0.5},
        dict.fromkeys(experiment.GROUPS, 0.25),
        {"features.1": 0.5},
        {"features.10.change.0": 0.25, "features.11.change.0": 0.25, "features.7": 0.125},
        {"features.7": 25},
        0.2,
        "features.7",
    ),
    praise="Less is lost than where the library chose by itself: you looked before you cut.",
)

EXERCISES = collect("07", globals())
