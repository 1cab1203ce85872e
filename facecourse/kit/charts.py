"""The figures that several lessons draw; each says in words what it shows."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from ipywidgets import FloatSlider, VBox
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter
from torch import Tensor

from facecourse.kit.compare import judge
from facecourse.kit.explore import explore
from facelib.figures import COLOURS, show, subplots
from facelib.measure import Interval, Verification, mean_share

STILL, LEARNS = "#c9d3dc", COLOURS[4]  # parts of a network in a sketch
Pair = tuple[float, float]
HUES = {  # of what a difference decides
    "better": COLOURS[0], "higher": COLOURS[0], "worse": COLOURS[1], "lower": COLOURS[1],
    "undecided": "0.5",
}  # fmt: skip


def mean_intervals(runs: Mapping[str, Sequence[float]]) -> dict[str, Interval]:
    """The mean of each method's shares over splits, with its 95 % t interval."""
    return {name: mean_share(shares, "splits") for name, shares in runs.items()}


def draw_panels(pictures: Mapping[str, Tensor], alt: str, limit: float | None = None) -> None:
    """Draw titled pictures (H, W) in a row, zero in the middle of grey.

    Leading dimensions of length 1 are left out. `limit` is drawn white and its negative black; each
    picture has its own largest if it is None.
    """
    figure, axes = subplots(1, len(pictures), figsize=(2.1 * len(pictures), 2.4), squeeze=False)
    for axis, (title, picture) in zip(axes[0], pictures.items(), strict=True):
        picture = picture.detach().float().reshape(picture.shape[-2:]).numpy()
        top = limit or max(np.abs(picture).max(), 1e-9)
        axis.imshow(picture, vmin=-top, vmax=top, cmap="gray")
        axis.set_title(title, fontsize=10)
        axis.set_axis_off()
    show(figure, alt)


def draw_faces(rows: Mapping[str, Tensor], alt: str) -> None:
    """Draw a row of grey faces for each name, uint8 (N, 1, H, W), the same N in all."""
    count = len(next(iter(rows.values())))
    size = (1.1 * count, 1.15 * len(rows))
    figure, axes = subplots(len(rows), count, figsize=size, squeeze=False)
    for line, (name, faces) in zip(axes, rows.items(), strict=True):
        for axis, face in zip(line, faces[:, 0], strict=True):
            axis.imshow(face.numpy(), cmap="gray", vmin=0, vmax=255)
            axis.set(xticks=[], yticks=[])
        line[0].set_ylabel(name, fontsize=7)
    show(figure, alt)


def side_by_side(yours: Tensor, wanted: Tensor) -> None:
    """Draw an answer beside what was wanted: bars for a vector, else pictures on one scale."""
    alt = "On the left what you made, on the right what was wanted."
    if wanted.ndim != 1:
        first = (0,) * (wanted.ndim - 2)
        limit = float(wanted.abs().max()) or 1.0
        draw_panels({"yours": yours[first], "wanted": wanted[first]}, alt, limit)
        return
    figure, axes = subplots(1, 2, figsize=(5.6, 2), sharey=True)
    for axis, title, values in zip(axes, ("yours", "wanted"), (yours, wanted), strict=True):
        axis.bar(range(len(values)), values.detach().numpy())
        axis.set_title(title, fontsize=10)
    show(figure, alt)


def draw_box(axis: Axes, across: Pair, upwards: Pair, colour: str, words: str) -> None:
    """Draw a box of a sketch, from left to right and from bottom to top, with words in it."""
    axis.fill_between(across, *upwards, color=colour)
    middle = sum(across) / 2, sum(upwards) / 2
    axis.text(*middle, words, ha="center", va="center", fontsize=9)


def percent(rate: Interval) -> Interval:
    """A share in per cent."""
    return Interval(100 * rate.value, 100 * rate.low, 100 * rate.high, rate.n, of=rate.of)


def draw_band(
    axis: Axes, x: Sequence[float], points: Sequence[Interval], style: str, **look: Any
) -> None:
    """Draw a line through intervals, and the band between their ends."""
    (line,) = axis.plot(x, [point.value for point in points], style, **look)
    low, high = [point.low for point in points], [point.high for point in points]
    axis.fill_between(x, low, high, color=line.get_color(), alpha=0.2)


def draw_intervals(
    found: Mapping[str, Interval],
    label: str,
    alt: str,
    live: Mapping[str, float] | None = None,
    shares: bool = False,
) -> None:
    """Draw a dot and a bar for each interval, a row each, over an axis with this label.

    What was measured here, for some of the names, is a cross. Where an interval is below 0, a line
    marks 0. The axis says shares, 0 to 1, in %.
    """
    figure, axes = subplots(figsize=(6.4, 0.36 * len(found) + 1))
    draw_rows_of(axes, found, live or {})
    if any(interval.low < 0 for interval in found.values()):
        axes.axvline(0, color="black", linewidth=1)
    if shares:
        axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_xlabel(label, loc="right")  # a long one runs on below the names
    show(figure, alt)


