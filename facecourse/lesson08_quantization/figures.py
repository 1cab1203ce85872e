"""Lesson 08: the ruler of 256 marks, thin matrices, stored runs, and one dial over every step."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from IPython.display import HTML
from ipywidgets import Dropdown, IntSlider, SelectionSlider, VBox
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor

from facecourse.kit.charts import draw_band
from facecourse.kit.explore import explore
from facelib.figures import COLOURS, show, subplots
from facelib.measure import mean_interval
from facelib.models import face_student

MARKS = 255  # steps of a ruler of eight bits


def draw_ruler(low: float, high: float, value: float) -> None:
    """Draw the 256 marks over a range, and a value between two of them, ten times as large."""
    scale = (high - low) / MARKS
    zero, code = round(-low / scale), round((value - low) / scale)
    figure, (whole, part) = subplots(2, 1, figsize=(8, 2.6))
    near = range(code - 6, code + 7)
    for axis, codes in ((whole, range(MARKS + 1)), (part, near)):
        for mark in codes:
            long = axis is part or mark % 32 == 0 or mark in (MARKS, zero)
            colour = COLOURS[1] if mark in (code, zero) else "black"
            axis.plot([mark, mark], [0, 0.6 if long else 0.35], color=colour, linewidth=0.8)
            if axis is part or (long and mark):
                place = {"ha": "center", "fontsize": 8, "color": colour}
                axis.text(mark, 0.68, f"{mark}", va="bottom", **place)
                axis.text(mark, -0.08, f"{low + scale * mark:.4g}", va="top", **place)
        axis.set(ylim=(-0.6, 1.25), yticks=[], xticks=[])
        axis.spines[:].set_visible(False)
        axis.grid(visible=False)
        axis.plot([codes[0], codes[-1]], [0, 0], color="black", linewidth=1)
    exact = (value - low) / scale
    part.plot(exact, 0.15, "v", color=COLOURS[0])
    look = {"facecolor": "white", "edgecolor": "none", "pad": 1}
    part.text(exact + 0.1, 0.25, f"{value:g}", color=COLOURS[0], fontsize=9, bbox=look)
    whole.text(0, 1.05, "code q", fontsize=8)
    whole.text(0, -0.55, "value s (q - z)", fontsize=8)
    show(
        figure,
        f"A ruler from {low:g} to {high:g} with 256 marks: codes 0 to 255 above, values below, the "
        f"zero point {zero} marked. Enlarged, {value:g} lies near mark {code}, which reads back as "
        f"{scale * (code - zero):.4g}.",
    )


def ruler_slider() -> VBox:
    """A slider for bits, a menu for who has a scale: the marks over the weights of two of the
    student's channels, with the smallest and the largest weights, and how far rounding is off."""
    weight = face_student().features[6].change[0].weight.detach().flatten(1)
    largest = weight.abs().amax(1)
    shown = {"the smallest": int(largest.argmin()), "the largest": int(largest.argmax())}

    def draw(bits: int, scales: str) -> HTML:
        figure, axes = subplots(2, 1, figsize=(8, 3), sharex=True)
        off = []
        for axis, (name, channel) in zip(axes, shown.items(), strict=True):
            row = weight[channel]
            end = largest[channel] if scales == "a channel" else largest.max()
            step = end / (2 ** (bits - 1) - 1)
            marks = (row / step).round() * step
            axis.vlines(torch.arange(-end, end + step / 2, step), 0, 1, COLOURS[1], linewidth=0.6)
            axis.plot(row, torch.linspace(0.2, 0.8, len(row)), ".", markersize=3)
            axis.set(yticks=[], ylabel=name, ylim=(0, 1))
            axis.grid(visible=False)
            off.append(f"{(marks - row).norm() / row.norm():.0%} in the channel with {name}")
        axes[1].set_xlabel(f"weights of two channels of a layer; lines: what {bits} bits can say")
        told = f"Rounding is off by {', '.join(off)} weights (of their length)."
        show(figure, f"Weights of two channels, and the marks of {bits} bits as lines. {told}")
        return HTML(f"<p>{told}</p>")

    slider = IntSlider(4, min=2, max=8, description="bits")
    choice = Dropdown(options=["a layer", "a channel"], description="a scale for")
    return explore(draw, bits=slider, scales=choice)


