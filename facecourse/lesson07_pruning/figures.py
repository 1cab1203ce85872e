"""Lesson 07: take weights or channels away; what hangs together, what is lost, what bounds time."""

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from IPython.display import HTML
from ipywidgets import Dropdown, FloatSlider, VBox
from matplotlib.axes import Axes
from torch import Tensor, nn

from facecourse.kit.charts import draw_band
from facecourse.kit.explore import explore
from facecourse.ladder.student import renew_statistics, tar_drop
from facecourse.lesson07_pruning.experiment import GROUPS, WAYS, cut_channels, try_plan
from facelib.compress import decode, sparsify
from facelib.compress.layers import find_layers
from facelib.figures import COLOURS, show, subplots
from facelib.measure import Interval, macs, mean_interval
from facelib.models import face_student
from facelib.models.faceresnet import SHAPE

ARMS = {"at once": "o-", "new statistics": "s--", "taught again": "^:"}
STREAM = "features.7"  # the group of the lesson's figure


def zeros_slider(people: int = 100) -> VBox:
    """Takes a share of the student's weights away: what is left of them, of the file and of the
    TAR, counted on so many people who don't exist."""

    def draw(share: float) -> HTML:
        model = decode(sparsify(face_student(), share)[0]) if share else face_student()
        weights = flatten_weights(model)
        left = weights[weights != 0]
        figure, (narrow, wide) = subplots(1, 2, figsize=(9, 2.4), width_ratios=(1, 2))
        narrow.hist(left.numpy(), np.linspace(-0.3, 0.3, 121), color=COLOURS[0])
        narrow.set(xlabel="weight", ylabel="how many are left", xlim=(-0.3, 0.3))
        matrix = model.features[7].weight.detach().flatten(1)
        wide.imshow(matrix.numpy(), cmap="RdBu", vmin=-0.15, vmax=0.15, aspect="auto")
        wide.set(title="weights of features.7, zeros white", xlabel="input", ylabel="output")
        wide.grid(visible=False)
        show(
            figure,
            f"A histogram of the {len(left):,} weights that are left of {len(weights):,}, and the "
            f"weights of one layer as a picture in which {(matrix == 0).double().mean():.0%} is "
            "white.",
        )
        file = b"".join(part.numpy().tobytes() for part in model.state_dict().values())
        lost, renewed = (tar_drop(one, people).value for one in (model, renew_statistics(model)))
        return HTML(
            f"<p>{len(left):,} of {len(weights):,} weights are left; file {len(file) / 1e3:,.0f} "
            f"kB, zipped {len(zlib.compress(file, 9)) / 1e3:,.0f} kB. Points of the teacher's TAR "
            f"lost at a FAR of 0.1 %: {lost:.1f} at once, {renewed:.1f} with new statistics of "
            f"batch norm. Of {people} people, several points are chance.</p>"
        )

    slider = FloatSlider(0.9, min=0, max=0.95, step=0.05, description="zeros", readout_format=".0%")
    return explore(draw, share=slider)


def flatten_weights(model: nn.Module) -> Tensor:
    """The weights of every convolution and linear layer, as one vector."""
    return torch.cat([layer.weight.detach().flatten() for layer in find_layers(model).values()])


def draw_channels() -> None:
    """Draw which channels hang together around two residual blocks of the student."""
    figure, axis = subplots(figsize=(9.5, 2.9))
    stream, inner = COLOURS[0], COLOURS[1:3]
    axis.plot([1, 13], [1, 1], color=stream, linewidth=5, zorder=0)
    for block, start, colour in (("10", 2.7, inner[0]), ("11", 7.3, inner[1])):
        first, second, end = start + 0.9, start + 2.6, start + 3.4
        axis.plot([start, start, first], [1, 0, 0], color=stream, linewidth=3, zorder=0)
        axis.plot([first, second], [0, 0], color=colour, linewidth=5, zorder=0)
        axis.plot([second, end, end], [0, 0, 1], color=stream, linewidth=3, zorder=0)
        _box(axis, first, 0, f"{block}.change.0")
        _box(axis, second, 0, f"{block}.change.3")
        axis.text((first + second) / 2, -0.42, "inside: 64", ha="center", color=colour, fontsize=9)
        axis.text(end, 1, "+", ha="center", va="center", fontsize=14, zorder=3,
                  bbox={"boxstyle": "circle,pad=0.1", "facecolor": "white"})  # fmt: skip
    _box(axis, 1, 1, "features.7")
    _box(axis, 13, 1, "features.12")
    axis.text(6.7, 1.25, "stream: 64 channels", ha="center", color=stream, fontsize=9)
    axis.set(xlim=(0, 14), ylim=(-0.6, 1.5))
    axis.set_axis_off()
    show(
        figure,
        "Boxes are convolutions, lines their channels. One line of 64 channels runs from "
        "features.7 through two sums to features.12; both blocks read it and add to it. Inside "
        "each block, between its two convolutions, runs a line of its own.",
    )


def _box(axis: Axes, x: float, y: float, text: str) -> None:
    look = {"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": "black"}
    axis.text(x, y, text, ha="center", va="center", fontsize=8, bbox=look, zorder=3)


