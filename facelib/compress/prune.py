"""Channel pruning: whole channels are taken out, so that less is left to compute.

Which layers must shrink together (a convolution, its batch norm, what is added to it, what reads
it) is torch-pruning's work: DepGraph, Fang et al. 2023, https://doi.org/10.1109/CVPR52729.2023.01544.
"""

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from facelib.compress.layers import refuse_made
from facelib.measure import macs, parameters

STEPS = 100  # as finely as the goal is approached


@dataclass(frozen=True)
class PruneReport:
    """Attributes: macs, parameters: before and after."""

    macs: tuple[int, int]
    parameters: tuple[int, int]


def prune(
    model: nn.Module, ratio: float, shape: Sequence[int], *, round_to: int = 8
) -> tuple[nn.Module, PruneReport]:
    """A copy of `model` with the least important channels taken out, and a report.

    Importance is the group L1 of torch-pruning: the mean absolute value of all weights that go with
    a channel, here and where it is read, relative to its layer's others (Li et al. 2017,
    https://arxiv.org/abs/1608.08710, add up the channel's own kernel alone). Channels of all layers
    are ranked together. Linear layers, the embedding and the names, keep their outputs, and so does
    a convolution whose channels are the network's.

    Args:
        ratio: share of the MACs to take out, above 0 and below 1. It is reached or just exceeded.
        shape: of one image, (C, H, W).
        round_to: widths stay multiples of it, which fast kernels want.

    Raises:
        ValueError: a ratio out of range or out of reach, no convolution, or weights that are made,
            NaN or infinite.
    """
    _check(model, ratio, round_to)
    pruned = copy.deepcopy(model).eval().requires_grad_()  # the graph follows gradients
    image = torch.zeros(1, *shape).to(next(pruned.parameters()))  # of their kind, where they are
    before = left = macs(model, shape)
    goal = math.floor((1 - ratio) * before)
    try:
        pruner = _pruner(pruned, image, round_to)
        for _ in range(STEPS):
            pruner.step()
            left = macs(pruned, shape)
            if left <= goal:
                break
        with torch.no_grad():
            found, wanted = pruned(image).shape, copy.deepcopy(model).eval()(image).shape
        if found != wanted:
            raise ValueError(f"its outputs of shape {tuple(wanted)} became {tuple(found)}")
    except Exception as error:  # where torch-pruning goes astray, anything may break
        raise ValueError(
            f"{type(model).__name__} can't be pruned: torch-pruning does not see which of its "
            f"channels hang together ({type(error).__name__}: {error}). It follows no channels "
            "that are split, nor groups with more outputs than inputs"
        ) from error
    if left > goal:
        raise ValueError(
            f"a share of {ratio:g} of the MACs can't be taken out: with widths in steps of "
            f"{round_to} at least {left:,} of {before:,} stay. Ask for less, or a smaller step."
        )
    for parameter, like in zip(pruned.parameters(), model.parameters(), strict=True):
        parameter.requires_grad_(like.requires_grad)
    pruned.train(model.training)
    return pruned, PruneReport((before, left), (parameters(model), parameters(pruned)))


def _pruner(model: nn.Module, image: Tensor, round_to: int):
    """torch-pruning's, that leaves alone what makes the outputs."""
    import torch_pruning

    pruner = torch_pruning.pruner.BasePruner(
        model,
        image,
        importance=_without_ties(torch_pruning.importance.MagnitudeImportance(p=1)),
        global_pruning=True,
        pruning_ratio=1.0,
        max_pruning_ratio=1 - 1e-6,  # no layer goes whole
        iterative_steps=STEPS,
        round_to=round_to,
        ignored_layers=[layer for layer in model.modules() if isinstance(layer, nn.Linear)],
    )
    graph = pruner.DG
    for group in graph.get_all_groups(root_module_types=[nn.Conv2d]):
        if any(
            not dep.target.outputs and graph.is_out_channel_pruning_fn(dep.handler)
            for dep, _ in group
        ):  # its channels are outputs of the network
            pruner.ignored_layers.append(group[0].dep.target.module)
    return pruner


def _without_ties(importance: Callable) -> Callable:
    """Of channels with equal scores the last of the widest layer go first, not all at once."""

    def score(group) -> Tensor | None:
        found = importance(group)
        if found is None:
            return None
        place = torch.linspace(1, 1 / len(found), len(found), dtype=torch.float64).to(found.device)
        found = found.double().nan_to_num(0)  # divided by their mean, where all are 0
        return found * (1 + 1e-9 * place) + 1e-300 * place  # too little to pass another score

    return score


def _check(model: nn.Module, ratio: float, round_to: int) -> None:
    if not 0 < ratio < 1 or round_to < 1:
        raise ValueError(
            "want a ratio above 0 and below 1 (the share of the MACs to take out) and widths in "
            f"steps of 1 or more, got ratio={ratio}, round_to={round_to}"
        )
    if not any(isinstance(layer, nn.Conv2d) for layer in model.modules()):
        raise ValueError(f"{type(model).__name__} has no convolution whose channels could go")
    for name, layer in model.named_modules():
        refuse_made(name, layer, "prune")
    if bad := [name for name, one in model.named_parameters() if not one.isfinite().all()]:
        raise ValueError(
            f"weights {bad[:3]} are NaN or infinite, which ranks no channel: train again"
        )
