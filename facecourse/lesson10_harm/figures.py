"""The figures, tables and the widget of lesson 10 about variation and groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ipywidgets import Dropdown, IntSlider, VBox
from torch import nn

from facecourse.kit.charts import Table, explore, signed
from facecourse.lesson10_harm import variation
from facelib.figures import COLOURS, show, subplots
from facelib.measure import Interval, paired_interval, similarity
from facelib.models import embed

Sweeps = Mapping[str, Mapping[str, Mapping[str, Mapping]]]


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
        figure, axes = subplots(1, 2, figsize=(4, 2.2))
        for axis, picture, title in zip(
            axes, (gallery, probes), ("enrolled", "asked"), strict=True
        ):
            axis.imshow(picture[0, 0].numpy(), cmap="gray", vmin=0, vmax=255)
            axis.set_title(title, fontsize=10)
            axis.set_axis_off()
        show(figure, f"A face, and the same face with {factor}: {amount:g}.")
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


def draw_sweeps(found: Sweeps, columns: int = 5) -> Table:
    """TAR by the amount of each factor, a line a network; and the table of it.

    Args:
        found: the evidence's "sweeps" or "sweeps, ORL", [network][factor][amount].
        columns: of pictures.
    """
    factors = list(next(iter(found.values())))
    columns = min(columns, len(factors))
    lines = -(-len(factors) // columns)
    figure, axes = subplots(
        lines, columns, figsize=(2.1 * columns, 2.1 * lines), sharey=True, squeeze=False
    )
    rows = []
    for axis, factor in zip(axes.flat, factors, strict=False):
        for (name, by_factor), colour in zip(found.items(), COLOURS, strict=False):
            points = by_factor[factor]
            places = range(len(points))
            axis.plot(
                places, [p["TAR"]["value"] for p in points.values()], ".-", color=colour, label=name
            )
            ends = ([p["TAR"][end] for p in points.values()] for end in ("low", "high"))
            axis.fill_between(places, *ends, color=colour, alpha=0.15)
            rows.append(
                [factor, name, *(f"{a}: {p['TAR']['value']:.1%}" for a, p in points.items())]
            )
        axis.set_xticks(places, points, fontsize=7)
        axis.set_title(factor, fontsize=8)
    for axis in axes.flat[len(factors) :]:
        axis.set_axis_off()
    axes[0, 0].set_ylabel("TAR")
    axes[0, 0].legend(fontsize=6, frameon=False, loc="lower left")
    show(figure, f"TAR by the amount of {', '.join(factors)}; the table below has the numbers.")
    most = max(map(len, rows))
    return Table(
        ["factor", "network", *[""] * (most - 2)], [row + [""] * (most - len(row)) for row in rows]
    )


def find_break(points: Mapping[str, Mapping[str, Mapping]]) -> float | None:
    """`variation.breaks_at` of one network and factor.

    Args:
        points: its part of "sweeps", [amount].
    """
    tar = [point["TAR"]["value"] for point in points.values()]
    return variation.breaks_at([*map(float, points)], tar)


def tabulate_breaks(found: Sweeps) -> Table:
    """Where each network breaks: the amount at which its TAR falls below nine tenths.

    Args:
        found: as in `draw_sweeps`.
    """
    rows = []
    for factor in next(iter(found.values())):
        cells = []
        for by_factor in found.values():
            place = find_break(by_factor[factor])
            cells.append("-" if place is None else f"{place:.3g}")
        rows.append([factor, *cells])
    return Table([f"TAR below {variation.KEPT:.0%} at", *found], rows)


def tabulate_false_accepts(found: Mapping[str, Mapping[str, Mapping]]) -> Table:
    """FAR by the least and the greatest amount of each factor, of one network.

    Args:
        found: a network's part of "sweeps".
    """
    rows = []
    for factor, points in found.items():
        ends = (next(iter(points.items())), next(reversed(points.items())))
        rows.append([factor, *(f"{amount}: {percent(point['FAR'])}" for amount, point in ends)])
    return Table(["factor", "FAR, least of it", "FAR, most of it"], rows)


def compare_cures(found: Mapping[str, Sequence[Mapping[str, float]]]) -> Table:
    """Top-1 on spoilt photographs by what a network saw while it learnt, and its gain.

    Args:
        found: the evidence's "cures": of each cure and seed the top-1 by what was spoilt.
    """
    first, *_ = found
    rows = []
    for name, runs in found.items():
        cells = []
        for ill in runs[0]:
            points, base = ([100 * run[ill] for run in some] for some in (runs, found[first]))
            mean = f"{sum(points) / len(points):.1f}"
            cells.append(
                mean if name == first else f"{mean} ({signed(paired_interval(points, base))})"
            )
        rows.append([name, *cells])
    return Table(["learnt from faces", *next(iter(found.values()))[0]], rows)


def draw_groups(found: Mapping[str, Mapping[str, Mapping]], names: Sequence[str]) -> Table:
    """FMR and FNMR of each group at one threshold, as dots with intervals and as a table.

    Args:
        found: the evidence's "groups": [network][group], with "fmr" and "fnmr".
        names: of the groups.
    """
    figure, axes = subplots(1, 2, figsize=(7, 0.32 * len(found) * len(names) / 2 + 1), sharey=True)
    rows = []
    for place, (network, by_group) in enumerate(found.items()):
        for number, (name, errors) in enumerate(zip(names, by_group.values(), strict=True)):
            height = place + 0.18 * (number - (len(names) - 1) / 2)
            for axis, kind in zip(axes, ("fmr", "fnmr"), strict=True):
                one = errors[kind]
                axis.plot(
                    [100 * one["low"], 100 * one["high"]], [height] * 2, color=COLOURS[number]
                )
                axis.plot(100 * one["value"], height, "o", markersize=3, color=COLOURS[number],
                          label=name if not place else None)  # fmt: skip
            rows.append(
                [
                    network,
                    name,
                    str(errors["fnmr"]["n"]),
                    *(percent(errors[kind]) for kind in ("fmr", "fnmr")),
                ]
            )
    axes[0].set_yticks(range(len(found)), found)
    axes[0].invert_yaxis()
    axes[0].set_xlabel("FMR, %")
    axes[1].set_xlabel("FNMR, %")
    axes[1].legend(fontsize=7, frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    show(figure, "Dots with intervals: FMR and FNMR of each network by group; numbers below.")
    return Table(["network", "skin reflectance", "people", "FMR [95 % CI]", "FNMR [95 % CI]"], rows)


def percent(value: Mapping) -> str:
    """A share with its interval, in percent."""
    return f"{value['value']:.2%} [{value['low']:.2%}, {value['high']:.2%}]"


def tabulate_group_changes(found: Mapping[str, Sequence[Mapping]], names: Sequence[str]) -> Table:
    """By how many points each step has changed a group's FNMR, paired over its people.

    Args:
        found: the evidence's "changes": [network], one interval a group.
        names: of the groups.
    """
    rows = [
        [network, *(signed(Interval(**one), 2) for one in changes)]
        for network, changes in found.items()
    ]
    return Table(["FNMR, points more than the teacher's", *names], rows)


def tabulate_thresholds(found: Mapping[str, Mapping], names: Sequence[str]) -> Table:
    """One threshold for everybody beside one for each group.

    Args:
        found: the evidence's "thresholds": "one" and "each", with "at", and of each group "fmr" and
            "fnmr".
        names: of the groups.
    """
    rows = []
    for way, part in found.items():
        for name, at, errors in zip(names, part["at"], part["errors"].values(), strict=True):
            rows.append([way, name, at, percent(errors["fmr"]), percent(errors["fnmr"])])
    return Table(
        ["threshold", "skin reflectance", "cosine", "FMR [95 % CI]", "FNMR [95 % CI]"], rows
    )


def compare_sources(found: Mapping[str, Mapping[str, Sequence]], names: Sequence[str]) -> Table:
    """Errors of groups by whom a network has learnt from, and the change against the first.

    Args:
        found: the evidence's "sources": [source] "fmr" and "fnmr", of each seed one a group.
        names: of the groups.
    """
    first, *_ = found
    rows = []
    for source, runs in found.items():
        for kind in ("fmr", "fnmr"):
            cells = []
            for number in range(len(names)):
                points, base = (
                    [100 * seed[number] for seed in some[kind]] for some in (runs, found[first])
                )
                mean = f"{sum(points) / len(points):.1f}%"
                more = "" if source == first else f" ({signed(paired_interval(points, base))})"
                cells.append(mean + more)
            rows.append([source, kind.upper(), *cells])
    return Table(["learnt from", "", *names], rows)