def cut_slider() -> VBox:
    """Takes a share of one group's channels out of the student: the widths, the work and the points
    lost, by the people that `try_plan` chooses by."""
    before = _widths(face_student())

    def draw(share: float, group: str) -> HTML:
        after = _widths(cut_channels(face_student(), {group: share}, kept=()))
        figure, axis = subplots(figsize=(9, 2.4))
        places = np.arange(len(before))
        axis.bar(places, list(before.values()), color="0.88")
        axis.bar(places, list(after.values()), color=COLOURS[0])
        axis.set_xticks(places, [n.removeprefix("features.") for n in before], fontsize=8)
        axis.set(xlabel="convolution, features.*", ylabel="channels left")
        told = ", ".join(f"{name} {before[name]} to {left}" for name, left in after.items())
        show(figure, f"Bars of the channels of each layer before and after: {told}.")
        gone, lost = try_plan({group: share})
        return HTML(
            f"<p>{group}: {gone:.1%} of the MACs are gone. Points of the student's TAR lost at a "
            f"FAR of 0.1 %: {lost:.1f}, with new statistics of batch norm.</p>"
        )

    slider = FloatSlider(0.25, min=0, max=0.75, step=0.25, description="channels")
    slider.readout_format = ".0%"
    menu = [(f"{name}: {what}", name) for name, what in GROUPS.items()]
    return explore(
        draw, share=slider, group=Dropdown(options=menu, value=STREAM, description="group")
    )


def _widths(model: nn.Module) -> dict[str, int]:
    layers = find_layers(model).items()
    return {name: one.out_channels for name, one in layers if isinstance(one, nn.Conv2d)}


def draw_cuts(stored: Mapping[str, Any], live: Mapping[str, float], small: nn.Module) -> None:
    """Draw points of TAR lost over what is gone: single weights, channels of each layer alike, and
    channels by how they are chosen.

    Args:
        stored: the evidence's "cuts".
        live: points lost here by channels of each layer alike, by `ARMS`; crosses.
        small: the student without these channels.
    """
    figure, axes = subplots(1, 3, figsize=(11, 3.4), sharey=True)
    panels = {
        "single weights": {arm: ("single weights", arm) for arm in ARMS},
        "channels, each layer alike": {arm: ("each layer alike", arm) for arm in ARMS},
        "channels, taught again": {way: (way, "taught again") for way in WAYS},
    }
    told = []
    for axis, (title, lines) in zip(axes, panels.items(), strict=True):
        for (label, (way, arm)), style in zip(lines.items(), ARMS.values(), strict=True):
            rows = [stored["nothing"], *stored[way].values()]
            points = [_over_seeds(row[arm]) for row in rows]
            draw_band(axis, [100 * row["gone"] for row in rows], points, style, label=label)
            told.append(f"{title}, {label}, {', '.join(f'{p.value:.1f}' for p in points)}")
        axis.set_title(title, fontsize=10)
        axis.legend(frameon=False, fontsize=8)
        axis.set_xlabel("% of the weights gone" if title == "single weights" else "% of MACs gone")
    gone = 1 - macs(small, SHAPE) / macs(face_student(), SHAPE)
    for arm, points in live.items():
        colour = COLOURS[list(ARMS).index(arm)]
        axes[1].plot(100 * gone, points, "x", color=colour, markersize=9, markeredgewidth=2)
    axes[0].set_ylabel("points of TAR lost, FAR 0.1 %")
    said = "95 % CI over people; of taught again, over seeds; x = this run, taught by fewer people"
    figure.supxlabel(said, fontsize=9)
    show(figure, f"Points lost, from nothing gone to most: {'; '.join(told)}.")


def _over_seeds(found: Interval | Sequence[float]) -> Interval:
    return found if isinstance(found, Interval) else mean_interval(found, "seeds")


def draw_roofline(live: Mapping[str, Any], stored: Mapping[str, Any]) -> None:
    """Draw how fast networks compute under the roof of one core, and how long a face takes beside
    the time that its MACs take at the roof; filled live, hollow stored.

    Args:
        live, stored: "roofs" and "networks" as `measure_speed` returns.
    """
    figure, (left, right) = subplots(1, 2, figsize=(10.5, 3.6), width_ratios=(3, 4))
    networks, told = live["networks"], []
    hues = dict(zip(stored["networks"] | networks, COLOURS, strict=False))
    ways = np.logspace(-0.5, 2, 50)
    for run, style, fill in ((stored, "--", "none"), (live, "-", "full")):
        peak, road = run["roofs"]["MACs"], run["roofs"]["bytes"]
        left.plot(ways, np.minimum(peak, road * ways) / 1e9, style, color="0.5")
        for name, row in run["networks"].items():
            point = row["macs"] / row["bytes"], row["macs"] / row["ms"] / 1e6
            left.plot(*point, "o", color=hues[name], fillstyle=fill)
    left.set(xscale="log", yscale="log", xlabel="MACs a byte", ylabel="billion MACs a second")
    left.set_title("the roof of one core: filled here, hollow stored", fontsize=10)
    peak, road = live["roofs"]["MACs"], live["roofs"]["bytes"]
    for place, (name, row) in enumerate(networks.items()):
        took, speed = 1e3 * row["ms"], row["macs"] / row["ms"] / 1e6
        right.barh(place, took, color=hues[name], alpha=0.35)
        right.barh(place, 1e6 * row["macs"] / peak, height=0.4, color=hues[name])
        right.text(took, place, f" {took:.0f}", va="center", fontsize=8)
        told.append(f"{name} {took:.0f} µs, {speed:.0f} billion MACs a second")
    right.axvline(1e3 * networks["one channel"]["ms"], color="black", linestyle=":")
    right.set_yticks(range(len(networks)), networks)
    right.invert_yaxis()
    right.set_xscale("log")
    right.set_xlabel("µs a face (dark: its MACs at the roof; dotted: hardly any MACs)")
    show(
        figure,
        f"Networks under the roof of one core, {peak / 1e9:.0f} billion MACs and {road / 1e9:.0f} "
        f"billion bytes a second: {'; '.join(told)}.",
    )
