"""Lesson 02: a neuron of two weights, paths on its surface, a network's shapes, two losses, and
over-fitting; each figure says in words what it shows."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from ipywidgets import FloatLogSlider, FloatSlider, VBox
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor, nn

from facecourse.kit.charts import draw_band, draw_changes, draw_interval, mean_intervals
from facecourse.kit.compare import subtract_points
from facecourse.kit.explore import explore
from facecourse.lesson02_learning.experiment import LOOKS, Valley, follow_optimiser
from facelib.figures import COLOURS, show, subplots

Curves = Mapping[str, Sequence[float]]
MARKS = 5, 10, 20, 40


def draw_surface(axes: Axes, surface: Valley, low: Tensor, high: Tensor) -> None:
    """Draw lines of equal loss between two corners (2,), and a cross at the minimum."""
    sides = torch.stack([low, high], 1).tolist()
    grid = torch.meshgrid(*(torch.linspace(*side, 120) for side in sides), indexing="xy")
    height = surface.loss(torch.stack(grid, -1)) - surface.loss(surface.minimum)
    levels = np.geomspace(height.max() / 2000, height.max(), 14)
    axes.contour(*grid, height, levels, colors="#999999", linewidths=0.7)
    axes.plot(*surface.minimum, "x", color="black", markersize=9)
    axes.set(xlabel="first weight", ylabel="second weight")


def neuron_slider(surface: Valley) -> VBox:
    """Sliders for the two weights of a neuron: where it parts two people's photographs, and where
    it stands on the surface of its loss."""

    def draw(first: float, second: float) -> None:
        figure, (left, right) = subplots(1, 2, figsize=(7.6, 3.2))
        w = torch.tensor([first, second])
        for sign, name, mark in ((1, "s33, should be +1", "o"), (-1, "s6, should be -1", "s")):
            left.plot(*surface.x[surface.sign == sign].T, mark, label=name)
        along = torch.tensor([-w[1], w[0]]) * 20 / (w.norm() + 1e-6)
        left.plot(*torch.stack([-along, along], 1), color="black", label="z = 0")
        limit = (1.3 * surface.x.abs().amax(0)).tolist()
        left.set(xlim=(-limit[0], limit[0]), ylim=(-limit[1], 1.6 * limit[1]))
        left.set(xlabel="first number of a photograph", ylabel="second number")
        left.legend(frameon=False, fontsize=8, loc="upper center", ncols=2)
        draw_surface(right, surface, torch.tensor([-0.8, -0.8]), torch.tensor([0.8, 1.1]))
        right.plot(*w, "o", color=COLOURS[1])
        loss, lowest = float(surface.loss(w)), float(surface.loss(surface.minimum))
        wrong = int(((surface.x @ w) * surface.sign <= 0).sum())
        right.set_title(f"loss {loss:.3f}; lowest {lowest:.3f}", fontsize=10)
        show(
            figure,
            f"Left: photographs of two people and the line where the neuron says neither; {wrong} "
            f"of {len(surface.x)} lie on the wrong side. Right: its two weights on a long narrow "
            f"valley, at loss {loss:.3f}; the lowest is {lowest:.3f}.",
        )

    look = {"min": -0.8, "max": 0.8, "step": 0.02}
    starts = {"first": 0.3, "second": 0.6}
    return explore(draw, **{n: FloatSlider(w, description=n, **look) for n, w in starts.items()})


def draw_paths(surface: Valley, rates: Mapping[str, float]) -> None:
    """Draw where optimisers of `experiment.OPTIMISERS` go on the surface, each at its rate, with
    numbers after 5, 10, 20, 40 steps."""
    walks = {name: follow_optimiser(surface, name, rate) for name, rate in rates.items()}
    figure, axes = subplots(figsize=(7, 4.2))
    every = torch.cat(list(walks.values()))
    margin = (every.amax(0) - every.amin(0)) / 8
    draw_surface(axes, surface, every.amin(0) - margin, every.amax(0) + margin)
    said = []
    for (name, walk), colour in zip(walks.items(), COLOURS, strict=False):
        height = surface.loss(walk) - surface.loss(surface.minimum)
        axes.plot(
            *walk.T, "-", linewidth=1, color=colour, label=f"{name}: {height[40]:.5f} after 40"
        )
        axes.plot(*walk[list(MARKS)].T, "o", color=colour, markersize=4)
        for step in MARKS[:-1]:  # the last ones lie too close for words
            axes.annotate(str(step), walk[step].tolist(), (4, 4), textcoords="offset points",
                          color=colour, fontsize=8)  # fmt: skip
        said.append(f"{name} " + ", ".join(f"{height[step]:.5f}" for step in MARKS))
    axes.set_title("numbers are steps; the last dot stands after 40", fontsize=9)
    axes.legend(frameon=False, fontsize=8, title="loss above the lowest", title_fontsize=8)
    show(
        figure,
        "Paths down a long narrow valley to a cross, the minimum. Loss above the lowest after 5, "
        f"10, 20 and 40 steps: {'; '.join(said)}.",
    )


KINDS = {nn.Conv2d: "conv block", nn.MaxPool2d: "max pool", nn.Flatten: "average"}


def draw_network(model: nn.Module, image: Tensor) -> None:
    """Draw what an image (1, C, H, W) becomes in each block of a network with `features`,
    `embedding` and `head`: maps as frames of their height and width, vectors as columns."""
    kinds = [type(part[0] if isinstance(part, nn.Sequential) else part) for part in model.features]
    names = [*map(KINDS.get, kinds), "embedding", "head"]
    stages, x = [("image", tuple(image.shape[1:]))], image
    model.eval()  # or batch norm would count this image
    with torch.no_grad():
        for name, part in zip(names, (*model.features, model.embedding, model.head), strict=True):
            x = part(x)
            if name:  # an average is told once it is flat
                stages.append((name, tuple(x.shape[1:])))
    model.train()
    figure, axes = subplots(figsize=(9.4, 2.2))
    for place, (name, shape) in zip(np.linspace(0, 100, len(stages)), stages, strict=True):
        maps, high, wide = shape if len(shape) == 3 else (1, shape[0] / 3, 4)
        for behind in range(min(3, maps))[::-1]:
            corner = place - 0.1 * wide + 0.7 * behind, 25 - 0.3 * high + 1.5 * behind
            look = {"facecolor": "#cfe3f1", "edgecolor": COLOURS[0]}
            axes.add_patch(Rectangle(corner, 0.2 * wide, 0.6 * high, **look))
        axes.text(place, 50, name, ha="center", fontsize=8)
        axes.text(place, -4, " x ".join(map(str, shape)), ha="center", fontsize=8)
    axes.set(xlim=(-6, 106), ylim=(-8, 56))
    axes.set_axis_off()
    said = ", ".join(f"{name} {' x '.join(map(str, shape))}" for name, shape in stages)
    show(figure, f"What one image becomes, block by block: {said}.")


def draw_losses(stored: Mapping[str, Any]) -> None:
    """Draw top-1 by loss: learnt from scratch, and so many steps after wrong names were corrected.

    `stored` is the evidence's "losses".
    """
    figure, (left, right) = subplots(1, 2, figsize=(7.6, 3), sharey=True, width_ratios=(1, 3))
    scratch, said = stored["from scratch"], []
    less = subtract_points(*scratch.values(), "splits")
    for place, interval in enumerate(mean_intervals(scratch).values()):
        draw_interval(left, place, interval, COLOURS[place], upright=True)
    names = [name.replace(" ", "\n").replace("-", "-\n") for name in scratch]
    left.set(xlim=(-0.5, 1.5), ylim=(0, 1.02), ylabel=f"top-1, {less.n} splits, 95 % CI")
    left.set_xticks(range(len(names)), names, fontsize=8)
    left.set_title("from scratch", fontsize=10)
    corrected = stored["corrected"]
    for name, colour, style in zip(corrected, COLOURS, ("o-", "s--", "^:", "d-."), strict=False):
        points = corrected[name]
        draw_band(right, LOOKS, points, style, label=name, color=colour)
        said.append(f"{name} from {points[0].value:.3f} to {points[-1].value:.3f}")
    right.set_xticks(LOOKS)
    right.set_title("after wrong names were corrected", fontsize=10)
    right.set_xlabel("steps")
    right.legend(frameon=False, fontsize=8, loc="center right")
    show(
        figure,
        f"Top-1, mean of {less.n} splits. From scratch, {' less '.join(scratch)}: {less:+.1f} "
        f"points. After the correction, over {LOOKS[-1]} steps: {'; '.join(said)}.",
    )


def draw_overfitting(hits: Curves, steps: int, remedies: Mapping[str, Sequence[float]]) -> None:
    """Draw top-1 of the training and the test part, at looks spread evenly over a training's
    steps; beside it what each remedy changes, paired within splits.

    `remedies` is the evidence: top-1 (0 to 1) on each split, without a remedy as "none".
    """
    figure, (left, right) = subplots(1, 2, figsize=(8.6, 2.8))
    looks = np.linspace(0, steps, len(hits["train"]) + 1)[1:]
    for name, style in (("train", "-"), ("test", "--")):
        left.plot(looks, hits[name], style, label=name)
    left.set(xlabel="step, without a remedy", ylabel="top-1", ylim=(0, 1.02))
    left.legend(frameon=False, loc="lower right")
    changes = {
        name: subtract_points(runs, remedies["none"], "splits")
        for name, runs in remedies.items() if name != "none"
    }  # fmt: skip
    verdicts = draw_changes(right, changes, "higher", "lower")
    said = [f"{name} {changes[name]:+.1f}, {verdict}" for name, verdict in verdicts.items()]
    right.axvline(0, color="black", linewidth=1)
    right.set_xlabel(f"points of test top-1 gained ({len(remedies['none'])} splits, 95 % CI)")
    show(
        figure,
        f"Left: top-1 over {steps} steps, at the end train {hits['train'][-1]:.3f}, test "
        f"{hits['test'][-1]:.3f}. Right: points that a remedy gains: {'; '.join(said)}.",
    )


def rate_slider(attempt: Callable[[float], Curves], start: float) -> VBox:
    """A slider for the learning rate; each move trains afresh and draws the losses. `attempt`:
    learning rate -> {optimiser: loss before every step}."""

    def draw(rate: float) -> None:
        figure, axes = subplots(figsize=(6.4, 2.6))
        said = []
        for name, losses in attempt(rate).items():
            end = f"{losses[-1]:.2g}" if np.isfinite(losses[-1]) else "not a number"
            said.append(f"{name}: {end}")
            axes.plot(losses, label=said[-1])
        axes.set(xlabel="step", ylabel="training loss (log axis)", yscale="log", ylim=(1e-4, 30))
        axes.legend(frameon=False, title=f"rate {rate:.4f}, last loss")
        show(figure, f"Training loss at learning rate {rate:.4f}; at the end {'; '.join(said)}.")

    slider = FloatLogSlider(
        start, min=-4, max=1, step=0.25, description="learning rate", readout_format=".4f",
        style={"description_width": "initial"},
    )  # fmt: skip
    return explore(draw, rate=slider)