def draw_rounding(
    stored: Mapping[str, Mapping[str, Any]], bits: int, live: Sequence[float]
) -> None:
    """Draw points lost over the bits of a weight: rounded at once, after more training, and while
    training. `stored` is the evidence's "bits"; `live` was lost here at once and rounded while
    training."""
    figure, axis = subplots(figsize=(6.4, 3))
    places, rows = [int(width) for width in stored], stored.values()
    arms = {
        "at once": [row["at once"] for row in rows],
        "trained on, then rounded": [mean_interval(row["then rounded"]) for row in rows],
        "trained while rounded": [mean_interval(row["while rounded"]) for row in rows],
    }
    for (name, points), style in zip(arms.items(), ("o-", "s--", "^:"), strict=True):
        draw_band(axis, places, points, style, label=f"{name} (over {points[0].of})")
    for value, colour in zip(live, (COLOURS[0], COLOURS[2]), strict=True):
        axis.plot(bits, value, "x", color=colour, markersize=9, markeredgewidth=2)
    axis.set_xticks(places)
    axis.invert_xaxis()
    axis.set_xlabel("bits of a weight (band: 95 %; x: this short run)")
    _scale_lost(axis)
    axis.set_ylim(bottom=min(-0.5, *live))
    axis.legend(frameon=False, fontsize=8, loc="lower right")
    ends = [f"{n} {p[0].value:.1f} to {p[-1].value:.1f}" for n, p in arms.items()]
    show(figure, f"Points lost from {places[0]} bits down to {places[-1]}: {'; '.join(ends)}.")


def _scale_lost(axis: Axes) -> None:
    axis.set_yscale("symlog", linthresh=1)
    axis.yaxis.set_major_formatter("{x:g}")
    axis.set_ylabel("points of TAR lost at FAR 0.1 %\n(linear to 1, then log)")


def draw_thin(layers: Mapping[str, Tensor], rank: int) -> None:
    """Draw a matrix as the product of two thin ones, and which share of the squared singular values
    the first hold, over the weights of the two, for each layer's matrix (outputs, inputs)."""
    figure, (left, right) = subplots(1, 2, figsize=(9, 2.8), width_ratios=(3, 2))
    (rows, columns), thin = next(iter(layers.values())).shape, rank
    wide, high = 5.0, 2.4  # not to scale: a matrix drawn so is too flat for its words
    slim = high * thin / rows
    boxes = [
        (0, 0, wide, high, f"W\n{rows} x {columns}"),
        (wide + 1, 0, slim, high, f"U√S\n{rows}\nx {thin}"),
        (wide + slim + 1.5, high - slim, wide, slim, f"√SVᵀ: {thin} x {columns}"),
    ]
    for (x, y, width, height, words), colour in zip(boxes, COLOURS, strict=False):
        left.add_patch(Rectangle((x, y), width, height, color=colour, alpha=0.25))
        left.text(x + width / 2, y + height / 2, words, ha="center", va="center", fontsize=8)
    left.text(wide + 0.5, high / 2, "≈", ha="center", va="center", fontsize=16)
    left.set(xlim=(-0.1, 2 * wide + slim + 1.6), ylim=(-0.2, high + 0.2), aspect="equal")
    left.set_axis_off()
    said = []
    for (name, matrix), style in zip(layers.items(), ("-", "--"), strict=True):
        squares = torch.linalg.svdvals(matrix.detach()).square()
        share = torch.cat([squares.new_zeros(1), squares.cumsum(0) / squares.sum()])
        kept = torch.arange(len(share)) * sum(matrix.shape) / matrix.numel()
        right.plot(kept, share, style, label=name)
        said.append(f"{name}: {share[kept <= 0.5][-1]:.0%} of the squares with half the weights")
    right.set(xlabel="weights, as a share of W's", xlim=(0, 1))
    right.set_ylabel("share of the squared\nsingular values")
    right.legend(frameon=False, fontsize=8)
    show(figure, f"A wide matrix is nearly a tall times a flat one. {'; '.join(said)}.")


