"""Lesson 05: cosines, people on a circle, losses compared."""

import math
from collections.abc import Mapping, Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Wedge
from torch import Tensor
from torch.nn.functional import normalize

from facecourse.kit.charts import draw_rows_of
from facecourse.kit.compare import judge, subtract_points
from facecourse.lesson05_embeddings import experiment
from facelib.figures import COLOURS, show, subplots


def draw_cosines(visitors: Tensor, enrolled: Tensor, cosine: Tensor) -> None:
    """Draw how alike each visitor is to each enrolled person, as a table of colours and numbers.

    Args:
        visitors, enrolled: uint8 (N, 1, H, W) and (M, 1, H, W).
        cosine: float (N, M).
    """
    look = {"height_ratios": [1, len(visitors)], "width_ratios": [1, len(enrolled)]}
    figure, axes = subplots(2, 2, figsize=(5, 5), gridspec_kw=look)
    for axis, faces, join in ((axes[0, 1], enrolled, 2), (axes[1, 0], visitors, 1)):
        axis.imshow(torch.cat(list(faces[:, 0]), join - 1).numpy(), cmap="gray", aspect="auto")
    axes[0, 1].set_title("enrolled, one photograph each", fontsize=10)
    axes[1, 0].set_ylabel("at the door, a new photograph")
    axes[1, 1].imshow(cosine.numpy(), cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for place, score in enumerate(cosine.flatten().tolist()):
        row, column = divmod(place, len(enrolled))
        colour = "white" if score > 0.6 else "black"
        axes[1, 1].text(column, row, f"{score:.2f}", ha="center", va="center", color=colour)
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
        axis.grid(False)
    axes[0, 0].set_axis_off()
    right = int((cosine.argmax(1) == torch.arange(len(cosine))).sum())
    show(
        figure,
        "Cosines of new photographs (rows) with enrolled ones (columns) of people who don't exist; "
        f"{right} of {len(cosine)} are most like their own, on the diagonal.",
    )


def draw_circles(drawings: Mapping[str, experiment.Points]) -> None:
    """Draw what each loss makes of six people, on the unit circle with their mean directions."""
    figure, axes = subplots(1, len(drawings), figsize=(2.6 * len(drawings), 3), squeeze=False)
    told = []
    for axis, (name, points) in zip(axes[0], drawings.items(), strict=True):
        length = points.test.norm(dim=1).quantile(0.95)
        draw_people(axis, points, points.test / length if name == "softmax" else None)
        within, between = experiment.measure_angles(points)
        told.append(f"{name} {within:.0f} and {between:.0f} degrees")
        axis.set_title(f"{name}\n{within:.0f}° inside, {between:.0f}° apart", fontsize=10)
    figure.supxlabel(
        "dots: new photographs; arrows: people's mean directions\ninside: mean angle of the dots "
        "to their arrow; apart: smallest angle between arrows", fontsize=9,
    )  # fmt: skip
    show(
        figure,
        "New photographs of six people on the unit circle, by loss: mean angle to the own mean "
        f"direction, and smallest angle between two of these: {'; '.join(told)}.",
    )


def draw_people(axis: Axes, points: experiment.Points, spots: Tensor | None = None) -> None:
    """Test photographs on the unit circle, or at `spots`, with their people's mean directions."""
    spots = normalize(points.test) if spots is None else spots
    axis.add_patch(Circle((0, 0), 1, fill=False, color="0.6"))
    for person, middle in enumerate(experiment.find_middles(points)):
        look = {"color": COLOURS[person], "alpha": 0.6}
        axis.plot(*spots[points.person == person].T, "o", markersize=4, markeredgewidth=0, **look)
        axis.annotate("", middle.tolist(), (0, 0), arrowprops={"arrowstyle": "->", **look})
    axis.set(xlim=(-1.25, 1.25), ylim=(-1.25, 1.25), aspect="equal")
    axis.set_axis_off()


def draw_ideas() -> None:
    """Draw what a triplet and what a margin ask for, on the unit circle."""
    figure, (left, right) = subplots(1, 2, figsize=(7.6, 3.4))
    spots = {"anchor": (90, 0), "positive": (55, 0), "hard": (112, 1), "semi-hard": (140, 2),
             "easy": (230, 3)}  # fmt: skip
    for axis in (left, right):
        axis.add_patch(Circle((0, 0), 1, fill=False, color="0.6"))
        axis.set(xlim=(-1.7, 1.7), ylim=(-1.3, 1.35), aspect="equal")
        axis.set_axis_off()
    for start, end, colour in ((55, 125, "0.6"), (28, 55, COLOURS[2]), (125, 152, COLOURS[2])):
        _wedge(left, start, end, colour)
    for name, (degrees, colour) in spots.items():
        x, y = _on_circle(degrees)
        left.plot(x, y, "*" if name == "anchor" else "o", color=COLOURS[colour], markersize=9)
        left.annotate(name, (1.1 * x, 1.1 * y), ha="right" if x < -0.1 else "left", va="bottom")
    left.set_title("triplet: which negatives teach", fontsize=10)
    left.text(0, -0.1, "grey: nearer than\nthe positive\ngreen: farther, within\nthe margin",
              ha="center", va="center", fontsize=8)  # fmt: skip
    for degrees, person, start, end in ((150, 0, 106, 254), (30, 1, -74, 74)):
        _wedge(right, start, end, COLOURS[person])
        x, y = _on_circle(degrees)
        arrow = {"arrowstyle": "->", "color": COLOURS[person]}
        right.annotate("", (x, y), (0, 0), arrowprops=arrow)
        right.annotate(f"person {'AB'[person]}", (1.15 * x, 1.1 * y), ha="center", va="bottom")
    right.annotate("margin", (0, 1.08), ha="center", va="bottom")
    right.text(0, -0.45, "coloured: named rightly\nin spite of the margin", ha="center", fontsize=8)
    right.set_title("margin: a gap that belongs to nobody", fontsize=10)
    show(
        figure,
        "Two sketches on the unit circle. Left, an anchor and its positive; a hard negative is "
        "nearer than the positive, a semi-hard one farther but within the margin, an easy one far "
        "away. Right, two people's directions, a region around each, and two gaps between them.",
    )


def _on_circle(degrees: float) -> tuple[float, float]:
    return math.cos(math.radians(degrees)), math.sin(math.radians(degrees))


def _wedge(axis: Axes, start: float, end: float, colour: str) -> None:
    axis.add_patch(Wedge((0, 0), 1, start, end, width=0.3, color=colour, alpha=0.25, linewidth=0))


def draw_loss_differences(
    runs: Mapping[str, Mapping[str, Sequence[float]]], live: Mapping[str, float], rival: str
) -> None:
    """Draw stored metrics of each loss less the rival's with the same seed, in points.

    Args:
        runs: by loss and metric, one value a seed.
        live: "TAR at 1 % FAR" of some losses, as measured here, trained with the first seed and
            drawn as a cross against the rival's run of that seed.
        rival: the loss to compare with.
    """
    others = [name for name in runs if name != rival]
    found = {
        metric: {name: subtract_points(runs[name][metric], runs[rival][metric]) for name in others}
        for metric in ("AUC", "TAR at 1 % FAR")
    }
    figure, axes = subplots(1, 2, figsize=(7.8, 0.4 * len(others) + 1.2), sharey=True)
    first = runs[rival]["TAR at 1 % FAR"][0]
    crosses = {}, {name: 100 * (value - first) for name, value in live.items()}
    for axis, (metric, rows), cross in zip(axes, found.items(), crosses, strict=True):
        axis.axvline(0, color="black", linewidth=1)
        draw_rows_of(axis, rows, cross)
        for place, change in enumerate(rows.values()):
            spot = (1, place), (3, 0), ("axes fraction", "data"), "offset points"
            axis.annotate(judge(change, "better", "worse"), *spot, va="center", fontsize=7)
        axis.set_xlabel(f"{metric}, points against {rival}", fontsize=9)
    axes[0].set_ylim(len(others) - 0.5, -0.5)
    told = "; ".join(f"{name} {rows:+.1f}" for name, rows in found["TAR at 1 % FAR"].items())
    show(figure, f"Points of TAR against {rival}, mean over seeds with 95 % interval: {told}.")
