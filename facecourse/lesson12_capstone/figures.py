"""What lesson 12 draws: the road, budgets among stored files, and the learner's attempts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ipywidgets import IntSlider, VBox
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor

from facecourse.kit.charts import draw_faces, draw_intervals
from facecourse.kit.explore import explore
from facecourse.kit.scoreboard import Scoreboard
from facecourse.kit.stages import draw_chain
from facecourse.lesson12_capstone.attempts import Attempt
from facecourse.lesson12_capstone.experiment import BUDGETS, Budget
from facelib.figures import COLOURS, Table, show, subplots

ROAD = {
    "budget": "bytes, time,\npoints lost", "rungs": "distil, prune,\nround, thin",
    "file": "one zipped\nONNX file", "parity": "network\n= file?", "score": "on fresh\npeople",
    "card": "what for,\nnot what for", "door": "enrol, verify,\nforget",
}  # fmt: skip
_SIZES = (50, 100, 200, 500, 1000, 2000, 5000)


def draw_board(board: Scoreboard) -> None:
    """Draw which share of the photographs each method names rightly with one enrolled of each."""
    found = {row.method: row["one photo"] for row in board.rows}
    told = ", ".join(f"{name} {100 * share.value:.0f} %" for name, share in found.items())
    label = "named rightly by one photograph, unseen people, 95 % CI"
    draw_intervals(found, label, f"Photographs {label}: {told}.", shares=True)


def draw_road() -> None:
    """Draw the seven steps of the lesson."""
    draw_chain(ROAD, f"The road of this lesson, seven steps: {', '.join(ROAD)}.")


def budget_slider(dial: Mapping[str, Any]) -> VBox:
    """Two sliders, kilobytes and points lost: which stored networks keep the budget.

    `dial` is the evidence of this name: networks cut and not taught again, and two that were.
    """
    rows = [
        {"bytes": row["bytes"], "lost": row["0.1 %"].value, "name": _describe(row)}
        for row in dial["rows"]
    ] + [
        {"bytes": row["bytes"], "lost": row["0.1 %"].value, "name": f"{name}, taught"}
        for name, row in dial["taught"].items()
    ]

    def draw(kilobytes: int, points: int) -> Table:
        kept = [r for r in rows if r["bytes"] <= 1000 * kilobytes and r["lost"] <= points]
        figure, axis = subplots(figsize=(7, 3))
        for some, colour in ((rows, "0.75"), (kept, COLOURS[0])):
            axis.plot(
                [r["bytes"] / 1e3 for r in some], [r["lost"] for r in some], ".", color=colour
            )
        axis.add_patch(Rectangle((1, -2), kilobytes - 1, points + 2, alpha=0.12, color=COLOURS[0]))
        _scale(axis, 30)
        show(
            figure,
            f"Points of TAR lost over kilobytes of {len(rows)} stored files; {len(kept)} of them "
            f"keep a budget of {kilobytes} kB and {points} points.",
        )
        best = sorted(kept, key=lambda row: row["bytes"])[:3]
        head = f"{len(kept)} keep it; the smallest"
        if not best:
            return Table([head], [["none of them"]])
        cells = [[row["name"], f"{row['bytes'] / 1e3:.0f}", f"{row['lost']:.1f}"] for row in best]
        return Table([head, "kB", "points lost"], cells)

    return explore(
        draw,
        kilobytes=IntSlider(150, 60, 1200, 10, description="kilobytes"),
        points=IntSlider(9, 0, 20, description="points lost"),
    )


def _describe(row: Mapping[str, Any]) -> str:
    cut = f", {row['pruned']:.0%} pruned" if row["pruned"] else ""
    thin = f", rank {row['rank']}" if row["rank"] < 128 else ""
    return f"{row['width']}{cut}{thin}, {row['bits']} bits"


def _scale(axis: Axes, most: float) -> None:
    axis.set(xscale="log", xlim=(45, 6000), ylim=(most, -2))
    axis.set(xlabel="kilobytes of the file", ylabel="points of TAR lost, FAR 0.1 %")
    axis.set_xticks(_SIZES, [f"{size:,}" for size in _SIZES])
    axis.minorticks_off()


def list_budgets() -> Table:
    """The three budgets of *Your turn*."""
    head = ["budget", "bytes at most", "times faster, at least", "points lost, at most"]
    rows = [[name, f"{b.bytes:,}", f"{b.faster:g}", f"{b.lost:g}"] for name, b in BUDGETS.items()]
    return Table(head, rows)


def draw_yours(recipes: Mapping[str, Mapping[str, Any]], attempts: Sequence[Attempt]) -> Table:
    """Draw stored recipes, the three budgets as boxes, and the learner's attempts as crosses.

    Args:
        recipes: the evidence's, by name.
        attempts: as `list_attempts` gives them, the best six of which stand in the table.
    """
    figure, axis = subplots(figsize=(7.5, 3.6))
    for (name, budget), colour in zip(BUDGETS.items(), COLOURS[1:], strict=False):
        _draw_box(axis, name, budget, colour)
    for name, row in recipes.items():
        axis.plot(row["bytes"] / 1e3, row["lost"].value, "o", color=COLOURS[0])
        look = {"textcoords": "offset points", "fontsize": 7}
        axis.annotate(name, (row["bytes"] / 1e3, row["lost"].value), (6, 4), **look)
    for attempt in attempts:
        axis.plot(attempt.bytes / 1e3, attempt.lost, "kx", markersize=9, markeredgewidth=2)
    _scale(axis, max([14, *(attempt.lost + 1 for attempt in attempts)]))
    show(
        figure,
        f"Points of TAR lost over kilobytes: {len(recipes)} stored recipes, boxes of the budgets "
        f"{', '.join(BUDGETS)}, and crosses for {len(attempts)} files of yours.",
    )
    rows = [
        [a.name, f"{a.bytes:,}", f"{a.faster:.1f}", f"{a.lost:.1f}", f"{a.worst:.1%}", a.scores]
        for a in attempts[:6]
    ]
    head = ["your file", "bytes", "times faster", "points lost", "worst group rejected", "scores"]
    return Table(head, rows)


def _draw_box(axis: Axes, name: str, budget: Budget, colour: str) -> None:
    kilobytes = budget.bytes / 1e3
    look = {"fill": False, "edgecolor": colour, "linewidth": 1.5, "linestyle": "--"}
    axis.add_patch(Rectangle((1, -2), kilobytes - 1, budget.lost + 2, **look))
    axis.annotate(name, (kilobytes, budget.lost), (-3, 4), textcoords="offset points", ha="right",
                  color=colour, fontsize=9)  # fmt: skip


def draw_moved(faces: Tensor, cosines: Tensor) -> None:
    """Draw the six faces, uint8 (N, 1, H, W), whose embeddings a file moved most and those it moved
    least, by the cosines (N,) of network and file."""
    order = cosines.argsort()
    rows = {"most": order[:6], "least": order[-6:].flip(0)}
    named = {f"{name}, {cosines[some[0]]:.3f}": faces[some] for name, some in rows.items()}
    draw_faces(
        named, f"Faces whose embeddings move, with the first one's cosine: {'; '.join(named)}."
    )


def draw_visitors(faces: Mapping[str, Any]) -> None:
    """Draw the photographs of some visitors, uint8 (N, 1, H, W) by name."""
    draw_faces(faces, f"Grey faces of people who don't exist: {', '.join(faces)}.")
