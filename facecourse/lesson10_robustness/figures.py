"""Lesson 10: break a face, slide a threshold past four groups; sweeps, cures and groups drawn."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from ipywidgets import Dropdown, FloatSlider, IntSlider, VBox
from torch import Tensor, nn

from facecourse.kit.charts import draw_band, draw_interval, percent
from facecourse.kit.compare import judge, subtract_points
from facecourse.kit.explore import explore
from facecourse.lesson10_robustness import experiment
from facecourse.lesson10_robustness.experiment import AMOUNTS, GROUPS, SPOILT
from facelib.figures import COLOURS, Table, show, subplots
from facelib.measure import Interval

Sweep = Mapping[str, Mapping[str, Interval]]  # [factor][amount]
SHOWN = 6  # faces


def break_slider(model: nn.Module, at: float, own: Tensor | None = None) -> VBox:
    """Faces as they were enrolled, and again with so much of one factor; green if accepted.

    Args:
        model, at: a network and its threshold, a cosine.
        own: photographs of one person, uint8 (N, 1, 64, 64), two or more: the first is enrolled.
            Only what can be done to any picture is done to them. None: people who don't exist.
    """
    seed = 3
    enrolled = experiment.render_good(SHOWN, seed) if own is None else own[:1]
    known = experiment.read_faces(model, enrolled)

    def draw(factor: str, step: int) -> None:
        amount = AMOUNTS[factor][min(step, len(AMOUNTS[factor]) - 1)]
        if own is None:
            asked = experiment.render_changed(SHOWN, factor, amount, seed)
        else:
            asked = SPOILT[factor](own[1 : SHOWN + 1], amount)
        scores = (experiment.read_faces(model, asked) * known).sum(1).tolist()
        figure, axes = subplots(2, len(asked), figsize=(1.2 * len(asked), 2.9), squeeze=False)
        for faces, line in ((enrolled.expand(len(asked), -1, -1, -1), axes[0]), (asked, axes[1])):
            for face, axis in zip(faces[:, 0], line, strict=True):
                axis.imshow(face.numpy(), cmap="gray", vmin=0, vmax=255)
                axis.set(xticks=[], yticks=[])
        for axis, score in zip(axes[1], scores, strict=True):
            colour = COLOURS[2 if score >= at else 1]
            axis.set_xlabel(f"{score:.2f}", color=colour)
            axis.spines[:].set(visible=True, color=colour, linewidth=3)
        axes[0, 0].set_ylabel("enrolled", fontsize=8)
        axes[1, 0].set_ylabel(f"{factor}: {amount:g}", fontsize=8)
        inside = sum(score >= at for score in scores)
        figure.supxlabel(f"cosines; accepted from {at:.2f} on: {inside} of {len(scores)}", size=9)
        show(figure, f"Faces enrolled, and again with {factor} {amount:g}; {inside} are accepted.")

    names = list(AMOUNTS if own is None else SPOILT)
    factors = Dropdown(options=names, description="factor", value="darkness, stops")
    return explore(draw, factor=factors, step=IntSlider(2, min=0, max=4, description="amount"))


def draw_sweeps(found: Mapping[str, Sweep], real: Mapping[str, Sweep]) -> None:
    """Draw TAR by the amount of each factor: people who don't exist, below them ORL; `found` and
    `real` are the evidence's "sweeps" and "ORL", by network."""
    figure, axes = subplots(3, 4, figsize=(8.6, 6), sharey=True)
    colours = dict(zip(found, COLOURS, strict=False))
    panels = [("", f, found) for f in AMOUNTS] + [("ORL: ", f, real) for f in SPOILT]
    for axis, (whose, factor, sweeps) in zip(axes.flat, panels, strict=True):
        for network, sweep in sweeps.items():
            rates = list(map(percent, sweep[factor].values()))
            draw_band(axis, range(len(rates)), rates, ".-", color=colours[network], label=network)
            axis.set_xticks(range(len(rates)), sweep[factor], fontsize=7)
        axis.set_title(whose + factor, fontsize=8)
    axes[0, 0].legend(fontsize=7, frameon=False, loc="lower left")
    figure.supylabel("TAR, % (band: 95 %, over people)", fontsize=9)
    kept = ", ".join(f"{name} {100 * s['FAR'][''].value:.1f} %" for name, s in real.items())
    figure.supxlabel(f"FAR on ORL, where 1 % was chosen on others: {kept}", fontsize=8)
    ends = [f"{name}, {factor} {list(points)[-1]}: {100 * list(points.values())[-1].value:.0f} %"
            for name, sweep in found.items() for factor, points in sweep.items()]  # fmt: skip
    show(figure, f"TAR by the amount of a factor; with the most of it: {'; '.join(ends)}.")


