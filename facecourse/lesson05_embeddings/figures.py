"""Lesson 05: its figures and tables, from networks just trained and from stored runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from matplotlib.axes import Axes
from torch.nn.functional import normalize

from facecourse.kit.charts import draw_lines, flatten, tabulate
from facecourse.lesson05_embeddings import sphere
from facelib.figures import COLOURS, Table, show, subplots
from facelib.measure import Interval, paired_interval

ANGLES = ["mean angle to the own middle", "smallest angle between two middles", "top-1"]


def draw_circles(drawings: Mapping[str, sphere.Points]) -> Table:
    """Draw embeddings of two numbers as they are, a panel a loss; return their angles."""
    figure, axes = subplots(1, len(drawings), figsize=(2.3 * len(drawings), 2.5), squeeze=False)
    for axis, (name, points) in zip(axes[0], drawings.items(), strict=True):
        draw_dots(axis, points)
        axis.set_title(name, fontsize=10)
    show(
        figure,
        "Test photographs of six people as points in the plane, one colour each, by loss: "
        f"{', '.join(drawings)}. Softmax makes rays; the others are compared by direction.",
    )
    return tabulate_angles(drawings)


def tabulate_angles(drawings: Mapping[str, sphere.Points]) -> Table:
    """`sphere.measure_angles` of each."""
    return Table(["", *ANGLES], [[name, *write_angles(drawn)] for name, drawn in drawings.items()])


def write_angles(points: sphere.Points) -> list[object]:
    """`ANGLES` of a drawing, as a table shows them."""
    found = sphere.measure_angles(points)
    return [f"{found.within:.1f}°", f"{found.between:.1f}°", found.top1]


def draw_globes(drawings: Mapping[str, sphere.Points]) -> Table:
    """Draw the directions of embeddings of three numbers on a sphere; return their angles."""
    look = {"figsize": (3 * len(drawings), 3), "subplot_kw": {"projection": "3d"}}
    figure, axes = subplots(1, len(drawings), squeeze=False, **look)
    across, down = torch.meshgrid(
        torch.linspace(0, 2 * math.pi, 25), torch.linspace(0, math.pi, 13), indexing="ij"
    )
    ball = [across.cos() * down.sin(), across.sin() * down.sin(), down.cos()]
    for axis, (name, points) in zip(axes[0], drawings.items(), strict=True):
        axis.set_box_aspect((1, 1, 1))  # else a ball is drawn flat
        axis.plot_wireframe(*(side.numpy() for side in ball), color="0.85", linewidth=0.5)
        for person in range(sphere.PEOPLE):
            spots = normalize(points.test[points.person == person]).T.numpy()
            axis.scatter(*spots, color=COLOURS[person], s=14, depthshade=False)
        axis.set_title(name, fontsize=10)
        axis.set_axis_off()
    show(figure, f"Test photographs of six people on a sphere, by loss: {', '.join(drawings)}.")
    return tabulate_angles(drawings)


def draw_dots(axis: Axes, points: sphere.Points) -> None:
    """Test photographs in their people's colours, as far out as they are long, seen from above."""
    spots = points.test / points.test.norm(dim=1).max()
    for person in range(sphere.PEOPLE):
        mine = points.person == person
        axis.plot(*spots[mine].T, "o", color=COLOURS[person], markersize=5, alpha=0.8)
    axis.plot(0, 0, "+", color="black")
    axis.set(xlim=(-1.2, 1.2), ylim=(-1.2, 1.2), aspect="equal")
    axis.set_axis_off()


def tabulate_margins(runs: Mapping[str, Mapping[str, Mapping[str, Sequence[float]]]]) -> Table:
    """Stored angles on the circle by margin, and how they change against margin 0 (paired).

    Args:
        runs: by kind, margin and quantity.
    """

    def write(kind: str, margin: str, what: str) -> str:
        values, none = runs[kind][margin][what], runs[kind]["0.0"][what]
        if margin == "0.0":
            return f"{sum(none) / len(none):.1f}°"
        return f"{paired_interval(values, none):+.1f}°"

    rows = [
        [*names, *(write(*names, what) for what in ("within", "between"))]
        for names in flatten(runs)
    ]
    return Table(["kind", "margin", *ANGLES[:2]], rows)


def compare_to_rival(runs: Mapping[str, Mapping[str, Sequence[float]]], rival: str) -> Table:
    """Stored metrics of each loss less those of one of them, with the same seeds.

    Args:
        runs: by loss and metric, one value a seed.
        rival: the loss to compare with.
    """
    rows = {
        name: {
            metric: paired_interval(values, runs[rival][metric]) for metric, values in run.items()
        }
        for name, run in runs.items()
        if name != rival
    }
    return tabulate(rows, f"minus {rival}", "{:.3f}")


def draw_misplaced(stored: Mapping[str, Mapping[str, Mapping[str, Interval]]], kind: str) -> Table:
    """Draw TAR by how badly one of two faces is cropped; return all that was stored about it.

    Args:
        stored: the evidence's "misplaced".
        kind: one of its keys.
    """
    rows = stored[kind]
    draw_lines(list(map(float, rows)), {"TAR": [row["TAR"] for row in rows.values()]}, kind, "TAR")
    return tabulate(rows, kind, "{:.3f}")
