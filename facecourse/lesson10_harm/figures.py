"""Lesson 10: its figures, tables and widget about variation and groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ipywidgets import Dropdown, IntSlider, VBox
from torch import nn

from facecourse.kit.charts import Table, draw_band, draw_faces, flatten, tabulate
from facecourse.kit.compare import subtract_points
from facecourse.kit.explore import explore
from facecourse.lesson10_harm import variation
from facelib.figures import COLOURS, show, subplots
from facelib.measure import Interval, similarity
from facelib.models import embed

Errors = Mapping[str, Interval]
Sweeps = Mapping[str, Mapping[str, Mapping[str, Errors]]]  # [network][factor][amount]


def factor_slider(model: nn.Module, at: float, people: int = 30) -> VBox:
    """One factor by its amount: the good photograph, the other one, their score, and the TAR.

    Args:
        model: embeds faces.
        at: threshold, a cosine.
        people: who don't exist, to count on.
    """
    gallery = variation.render_good(people, variation.TRIED)
    known = embed(model, gallery)

    def draw(factor: str, step: int) -> Table:
        amounts = variation.AMOUNTS[factor]
        amount = amounts[min(step, len(amounts)) - 1]
        probes = variation.render_changed(people, factor, amount)
        codes = embed(model, probes)
        score = float(similarity(codes[:1], known[:1]))
        draw_faces(
            {"enrolled": gallery[:1], "asked": probes[:1]},
            f"A face, and the same face with {factor}: {amount:g}.",
        )
        found = variation.measure_rates(known, codes, at)
        verdict = "accepted" if score >= at else "rejected"
        head = [factor, "score of this pair", "threshold", "", f"TAR of {people} people"]
        return Table(head, [[f"{amount:g}", score, at, verdict, found["TAR"]]])

    most = max(map(len, variation.AMOUNTS.values()))
    factors = Dropdown(
        options=list(variation.AMOUNTS), description="factor", value="noise, of the range"
    )
    slider = IntSlider(2, min=1, max=most, description="amount", continuous_update=False)
    return explore(draw, factor=factors, step=slider)


def draw_sweeps(found: Sweeps) -> Table:
    """TAR by the amount of each factor, a line a network; and the table of it.

    Args:
        found: the evidence's "sweeps" or "sweeps, ORL", [network][factor][amount].
    """
    factors = list(next(iter(found.values())))
    columns = min(5, len(factors))
    lines = -(-len(factors) // columns)
    size = (2.1 * columns, 2.1 * lines)
    figure, axes = subplots(lines, columns, figsize=size, sharey=True, squeeze=False)
    for axis, factor in zip(axes.flat, factors, strict=False):
        for name, by_factor in found.items():
            rates = [errors["TAR"] for errors in by_factor[factor].values()]
            draw_band(axis, range(len(rates)), rates, ".-", label=name)
        axis.set_xticks(range(len(rates)), by_factor[factor], fontsize=7)
        axis.set_title(factor, fontsize=8)
    for axis in axes.flat[len(factors) :]:
        axis.set_axis_off()
    axes[0, 0].set_ylabel("TAR")
    axes[0, 0].legend(fontsize=6, frameon=False, loc="lower left")
    show(figure, f"TAR by the amount of {', '.join(factors)}; the table below has the numbers.")
    rows = [
        [factor, name, *(f"{a}: {errors['TAR'].value:.1%}" for a, errors in points.items())]
        for factor in factors
        for name, points in ((name, by_factor[factor]) for name, by_factor in found.items())
    ]
    most = max(map(len, rows))
    head = ["factor", "network", *[""] * (most - 2)]
    rows = [row + [""] * (most - len(row)) for row in rows]
    return Table(head, rows, fold="The numbers of the figure")


def find_break(points: Mapping[str, Errors]) -> float | None:
    """`variation.breaks_at` of one network and factor.

    Args:
        points: its part of "sweeps", [amount].
    """
    tar = [point["TAR"].value for point in points.values()]
    return variation.breaks_at([*map(float, points)], tar)


def tabulate_breaks(found: Sweeps) -> Table:
    """Where each network breaks: the amount at which its TAR falls below nine tenths.

    Args:
        found: as in `draw_sweeps`.
    """

    def write(by_factor: Mapping[str, Mapping[str, Errors]], factor: str) -> str:
        place = find_break(by_factor[factor])
        return "-" if place is None else f"{place:.3g}"

    rows = {
        factor: {network: write(by_factor, factor) for network, by_factor in found.items()}
        for factor in next(iter(found.values()))
    }
    return tabulate(rows, f"TAR below {variation.KEPT:.0%} at", "{:}")


def tabulate_false_accepts(found: Mapping[str, Mapping[str, Errors]]) -> Table:
    """FAR by the least and the greatest amount of each factor, of one network.

    Args:
        found: a network's part of "sweeps".
    """

    def write(place: int) -> Callable[[Mapping[str, Errors]], str]:
        return lambda points: f"{list(points)[place]}: {list(points.values())[place]['FAR']:.2%}"

    return tabulate(found, "factor", {"FAR, least of it": write(0), "FAR, most of it": write(-1)})


def write_mean(values: Sequence[float], base: Sequence[float] | None, unit: str = "") -> str:
    """A mean of shares in points and, beside a base, how far it is above the base's."""
    change = "" if base is None else f" ({subtract_points(values, base):+.1f})"
    points = [100 * value for value in values]
    return f"{sum(points) / len(points):.1f}{unit}{change}"


