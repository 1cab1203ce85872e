"""Lesson 04: its figures and widgets."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from IPython.display import HTML
from ipywidgets import Dropdown, IntSlider, SelectionSlider, VBox

from facecourse.kit import charts
from facecourse.kit.compare import Shares, judge, paired_points, top1_interval, top1_intervals
from facecourse.kit.explore import explore
from facecourse.lesson04_transfer.experiment import DEPTHS
from facelib.figures import COLOURS, show, subplots

RESAMPLES = 2000  # of the people
# By what is claimed to be better: number of photographs; one arm; the other.
CLAIMS = {
    "fine-tuned, against from nothing": ("1", "all layers", "from nothing"),
    "the same, 5 photographs": ("5", "all layers", "from nothing"),
    "fine-tuned, against 240 steps from nothing": ("1", "all layers", "from nothing, longer"),
    "fine-tuned, against a small network from nothing": ("1", "all layers", "small, from nothing"),
    "fine-tuned, against as many steps of the head alone": ("1", "all layers", "head"),
    "ImageNet (more pixels), against synthetic faces": (
        "1", "ImageNet, full size, nearest, centred", "synthetic faces, nearest, centred"),
    "ImageNet: last third tuned, against its head alone": (
        "1", "ImageNet, full size, last third", "ImageNet, full size, head"),
}  # fmt: skip
Arms = Mapping[str, Shares]  # by name, of each split, of each person: the share named rightly


def draw_leads(stored: Mapping[str, Any]) -> None:
    """Draw the paired differences of `CLAIMS` against zero, each with its verdict.

    `stored` is the evidence.
    """
    leads = {
        claim: paired_points(*(stored["top-1"][photos][arm] for arm in arms), RESAMPLES)
        for claim, (photos, *arms) in CLAIMS.items()
    }
    charts.draw_differences({"": leads}, "percentage points ahead (95 % CI over people)")


def draw_bugs(stored: Arms) -> None:
    """Draw top-1 by nearest neighbour of two networks as they should be used, and with each bug."""
    found = top1_intervals(stored, RESAMPLES)
    told = ", ".join(f"{name} {interval.value:.1%}" for name, interval in found.items())
    splits = len(next(iter(stored.values())))
    label = f"top-1, one photograph: mean of {splits} splits, 95 % CI over people"
    charts.draw_intervals(found, label, f"Top-1 by nearest neighbour: {told}.", shares=True)


def say_functions(live: Mapping[str, float], stored: Mapping[str, Sequence[float]]) -> None:
    """Print each share of `experiment.compare_functions` as it is here, and over stored splits."""
    for name, interval in charts.mean_intervals(stored).items():
        print(f"{name}: {live[name]:.1%} here; {interval:.1%} over splits")


def draw_ways() -> None:
    """Draw the schematic: which parts of a network learn from nothing, frozen and fine-tuned."""
    ways = {
        "from nothing": (charts.LEARNS, "learns, from random weights", "head learns"),
        "frozen": (charts.STILL, "from a source, stays as it is", "head learns"),
        "fine-tuned": (charts.LEARNS, "from a source, learns slowly", "head learns faster"),
    }
    figure, axes = subplots(figsize=(7.6, 2.5))
    axes.set(xlim=(0, 10), ylim=(-0.5, 2.6))
    axes.set_axis_off()
    for row, (name, (colour, base, head)) in enumerate(ways.items()):
        height = 2 - row
        axes.text(0, height, name, va="center", fontweight="bold")
        upwards = height - 0.32, height + 0.32
        charts.draw_box(axes, (2.6, 6.6), upwards, colour, f"base: {base}")
        charts.draw_box(axes, (7.1, 9.2), upwards, charts.LEARNS, head)
        for start, end in ((1.9, 2.5), (6.65, 7.05), (9.25, 9.75)):
            axes.annotate("", (end, height), (start, height), arrowprops={"arrowstyle": "->"})
    for x, what in ((2.1, "photo"), (6.85, "features"), (9.5, "name")):
        axes.text(x, 2.5, what, ha="center", fontsize=8)
    alt = "From nothing, base and head learn. Frozen, the head alone learns. Fine-tuned, both learn"
    show(figure, f"{alt}, the base more slowly.")


def depth_slider(stored: Mapping[str, Arms]) -> VBox:
    """How many thirds of the face embedding learn with the head, and from how many photographs.

    `stored` is the evidence's "top-1": [photographs][arm].
    """

    def draw(photos: str, depth: int) -> HTML:
        arms = {"from nothing": stored[photos]["from nothing"]}
        arms |= {f"head and {name}" if name != "head" else name: stored[photos][name]
                 for name in DEPTHS}  # fmt: skip
        found = top1_intervals(arms, RESAMPLES)
        chosen = list(arms)[depth + 1]
        label = "top-1 accuracy, 95 % CI over people, x = chosen"
        told = ", ".join(f"{name} {interval.value:.1%}" for name, interval in found.items())
        alt = f"Top-1 by how much learns, {photos} photographs each: {told}; chosen: {chosen}."
        charts.draw_intervals(found, label, alt, {chosen: found[chosen].value})
        ways = "better than", "worse than", "undecided against"
        words = [
            f"{judge(paired_points(arms[chosen], shares, RESAMPLES), *ways)} {name}"
            for name, shares in arms.items()
            if name != chosen
        ]
        return HTML(f"<p><b>{chosen}</b> is {', '.join(words)}.</p>")

    menu = Dropdown(options=list(stored), description="photos")
    return explore(draw, photos=menu, depth=IntSlider(3, min=0, max=3, description="thirds"))


def photographs_slider(stored: Mapping[str, Any]) -> VBox:
    """Top-1 over steps of training, with and without a source, by photographs a person.

    `stored` is the evidence.
    """
    curves = stored["curves"]
    seconds = ", ".join(f"{name} {fmean(runs):.1f} s" for name, runs in stored["seconds"].items())

    def draw(photos: str) -> HTML:
        figure, axes = subplots(figsize=(7.2, 3.2))
        said = []
        for (name, curve), colour in zip(curves[photos].items(), COLOURS, strict=False):
            heights = [fmean(runs) for runs in curve.values()]
            axes.plot(list(map(int, curve)), heights, "o-", color=colour, label=name)
            said.append(f"{name} {heights[-1]:.3f}")
        level = top1_interval(stored["top-1"][photos]["new head"]).value
        axes.axhline(level, color="black", linestyle="--", label="new head alone")
        axes.set_xscale("log")
        ticks = list(map(int, max(curves[photos].values(), key=len)))
        axes.set_xticks(ticks, ticks)
        axes.minorticks_off()
        axes.set(xlabel="steps of 20 photographs (log scale)", ylabel="top-1, mean of the splits")
        axes.legend(frameon=False, fontsize=8)
        ends = ", ".join(said)
        show(figure, f"Top-1 over steps, {photos} photographs each; at the end {ends}.")
        took = f"What learning took with one photograph, stored: {seconds}."
        return HTML(f"<p>After the last step: {ends}. {took}</p>")

    return explore(draw, photos=SelectionSlider(options=list(curves), description="photos"))