def draw_rows_of(axis: Axes, found: Mapping[str, Interval], live: Mapping[str, float]) -> None:
    """Draw a named row for each interval, and a cross where something was measured here."""
    for row, (name, interval) in enumerate(found.items()):
        draw_interval(axis, row, interval, COLOURS[0])
        if name in live:
            axis.plot(live[name], row, "x", color=COLOURS[1], markersize=8, markeredgewidth=2)
    axis.set_yticks(range(len(found)), found)
    axis.invert_yaxis()


def draw_interval(
    axis: Axes, place: float, found: Interval, colour: str, upright: bool = False, **look: Any
) -> None:
    """Draw a dot with its bar in the row at `place`; upright, in the column there."""
    ends, middle = ([found.low, found.high], [place, place]), (found.value, place)
    if upright:
        ends, middle = ends[::-1], middle[::-1]
    axis.plot(*ends, color=colour, linewidth=3)
    axis.plot(*middle, "o", color=colour, **look)


def draw_changes(
    axis: Axes, rows: Mapping[str, Interval], above: str, below: str
) -> dict[str, str]:
    """Draw a row for each paired difference, with what it decides at the right edge; these words
    by name."""
    verdicts = {name: judge(change, above, below) for name, change in rows.items()}
    for row, (name, verdict) in enumerate(verdicts.items()):
        draw_interval(axis, row, rows[name], HUES[verdict])
        look = {"va": "center", "fontsize": 8, "color": HUES[verdict]}
        place = (1, row), (3, 0), ("axes fraction", "data"), "offset points"
        axis.annotate(verdict, *place, **look)
    axis.set_yticks(range(len(rows)), rows)
    axis.set_ylim(len(rows) - 0.5, -0.5)
    return verdicts


def draw_differences(
    panels: Mapping[str, Mapping[str, Interval]],
    label: str,
    above: str = "better",
    below: str = "worse",
) -> None:
    """Draw paired differences against a line at zero; beside each stands what it decides.

    Args:
        panels: rows of intervals by the title of their panel, the same rows in all.
        label: what the axes show.
        above, below: what to call a difference above zero, or below; else it is undecided.
    """
    names = list(next(iter(panels.values())))
    size = (0.07 * max(map(len, names)) + 3.2 * len(panels) + 0.5, 0.36 * len(names) + 1.1)
    figure, axes = subplots(1, len(panels), figsize=size, sharey=True, squeeze=False)
    said = []
    for axis, (title, rows) in zip(axes[0], panels.items(), strict=True):
        axis.axvline(0, color="black", linewidth=1)
        for name, verdict in draw_changes(axis, rows, above, below).items():
            said.append(f"{title} {name}: {rows[name]:+.1f}, {verdict}".strip())
        axis.set_title(title, fontsize=10)
    figure.supxlabel(label, fontsize=9)
    show(figure, f"Paired differences, {label}. {'; '.join(said)}.")


def draw_scores(pairs: Verification, threshold: float) -> None:
    """Draw the scores of genuine and impostor pairs and a threshold, titled by what it decides."""
    figure, (left, right) = subplots(1, 2, figsize=(8, 2.8))
    scores, same = pairs.scores.numpy(), pairs.same.numpy()
    bins = np.linspace(scores.min(), scores.max(), 60)
    for kind, label, colour in ((False, "impostor", COLOURS[1]), (True, "genuine", COLOURS[0])):
        left.hist(scores[same == kind], bins, density=True, alpha=0.6, color=colour, label=label)
    left.axvline(threshold, color="black", linestyle="--")
    left.set(xlabel="score (cosine)", ylabel="density of pairs")
    left.legend(frameon=False)
    far, tar = pairs.far_at(threshold), 1 - pairs.frr_at(threshold)
    left.set_title(f"threshold {threshold:.3f}, accuracy {pairs.accuracy_at(threshold):.2%}")
    curve = pairs.curve
    right.plot(curve.far, curve.tar)
    right.plot(far, tar, "o", color="black")
    right.set(xlabel="FAR (log from 0.1 % on)", ylabel="TAR", xlim=(0, 1))
    right.set_title(f"FAR {far:.2%}, TAR {tar:.2%}")
    right.set_xscale("symlog", linthresh=1e-3)
    for axis in (right.xaxis, right.yaxis):
        axis.set_major_formatter(lambda share, _: f"{100 * share:g} %")
    show(
        figure,
        f"Left: scores of impostor pairs lie below those of genuine pairs and overlap; a dashed "
        f"line marks the threshold {threshold:.3f}. Right: the ROC curve with that point, "
        f"FAR {far:.2%}, TAR {tar:.2%}.",
    )


def threshold_slider(pairs: Verification, start: float) -> VBox:
    """A slider that moves the threshold; the figure follows."""
    low, high = float(pairs.scores.min()), float(pairs.scores.max())
    look = {"step": (high - low) / 200, "readout_format": ".3f", "description": "threshold"}
    slider = FloatSlider(start, min=low, max=high, **look)
    return explore(lambda threshold: draw_scores(pairs, threshold), threshold=slider)
