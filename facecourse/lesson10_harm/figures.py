"""Lesson 10: its figures, tables and widget."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import Any

import torch
from ipywidgets import Dropdown, IntSlider, VBox
from torch import Tensor, nn

from facecourse.kit.charts import draw_band, draw_faces, flatten, tabulate, transpose
from facecourse.kit.compare import subtract_points
from facecourse.kit.explore import explore
from facecourse.lesson10_harm import recapture, variation
from facecourse.lesson10_harm.imbalance import PARTS
from facecourse.lesson10_harm.inversion import Victims, render_portraits
from facelib.data import FaceSet
from facelib.figures import COLOURS, Table, show, subplots
from facelib.measure import Interval, similarity
from facelib.models import embed

Errors = Mapping[str, Interval]
Sweeps = Mapping[str, Mapping[str, Mapping[str, Errors]]]  # [network][factor][amount]
NAMED = ("masculine", "skin", "age", "glasses")  # what a law or a person would call sensitive


def factor_slider(model: nn.Module, at: float, people: int = 30) -> VBox:
    """One factor by its amount: the good photograph, the other one, their score, and the TAR of so
    many people who don't exist; `at` is a threshold, a cosine."""
    gallery = variation.render_good(people, variation.TRIED)
    known = embed(model, gallery)

    def draw(factor: str, step: int) -> Table:
        amounts = variation.AMOUNTS[factor]
        amount = amounts[min(step, len(amounts)) - 1]
        probes = variation.render_changed(people, factor, amount)
        codes = embed(model, probes)
        score = float(similarity(codes[:1], known[:1]))
        alt = f"A face, and the same face with {factor}: {amount:g}."
        draw_faces({"enrolled": gallery[:1], "asked": probes[:1]}, alt)
        verdict = "accepted" if score >= at else "rejected"
        tar = variation.measure_rates(known, codes, at)["TAR"]
        head = [factor, "score of this pair", "threshold", "", f"TAR of {people} people"]
        return Table(head, [[f"{amount:g}", score, at, verdict, tar]])

    most = max(map(len, variation.AMOUNTS.values()))
    names = list(variation.AMOUNTS)
    factors = Dropdown(options=names, description="factor", value="noise, of the range")
    slider = IntSlider(2, min=1, max=most, description="amount")
    return explore(draw, factor=factors, step=slider)