def draw_cures(found: Mapping[str, Sequence[Mapping[str, float]]]) -> None:
    """Draw by how many points each way of learning names spoilt photographs better than learning
    from them as they are; `found` is the evidence's "cures": [cure], of each seed by ill."""
    first, *cures = found
    ills = list(found[first][0])
    figure, axis = subplots(figsize=(6.6, 2.4))
    axis.grid(False)
    gains = {
        (cure, ill): subtract_points(*([run[ill] for run in found[n]] for n in (cure, first)))
        for cure in cures
        for ill in ills
    }
    values = torch.tensor([gain.value for gain in gains.values()]).view(len(cures), len(ills))
    axis.imshow(values.numpy(), cmap="PuOr", vmin=-60, vmax=60, aspect="auto")
    for place, gain in enumerate(gains.values()):
        row, column = divmod(place, len(ills))
        text = f"{gain.value:+.0f}\n{judge(gain, 'better', 'worse')}"
        colour = "white" if abs(gain.value) > 30 else "black"
        axis.text(column, row, text, ha="center", va="center", fontsize=8, color=colour)
    base = [100 * sum(run[ill] for run in found[first]) / len(found[first]) for ill in ills]
    axis.set_xticks(
        range(len(ills)), [f"{i}\n({b:.0f} %)" for i, b in zip(ills, base, strict=True)]
    )
    axis.set_yticks(range(len(cures)), cures)
    axis.set_ylabel("learnt from")
    axis.xaxis.tick_top()
    axis.set_title(
        "points of top-1 gained (judged over trainings), on photographs (uncured top-1)", fontsize=9
    )
    told = "; ".join(f"{c} on {i} {g.value:+.0f}" for (c, i), g in gains.items())
    show(figure, f"Points of top-1 gained over {len(found[first])} seeds: {told}.")


def group_slider(scores: Tensor, same: Tensor, group: Tensor, start: float) -> VBox:
    """The DET curve of each group, and where one threshold for everybody lies on it.

    Args:
        scores, same, group: of all pairs within groups, (P,), as `experiment.pair_up` gives them.
        start: the threshold to begin with.
    """
    parts = experiment.part_groups(scores, same, group)

    def draw(threshold: float) -> None:
        figure, axis = subplots(figsize=(5.4, 3.4))
        told = []
        for name, pairs, colour in zip(GROUPS, parts, COLOURS, strict=False):
            curve = pairs.curve
            axis.plot(100 * curve.far, 100 * (1 - curve.tar), color=colour, label=name)
            fmr, fnmr = 100 * pairs.far_at(threshold), 100 * pairs.frr_at(threshold)
            axis.plot(max(fmr, 0.005), max(fnmr, 0.1), "o", color=colour)
            told.append(f"{name} {fmr:.2f} and {fnmr:.1f} %")
        axis.set(xscale="log", yscale="log", xlim=(0.004, 100), ylim=(0.08, 110))
        axis.set(xlabel="FMR, % (log axis)", ylabel="FNMR, % (log axis)")
        axis.legend(frameon=False, fontsize=8, title=f"threshold {threshold:.2f}", loc="lower left")
        show(figure, f"DET curves; FMR and FNMR at this threshold: {'; '.join(told)}.")

    low, high = (float(scores.quantile(q)) for q in (0.5, 0.9999))
    slider = FloatSlider(start, min=low, max=high, step=0.005, readout_format=".3f",
                         description="threshold")  # fmt: skip
    return explore(draw, threshold=slider)