def compare_cures(found: Mapping[str, Sequence[Mapping[str, float]]]) -> Table:
    """Top-1 on spoilt photographs by what a network saw while it learnt, and its gain; `found` is
    the evidence's "cures": of each cure and seed the top-1 by what was spoilt."""
    runs = {cure: {ill: [seed[ill] for seed in seeds] for ill in seeds[0]}
            for cure, seeds in found.items()}  # fmt: skip
    first, *_ = runs
    rows = {
        cure: {ill: write_mean(values, None if cure == first else runs[first][ill])
               for ill, values in by_ill.items()}
        for cure, by_ill in runs.items()
    }  # fmt: skip
    return tabulate(rows, "learnt from faces", "{:}")


def compare_sources(found: Mapping[str, Mapping[str, Sequence]], names: Sequence[str]) -> Table:
    """Errors of groups by whom a network has learnt from, and the change against the first.

    Args:
        found: the evidence's "sources": [source] "fmr" and "fnmr", of each seed one a group.
        names: of the groups.
    """
    first, *_ = found
    rows = {}
    for (source, kind), runs in flatten(found).items():
        base = [None] * len(names) if source == first else zip(*found[first][kind], strict=True)
        cells = zip(names, zip(*runs, strict=True), base, strict=True)
        rows[source, kind.upper()] = {name: write_mean(*two, "%") for name, *two in cells}
    return tabulate(rows, ["learnt from", ""], "{:}")


def draw_groups(found: Mapping[str, Mapping[str, Errors]], names: Sequence[str]) -> Table:
    """FMR and FNMR of each group at one threshold, as dots with intervals and as a table.

    Args:
        found: the evidence's "groups": [network][group], with "fmr" and "fnmr".
        names: of the groups.
    """
    figure, axes = subplots(1, 2, figsize=(7, 0.32 * len(found) * len(names) / 2 + 1), sharey=True)
    rows = {}
    for place, (network, by_group) in enumerate(found.items()):
        for number, (name, errors) in enumerate(zip(names, by_group.values(), strict=True)):
            height = place + 0.18 * (number - (len(names) - 1) / 2)
            for axis, kind in zip(axes, ("fmr", "fnmr"), strict=True):
                low, value, high = (
                    100 * end for end in (errors[kind].low, errors[kind].value, errors[kind].high)
                )
                axis.plot([low, high], [height] * 2, color=COLOURS[number])
                axis.plot(value, height, "o", markersize=3, color=COLOURS[number],
                          label=name if not place else None)  # fmt: skip
            rows[network, name] = errors
    axes[0].set_yticks(range(len(found)), found)
    axes[0].invert_yaxis()
    axes[0].set_xlabel("FMR, %")
    axes[1].set_xlabel("FNMR, %")
    axes[1].legend(fontsize=7, frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    show(figure, "Dots with intervals: FMR and FNMR of each network by group; numbers below.")
    columns = {"people": "{fnmr.n}", "FMR [95 % CI]": "{fmr:.2%}", "FNMR [95 % CI]": "{fnmr:.2%}"}
    return tabulate(rows, ["network", "skin reflectance"], columns)
