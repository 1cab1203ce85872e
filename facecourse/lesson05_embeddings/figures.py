"""The figures and tables of lesson 05, from networks just trained and from stored runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from matplotlib.axes import Axes
from torch.nn.functional import normalize

from facecourse.kit.charts import Table, draw_lines, signed
from facecourse.lesson05_embeddings import sphere
from facelib.figures import COLOURS, show, subplots
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
    rows = []
    for name, points in drawings.items():
        found = sphere.measure_angles(points)
        rows.append([name, f"{found.within:.1f}°", f"{found.between:.1f}°", found.top1])
    return Table(["", *ANGLES], rows)


def draw_globes(drawings: Mapping[str, sphere.Points]) -> Table:
    """Draw the directions of embeddings of three numbers on a sphere; return their angles."""
    figure, axes = subplots(
        1, len(drawings), figsize=(3 * len(drawings), 3), squeeze=False,
        subplot_kw={"projection": "3d"},
    )  # fmt: skip
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
    rows = []
    for kind, found in runs.items():
        for margin, values in found.items():
            within, between = (
                signed(paired_interval(values[what], found["0.0"][what]), unit="°")
                if margin != "0.0"
                else f"{sum(values[what]) / len(values[what]):.1f}°"
                for what in ("within", "between")
            )
            rows.append([kind, margin, within, between])
    return Table(["kind", "margin", *ANGLES[:2]], rows)


def compare_to_rival(runs: Mapping[str, Mapping[str, Sequence[float]]], rival: str) -> Table:
    """Stored metrics of each loss less those of one of them, with the same seeds.

    Args:
        runs: by loss and metric, one value a seed.
        rival: the loss to compare with.
    """
    metrics = list(runs[rival])
    rows = [
        [name, *(paired_interval(values[metric], runs[rival][metric]) for metric in metrics)]
        for name, values in runs.items()
        if name != rival
    ]
    return Table([f"minus {rival}", *metrics], rows)


def zero_shot(stored: Mapping[str, Mapping[str, Mapping]], what: str) -> Table:
    """The metrics of each method, or the lead of the shipped embedding, with 95 % intervals.

    Args:
        stored: the evidence's "zero-shot".
        what: "metrics" or "lead".
    """
    rows = [
        [name, *(Interval(**interval) for interval in metrics.values())]
        for name, metrics in stored[what].items()
    ]
    first = "" if what == "metrics" else "ahead of"
    return Table([first, *next(iter(stored[what].values()))], rows)


def draw_misplaced(stored: Mapping[str, Mapping[str, Mapping[str, Mapping]]], kind: str) -> Table:
    """Draw TAR by how badly one of two faces is cropped; return all that was stored about it.

    Args:
        stored: the evidence's "misplaced".
        kind: one of its keys.
    """
    rows = {
        amount: {name: Interval(**interval) for name, interval in rates.items()}
        for amount, rates in stored[kind].items()
    }
    curve = [rates["TAR"] for rates in rows.values()]
    draw_lines([float(amount) for amount in rows], {"TAR": curve}, kind, "TAR")
    head = [kind, *next(iter(rows.values()))]
    return Table(head, [[amount, *rates.values()] for amount, rates in rows.items()])


def tabulate_searches(galleries: Sequence[Mapping[str, Any]], looked_at: int) -> Table:
    """Stored exact and fast searches: time, memory, people found.

    Args:
        galleries: of the stored benchmark.
        looked_at: the setting of the fast search to show.
    """
    rows = []
    for gallery in galleries:
        for name in ("exact", str(looked_at)):
            row = gallery["search"][name]
            lost = Interval(**row["lost"]) if "lost" in row else None
            rows.append(
                [
                    f"{gallery['faces']:,}", "exact" if name == "exact" else "fast",
                    f"{row['ms alone']['median_ms']:.2f} ms", f"{row['bytes'] / 1e6:,.0f} MB",
                    Interval(**row["rank-1"]),
                    f"{lost.value:.2%} [{lost.low:.2%}, {lost.high:.2%}]" if lost else "-",
                ]
            )  # fmt: skip
    return Table(["faces", "search", "a query", "memory", "rank-1", "lost against exact"], rows)


def checked(stored: Mapping[str, Mapping[str, Any]]) -> Table:
    """People really rendered beside drawn crowds of as many: how often exact search is right, and
    how often fast search misses somebody whom exact search finds.

    Args:
        stored: the benchmark's "check" of one crowd.
    """
    rows = [[name, *(Interval(**row[what]) for what in ("rank-1", "lost"))]
            for name, row in stored.items()]  # fmt: skip
    return Table(["2,000 people", "rank-1, exact search", "lost by fast search"], rows)