def dial_slider(dial: Mapping[str, Any]) -> VBox:
    """Four controls over stored networks: width, share pruned, rank and bits; what the chosen one
    weighs, takes and loses, among all others and two files that were taught after their cuts.

    `dial` is the evidence of this name.
    """
    rows = {tuple(row[key] for key in _KEYS): row for row in dial["rows"]}
    options = [list(dict.fromkeys(values)) for values in zip(*rows, strict=True)]
    names = {0.0: "none"}
    stars = "; ".join(
        f"{name}, {row['bytes'] / 1e3:.0f} kB, {row['0.1 %'].value:.1f} points"
        for name, row in dial["taught"].items()
    )

    def draw(**chosen: Any) -> HTML:
        row = rows[tuple(chosen[key] for key in _KEYS)]
        figure, axis = subplots(figsize=(7.5, 3.6))
        _draw_cloud(axis, dial)
        look = {"markersize": 15, "markeredgewidth": 2.5, "fillstyle": "none", "zorder": 4}
        axis.plot(row["bytes"] / 1e3, row["0.1 %"].value, "ko", **look)
        show(
            figure,
            f"Points of TAR lost over kilobytes of {len(rows)} networks that were cut and not "
            f"taught; the ringed one has {row['bytes'] / 1e3:.0f} kB and loses "
            f"{row['0.1 %'].value:.1f}. Stars, taught after the cut: {stars}.",
        )
        return HTML(_describe(row, dial["teacher"]))

    start = "student", 0.0, 128, 8
    controls = {}
    for key, values, value in zip(_KEYS, options, start, strict=True):
        words = [(names.get(v, f"{v:.0%}") if key == "pruned" else str(v), v) for v in values]
        kind = Dropdown if key == "width" else SelectionSlider
        controls[key] = kind(options=words, value=value, description=key)
    return explore(draw, **controls)


_KEYS = ("width", "pruned", "rank", "bits")


def _draw_cloud(axis: Axes, dial: Mapping[str, Any]) -> None:
    for width, colour in zip(("teacher", "student"), COLOURS, strict=False):
        points = [(r["bytes"] / 1e3, r["0.1 %"].value) for r in dial["rows"] if r["width"] == width]
        axis.plot(*zip(*points, strict=True), ".", color=colour, label=f"cut from the {width}")
    for place, (name, row) in enumerate(dial["taught"].items()):
        spot = row["bytes"] / 1e3, row["0.1 %"].value
        label = None if place else "taught after the cut"
        axis.plot(*spot, "*", color=COLOURS[3], markersize=12, label=label, zorder=3)
        look = {"textcoords": "offset points", "fontsize": 7, "ha": "center"}
        axis.annotate(name, spot, (0, -13), **look)
    axis.set_xscale("log")
    ticks = (100, 200, 500, 1000, 2000, 4000)
    axis.set_xticks(ticks, ticks)
    axis.minorticks_off()
    axis.set_xlabel("kB of the zipped file (log)")
    _scale_lost(axis)
    axis.legend(frameon=False, fontsize=8)


def _describe(row: Mapping[str, Any], teacher: Mapping[str, Any]) -> str:
    tars = [
        f"<b>{100 * teacher[far].value - row[far].value:.1f} %</b> at FAR {far} ({row[far]:.1f} "
        "points lost)"
        for far in ("0.1 %", "0.01 %")
    ]
    took = teacher["milliseconds"] / row["times faster"]
    return (
        f"<p><b>{row['bytes'] / 1e3:,.0f} kB</b>, <b>{took:.3f} ms</b> a face "
        f"({row['times faster']:.1f} times as fast as the teacher), {row['macs'] / 1e6:.1f} "
        f"million MACs. TAR {' and '.join(tars)}; intervals over people.</p>"
    )
