"""Lesson 02: losses, paths on a surface, paired differences; each figure with its table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from ipywidgets import FloatLogSlider, VBox
from torch import Tensor

from facecourse.kit.charts import draw_intervals, tabulate
from facecourse.kit.compare import subtract_points
from facecourse.kit.explore import explore
from facelib.figures import COLOURS, Table, show, subplots

Curves = Mapping[str, Sequence[float]]


def draw_activations(
    curves: Mapping[str, Callable[[Tensor], Tensor]], low: float, high: float, at: Sequence[float]
) -> Table:
    """Draw element-wise functions and, right, their slopes; return both at some places."""
    figure, (left, right) = subplots(1, 2, figsize=(7.6, 2.5))
    x = torch.linspace(low, high, 401)
    for name, curve in curves.items():
        left.plot(x, curve(x), label=name)
        right.plot(x, differentiate(curve, x))
    left.set(xlabel="z", title="value")
    right.set(xlabel="z", title="slope")
    left.legend(frameon=False)
    show(figure, f"Values and slopes of {', '.join(curves)} from {low:g} to {high:g}.")

    def describe(z: float) -> Callable[[Callable], str]:
        place = torch.tensor(float(z))
        return lambda curve: f"{curve(place):.3f}, {differentiate(curve, place):.3f}"

    return tabulate(curves, "value, slope at", {f"z = {z:g}": describe(z) for z in at})


def differentiate(curve: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """The derivative of an element-wise function at every x."""
    x = x.clone().requires_grad_()
    return torch.autograd.grad(curve(x).sum(), x)[0]


def draw_pulls(curves: Curves, chance: Sequence[float], at: Sequence[float]) -> Table:
    """Draw the size of a gradient over the probability of the right person; return some values."""
    figure, axes = subplots(figsize=(5.6, 2.6))
    for (name, curve), style in zip(curves.items(), ("-", "--", "-."), strict=False):
        axes.plot(chance, curve, style, label=name)
    axes.set(xlabel="probability given to the right person", ylabel="size of the gradient")
    axes.set_xscale("log")
    axes.legend(frameon=False)
    rows = [[name, *np.interp(at, chance, curve).tolist()] for name, curve in curves.items()]
    show(
        figure,
        f"Size of the gradient at the right person's logit, for {', '.join(curves)}, over the "
        "probability of that person; the table below has the numbers.",
    )
    return Table(["gradient at probability", *(f"{place:g}" for place in at)], rows)


def draw_paths(
    loss: Callable[[Tensor], Tensor], minimum: Tensor, walks: Mapping[str, Tensor]
) -> Table:
    """Draw walks, (steps + 1, 2) each, on a surface, weights (..., 2) -> loss (...), with a cross
    at its minimum (2,); return the loss above the minimum after some steps."""
    figure, axes = subplots(figsize=(5.6, 3.8))
    every = torch.cat(list(walks.values()))
    margin = (every.amax(0) - every.amin(0)) / 8
    sides = torch.stack([every.amin(0) - margin, every.amax(0) + margin], 1).tolist()
    grid = torch.meshgrid(*(torch.linspace(*side, 120) for side in sides), indexing="xy")
    height = loss(torch.stack(grid, -1)) - loss(minimum)
    levels = np.geomspace(height.max() / 2000, height.max(), 14)
    axes.contour(*grid, height, levels, colors="#999999", linewidths=0.7)
    for name, walk in walks.items():
        axes.plot(*walk.T, ".-", linewidth=1, markersize=4, label=name)
    axes.plot(*minimum, "x", color="black", markersize=9)
    axes.set(xlabel="first weight", ylabel="second weight")
    axes.legend(frameon=False, fontsize=8)
    show(
        figure,
        f"Paths of {', '.join(walks)} down a long narrow valley to a cross, the minimum; "
        "the table below says how far down each has come.",
    )
    columns = {
        f"{step} steps": lambda walk, step=step: f"{loss(walk[step]) - loss(minimum):.5f}"
        for step in (0, 5, 10, 20, 40)
        if step < min(map(len, walks.values()))
    }
    return tabulate(walks, "loss above the minimum after", columns)


def draw_learning(losses: Curves, hits: Curves, steps: int) -> Table:
    """Draw the loss and the top-1 of each part at looks spread evenly over the steps of a training;
    return both at the last look."""
    figure, (left, right) = subplots(1, 2, figsize=(7.6, 2.6))
    for name in losses:
        looks = np.linspace(0, steps, len(losses[name]) + 1)[1:]
        left.plot(looks, losses[name], label=name)
        right.plot(looks, hits[name], label=name)
    left.set(xlabel="step", ylabel="loss", yscale="log")
    right.set(xlabel="step", ylabel="top-1", ylim=(0, 1.02))
    left.legend(frameon=False)
    rows = [[name, losses[name][-1], hits[name][-1]] for name in losses]
    ends = "; ".join(f"{name}: loss {loss:.3f}, top-1 {hit:.3f}" for name, loss, hit in rows)
    show(figure, f"Loss (left) and top-1 (right) over {steps} steps. At the end {ends}.")
    return Table(["at the last step", "loss", "top-1"], rows)


def rate_slider(
    attempt: Callable[[float], Mapping[str, tuple[Sequence[float], float]]], start: float
) -> VBox:
    """A slider for the learning rate; each move trains, draws the losses and returns a table.
    `attempt`: learning rate -> {optimiser: (loss at every step, validation top-1)}."""
    slider = FloatLogSlider(
        start, min=-4, max=1, step=0.25, description="learning rate", readout_format=".4f",
        style={"description_width": "initial"},
    )  # fmt: skip
    return explore(lambda rate: draw_attempts(attempt(rate), rate), rate=slider)


def draw_attempts(runs: Mapping[str, tuple[Sequence[float], float]], rate: float) -> Table:
    """Draw the loss of each optimiser at one learning rate; return how far each one came."""
    figure, axes = subplots(figsize=(5.6, 2.4))
    rows = []
    for name, (losses, hits) in runs.items():
        axes.plot(losses, label=name)
        end = f"{losses[-1]:.2g}" if np.isfinite(losses[-1]) else "not a number"
        rows.append([name, f"{rate:.4f}", end, hits])
    axes.set(xlabel="step", ylabel="training loss", yscale="log", ylim=(1e-4, 30))
    axes.legend(frameon=False)
    ends = "; ".join(f"{row[0]} {row[2]}" for row in rows)
    show(figure, f"Training loss at learning rate {rate:.4f}; at the end {ends}.")
    return Table(["", "learning rate", "last loss", "validation top-1"], rows)


def draw_step_sizes(sizes: Tensor, schedule: Sequence[float]) -> Table:
    """Draw what Adam multiplies each weight's gradient by, (steps, weights), beside a schedule,
    (steps,), that is the same for every weight."""
    low, middle, high = sizes.quantile(torch.tensor([0.05, 0.5, 0.95]), dim=1)
    steps = np.arange(1, len(sizes) + 1)
    figure, axes = subplots(figsize=(5.6, 2.6))
    axes.fill_between(steps, low, high, alpha=0.3, color=COLOURS[0], label="Adam: 90 % of weights")
    axes.plot(steps, middle, color=COLOURS[0], label="Adam: middle weight")
    axes.plot(steps, schedule, color=COLOURS[1], label="schedule: every weight")
    axes.set(xlabel="step", ylabel="size of a step per gradient", yscale="log")
    axes.legend(frameon=False, fontsize=8)
    rows = []
    for place in (place for place in (1, 10, 100, 300) if place <= len(sizes)):
        least, mean, most = (float(size[place - 1]) for size in (low, middle, high))
        rows.append([place, least, mean, most, f"{most / least:.0f}", schedule[place - 1], "1"])
    show(
        figure,
        f"Step size over steps: Adam's weights spread over a factor of {rows[-1][4]}; the "
        "schedule is a single falling line.",
    )
    head = ["step", "Adam, 5 %", "middle", "95 %", "95 % / 5 %", "schedule", "all / all"]
    return Table(head, rows)


def draw_barrier(lines: Mapping[str, Sequence[float]]) -> Table:
    """Draw the loss on straight lines between pairs of solutions; return ends and highest point."""
    figure, axes = subplots(figsize=(5.6, 2.4))
    for name, line in lines.items():
        axes.plot(np.linspace(0, 1, len(line)), line, label=name)
    axes.set(xlabel="from one solution (0) to the other (1)", ylabel="loss")
    axes.legend(frameon=False)
    rows = [[name, line[0], max(line), line[-1]] for name, line in lines.items()]
    peaks = "; ".join(f"{row[0]} rises to {row[2]:.2f}" for row in rows)
    show(figure, f"Loss on the straight line between two solutions: {peaks}.")
    return Table(["", "one end", "highest between", "other end"], rows)


def compare_to(runs: Curves, base: str) -> Table:
    """`compare_pairs` of every method to one of them, on the same splits in the same order."""
    others = {name: (values, runs[base]) for name, values in runs.items() if name != base}
    return compare_pairs(others, base, "the row's")


def compare_pairs(
    pairs: Mapping[str, tuple[Sequence[float], Sequence[float]]], without: str, with_: str
) -> Table:
    """Draw paired differences of top-1 in percentage points; return them with both means, whose
    columns are named. A pair is top-1 (0 to 1) on each split with something and without it."""
    found = {name: subtract_points(*pair, "splits") for name, pair in pairs.items()}
    said = "; ".join(f"{name} {change:+.1f}" for name, change in found.items())
    draw_intervals(
        found,
        "change of top-1, percentage points, with 95 % CI",
        f"Paired differences of top-1 in percentage points: {said}.",
    )
    columns = {
        without: lambda pair: float(np.mean(pair[1])),
        with_: lambda pair: float(np.mean(pair[0])),
        "change [95 % CI], points": lambda pair: f"{subtract_points(*pair, 'splits'):+.1f}",
        "splits": lambda pair: len(pair[0]),
    }
    return tabulate(pairs, "", columns)


def summarise_minima(found: Mapping[str, Mapping[str, Any]]) -> Table:
    """Where many seeds ended: ranges of loss, test top-1 and of the highest point between two;
    `found` is the evidence's "minima"."""

    def span(name: str, digits: int) -> Callable[[Mapping], str]:
        return lambda row: f"{min(row[name]):.{digits}f} to {max(row[name]):.{digits}f}"

    columns = {
        "seeds": lambda row: len(row["loss"]),
        "loss": span("loss", 4),
        "test top-1": span("top-1", 3),
        "agreement": "{agreement:.3f}",
        "highest between two": span("highest between", 2),
    }
    return tabulate(found, "", columns)