def draw_sweeps(found: Sweeps) -> Table:
    """TAR by the amount of each factor, a line a network, and the table of it; `found` is the
    evidence's "sweeps" or "sweeps, ORL"."""
    by_factor, rows = transpose(found), []
    columns, lines = min(5, len(by_factor)), -(-len(by_factor) // 5)
    size = (2.1 * columns, 2.1 * lines)
    figure, axes = subplots(lines, columns, figsize=size, sharey=True, squeeze=False)
    for axis in axes.flat[len(by_factor) :]:
        axis.set_axis_off()
    for axis, (factor, networks) in zip(axes.flat, by_factor.items(), strict=False):
        for name, points in networks.items():
            rates = [errors["TAR"] for errors in points.values()]
            draw_band(axis, range(len(rates)), rates, ".-", label=name)
            written = (f"{amount}: {errors['TAR'].value:.1%}" for amount, errors in points.items())
            rows.append([factor, name, *written])
        axis.set_xticks(range(len(points)), points, fontsize=7)
        axis.set_title(factor, fontsize=8)
    axes[0, 0].set_ylabel("TAR")
    axes[0, 0].legend(fontsize=6, frameon=False, loc="lower left")
    show(figure, f"TAR by the amount of {', '.join(by_factor)}; the table below has the numbers.")
    empty = [""] * (max(map(len, rows)) - 2)
    rows = [(row + empty)[: 2 + len(empty)] for row in rows]
    return Table(["factor", "network", *empty], rows, fold="The numbers of the figure")


def tabulate_breaks(found: Sweeps) -> Table:
    """Where each network breaks, by factor: `variation.find_break`; `found` as in `draw_sweeps`."""

    def write(points: Mapping[str, Errors]) -> str:
        place = variation.find_break(points)
        return "-" if place is None else f"{place:.3g}"

    rows = {
        factor: {network: write(points) for network, points in networks.items()}
        for factor, networks in transpose(found).items()
    }
    return tabulate(rows, f"TAR below {variation.KEPT:.0%} at", "{:}")


def tabulate_false_accepts(found: Mapping[str, Mapping[str, Errors]]) -> Table:
    """FAR by the least and the greatest amount of each factor; `found` is a network's "sweeps"."""

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
    first, *_ = found
    rows = {}
    for cure, seeds in found.items():
        runs = {ill: [[seed[ill] for seed in some] for some in (seeds, found[first])]
                for ill in seeds[0]}  # fmt: skip
        rows[cure] = {
            ill: write_mean(own, None if cure == first else base)
            for ill, (own, base) in runs.items()
        }
    return tabulate(rows, "learnt from faces", "{:}")


def compare_sources(found: Mapping[str, Mapping[str, Sequence]], names: Sequence[str]) -> Table:
    """Errors of groups by whom a network has learnt from, and the change against the first; `found`
    is the evidence's "sources": [source] "fmr" and "fnmr", of each seed one a group."""
    first, *_ = found
    rows = {}
    for (source, kind), runs in flatten(found).items():
        base = [None] * len(names) if source == first else zip(*found[first][kind], strict=True)
        cells = zip(names, zip(*runs, strict=True), base, strict=True)
        rows[source, kind.upper()] = {name: write_mean(*two, "%") for name, *two in cells}
    return tabulate(rows, ["learnt from", ""], "{:}")


def draw_groups(found: Mapping[str, Mapping[str, Errors]], names: Sequence[str]) -> Table:
    """FMR and FNMR of each group at one threshold, as dots with intervals and as a table; `found`
    is the evidence's "groups": [network][group], with "fmr" and "fnmr"."""
    figure, axes = subplots(1, 2, figsize=(7, 0.32 * len(found) * len(names) / 2 + 1), sharey=True)
    rows = {}
    for place, (network, by_group) in enumerate(found.items()):
        for number, (name, errors) in enumerate(zip(names, by_group.values(), strict=True)):
            height = place + 0.18 * (number - (len(names) - 1) / 2)
            for axis, kind in zip(axes, ("fmr", "fnmr"), strict=True):
                rate, label = errors[kind], None if place else name
                ends = 100 * rate.low, 100 * rate.high
                axis.plot(ends, [height] * 2, color=COLOURS[number])
                axis.plot(100 * rate.value, height, "o", markersize=3, color=COLOURS[number],
                          label=label)  # fmt: skip
            rows[network, name] = errors
    axes[0].set_yticks(range(len(found)), found)
    axes[0].invert_yaxis()
    axes[0].set_xlabel("FMR, %")
    axes[1].set_xlabel("FNMR, %")
    axes[1].legend(fontsize=7, frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    show(figure, "Dots with intervals: FMR and FNMR of each network by group; numbers below.")
    columns = {"people": "{fnmr.n}", "FMR [95 % CI]": "{fmr:.2%}", "FNMR [95 % CI]": "{fnmr:.2%}"}
    return tabulate(rows, ["network", "skin reflectance"], columns)


def summarise_parts(right: Sequence[float], photographs: Sequence[int]) -> dict[str, float]:
    """Mean top-1 of parts, of everybody, and weighted by the photographs to learn from; worst and
    spread (SD). `right` is of each person the share of test photographs named rightly."""
    share, counts = torch.tensor(right, dtype=torch.float64), torch.tensor(photographs)
    parts = {part: float(share[counts == photos].mean()) for part, (photos, _) in PARTS.items()}
    return parts | {
        "everybody": float(share.mean()),
        "weighted as trained": float((share * counts).sum() / counts.sum()),
        "worst person": float(share.min()),
        "spread": float(share.std()),
    }


def compare_remedies(found: Mapping[str, Any]) -> Table:
    """Top-1 by part of the long tail, and by how many points more than without a remedy; `found` is
    the evidence's "long tail"."""
    rows, plain = [], None
    for method, shares in found["right"].items():
        runs = [summarise_parts(*run) for run in zip(shares, found["photographs"], strict=True)]
        values = {part: [run[part] for run in runs] for part in runs[0]}
        gains = [f"{subtract_points(values[part], plain[part]):+.1f}" if plain else "-"
                 for part in ("tail", "everybody")]  # fmt: skip
        plain = plain or values
        rows.append([method, *(f"{fmean(some):.1%}" for some in values.values()), *gains])
    return Table(["", *plain, "tail: more than plain", "everybody: more than plain"], rows)


def draw_losses(members: Tensor, others: Tensor) -> Table:
    """Draw the losses of photographs that were learnt from and of some that weren't, float (N,)
    each, as `membership.measure_losses` gives them."""
    parts = {"learnt from": members, "not learnt from": others}
    parts = {name: values.clamp(min=1e-12).log10() for name, values in parts.items()}
    figure, axis = subplots(figsize=(6.4, 2.6))
    axis.hist([*parts.values()], 40, histtype="stepfilled", alpha=0.6, label=[*parts])
    axis.set(xlabel="loss of the right name, power of 10", ylabel="photographs")
    axis.legend(frameon=False)
    tenths = torch.tensor([0.1, 0.5, 0.9], dtype=torch.float64)
    rows = [[name, *(f"{10**tenth:.1e}" for tenth in values.double().quantile(tenths).tolist())]
            for name, values in parts.items()]  # fmt: skip
    show(figure, f"Two histograms of losses; their medians are {rows[0][2]} and {rows[1][2]}.")
    return Table(["", "one in ten is below", "half are below", "nine in ten are below"], rows)


def tabulate_detectors(found: Mapping[str, Mapping[str, Interval]]) -> Table:
    """Live faces that are rejected (BPCER) and attacks that pass (APCER), by what was learnt from;
    `found` is the evidence's "presentation" the "errors"."""
    rows = {
        name: {f"{'APCER' if kind in recapture.RECAPTURES else 'BPCER'}, {kind}": rate
               for kind, rate in errors.items()}
        for name, errors in found.items()
    }  # fmt: skip
    return tabulate(rows, "learnt from live faces and", "{:.3f}")


def draw_recaptures(faces: FaceSet, seed: int = 0) -> None:
    """Draw faces as they are and recaptured, a row each; for faces of nobody."""
    kinds = recapture.make_kinds(faces.images, seed)
    draw_faces(
        {name.removeprefix("live, "): images for name, images in kinds.items()},
        "Rows of faces: as they are, softer and grainy by another camera, with the dots of a "
        "print, with the stripes and the glare of a screen.",
    )


def draw_reconstructions(some: Victims, made: Mapping[str, Tensor]) -> None:
    """Draw the enrolled photographs above what was made of their embeddings, and, below, the same
    picture of the true numbers: as like as a reconstruction can be. The first eight are shown;
    `made` holds reconstructions, uint8 (N, 1, 64, 64), by what they were made of."""
    true = render_portraits(some.people[:8])
    rows = {"enrolled": some.usual[0], **made, "true numbers": true}
    draw_faces(
        {name: images[:8] for name, images in rows.items()},
        f"Faces of {len(true)} people who don't exist. Rows: the photographs enrolled; "
        f"reconstructions from {', '.join(made)}; portraits drawn from the true numbers.",
    )


def tabulate_judges(judges: Mapping[str, Mapping[str, Errors]]) -> Table:
    """How often judges recognise the victims; `judges` is [judge][what is shown], as
    `inversion.reidentify` or the evidence's "judges" have it."""
    columns = {
        f"{judge}, {text}": {shown: rates[rate] for shown, rates in found.items()}
        for judge, found in judges.items()
        for rate, text in (("rank 1", "named rightly"), ("accepted", "accepted at 1 % FAR"))
    }
    return tabulate(transpose(columns), "shown", "{:.1%}")


def tabulate_leaks(found: Mapping[str, Mapping[str, float]], best: int = 8) -> Table:
    """R² of what is told from an embedding about a person: the `best` of all, and those in `NAMED`;
    `found` is the evidence's "leaks", [what is stored][factor], and the first sets the order."""
    first = next(iter(found.values()))
    order = sorted(first, key=first.get, reverse=True)
    chosen = [name for place, name in enumerate(order) if place < best or name in NAMED]
    rows = {stored: {name: some[name] for name in chosen} for stored, some in found.items()}
    return tabulate(transpose(rows), "factor", "{:.2f}")