def tabulate_rates(rates: Sequence[Sequence[float]]) -> Table:
    """FMR and FNMR of each group, shares."""
    rows = [[name, *(f"{100 * rate:.2f} %" for rate in line)]
            for name, line in zip(GROUPS, rates, strict=True)]  # fmt: skip
    return Table(["skin", "FMR", "FNMR"], rows)


def draw_errors(
    found: Mapping[str, Mapping[str, Any]], changes: Mapping[str, Mapping[str, Any]]
) -> None:
    """Draw each rung's FMR and FNMR by group, and the points above the teacher's; arguments are the
    evidence's "groups" and "changes", [network][group]["fmr", "fnmr"]."""
    figure, axes = subplots(2, 2, figsize=(9, len(found) + 1.6), sharey=True)
    for line, kind in zip(axes, ("fmr", "fnmr"), strict=True):
        for axis, rows in zip(line, (found, changes), strict=True):
            for place, network in enumerate(found):
                for number, errors in enumerate(rows.get(network, {}).values()):
                    y, colour, rate = place + 0.18 * (number - 1.5), COLOURS[number], errors[kind]
                    axis.plot([100 * rate.low, 100 * rate.high], [y, y], color=colour)
                    label = GROUPS[number] if place == 1 else None
                    axis.plot(100 * rate.value, y, "o", markersize=3, color=colour, label=label)
        line[0].set_xlabel(f"{kind.upper()}, % (bar: 95 %, over people)", fontsize=9)
        line[1].set_xlabel(f"{kind.upper()}, points above the teacher's", fontsize=9)
        line[1].axvline(0, color="black", linewidth=1)
    axes[0, 0].set_yticks(range(len(found)), found)
    axes[0, 0].invert_yaxis()
    axes[0, 1].legend(fontsize=7, frameon=False, title="skin", title_fontsize=7, loc="center left",
                   bbox_to_anchor=(1, 0.5))  # fmt: skip
    told = "; ".join(
        f"{name} {kind.upper()} "
        + ", ".join(f"{100 * errors[kind].value:.2f}" for errors in by.values())
        for name, by in found.items()
        for kind in ("fmr", "fnmr")
    )
    show(figure, f"In %, from {GROUPS[0]} to {GROUPS[-1]}, with intervals over people: {told}.")


def draw_skins(found: Mapping[str, Any], detected: Mapping[str, Interval]) -> None:
    """Draw the FMR of the same people by the skin they are given, and whom a detector finds.

    Args:
        found: the evidence's "skin": "FMR" [what changed][skin], and "change", the darkest less
            the lightest.
        detected: the evidence's "detected": "found" [skin], and "change" as there.
    """
    figure, (left, right) = subplots(1, 2, figsize=(8.4, 3), width_ratios=(3, 2))
    told = []
    for (name, rates), style in zip(found["FMR"].items(), ("o-", "s--"), strict=True):
        curve = list(map(percent, rates.values()))
        change = 100 * found["change"][name].value
        word = judge(found["change"][name], "more", "fewer")
        label = f"{name}\n(darkest less lightest {change:+.2f} points: {word})"
        draw_band(left, range(len(curve)), curve, style, label=label)
        told.append(f"{name}: {', '.join(f'{rate.value:.2f}' for rate in curve)} %")
    left.set(ylabel="FMR, % (95 %, over people)", ylim=(0, None))
    left.legend(frameon=False, fontsize=8)
    for place, rate in enumerate(detected["found"].values()):
        draw_interval(right, place, percent(rate), COLOURS[place], upright=True)
    right.set_ylabel("found by a stock detector, %")
    for axis in (left, right):
        axis.set_xticks(range(len(GROUPS)), GROUPS)
        axis.set_xlabel("skin all of them are given")
    change, word = detected["change"], judge(detected["change"], "more", "fewer")
    right.set_title(f"darkest less lightest {100 * change.value:+.1f} points: {word}", fontsize=8)
    share = ", ".join(f"{100 * rate.value:.0f}" for rate in detected["found"].values())
    show(figure, f"FMR of the same people by skin, {'; '.join(told)}. Faces found: {share} %.")
