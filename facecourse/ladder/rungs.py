"""Lessons 06 to 08: rungs of the compression ladder, from the evidence "ladder"."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from facecourse.kit.charts import draw_differences
from facelib.figures import COLOURS, show, subplots


def draw_steps(ladder: Mapping[str, Any], steps: Sequence[str]) -> None:
    """Draw what some steps cost in points of TAR at both FARs, paired, with the verdict of each.

    Args:
        ladder: the evidence.
        steps: of `ladder["steps"]`, in order. Beside each stands in how many trainings it was seen.
    """
    runs = {step: ladder["steps"][step]["runs"] for step in steps}
    rows = {f"{step} ({n} training{'s' * (n > 1)})": step for step, n in runs.items()}
    panels = {
        f"at {far} FAR": {name: ladder["steps"][step][far] for name, step in rows.items()}
        for far in ("0.1 %", "0.01 %")
    }
    label = f"points of TAR lost, 95 % CI over {_name_units(runs.values())}; below zero: gained"
    draw_differences(panels, label, "worse", "better")


def _name_units(runs: Iterable[int]) -> str:
    """What intervals are over, of steps or files seen in so many trainings each."""
    several = {n > 1 for n in runs}
    mixed = "people, and trainings where there are several"
    return mixed if len(several) > 1 else "people and trainings" if True in several else "people"


def draw_rungs(ladder: Mapping[str, Any], files: Sequence[str]) -> None:
    """Draw what files of the ladder lose over how small they are, at both FARs, and beside it how
    many times faster than the teacher's they are.

    Args:
        ladder: the evidence.
        files: "student", a network at 32 bits; "student, 8 bits", the zipped file.
    """
    found = {file: ladder["costs"][file] | ladder["lost"][file] for file in files}
    figure, (left, right) = subplots(1, 2, figsize=(9, 3.4), width_ratios=(3, 2))
    for far, style, colour in (("0.1 %", "o", COLOURS[0]), ("0.01 %", "s", COLOURS[1])):
        sizes = [row["times smaller"] for row in found.values()]
        lost = [row[far] for row in found.values()]
        ends = [[one.value - one.low for one in lost], [one.high - one.value for one in lost]]
        values = [one.value for one in lost]
        left.errorbar(sizes, values, ends, fmt=style, color=colour, label=f"at FAR {far}")
    for place, (name, row) in enumerate(found.items()):
        tops = [row[far].high for far in ("0.1 %", "0.01 %")]
        shift = 4 + 9 * (place % 2)  # neighbours of one size stay legible
        look = {"textcoords": "offset points", "fontsize": 7, "ha": "center"}
        left.annotate(name, (row["times smaller"], max(tops)), (0, shift), **look)
    left.set_xscale("log")
    ticks = [tick for tick in (1, 2, 5, 10, 20, 50, 100) if tick <= 2 * max(sizes)]
    left.set_xticks(ticks, ticks)
    left.minorticks_off()
    left.margins(x=0.12, y=0.15)
    left.set(xlabel="times smaller than the teacher's file (log)")
    units = _name_units(row["runs"] for row in found.values())
    left.set_ylabel(f"points of TAR lost, 95 % CI over\n{units}", fontsize=9)
    left.legend(frameon=False, fontsize=8)
    places = range(len(found))
    right.barh(places, [row["times faster"].value for row in found.values()], color=COLOURS[2])
    right.set_yticks(places, found)
    right.invert_yaxis()
    right.set(xlabel="times faster than the teacher at 32 bits")
    said = "; ".join(
        f"{name} {row['times smaller']:.1f} times smaller, {row['times faster'].value:.1f} times "
        f"faster, {row['0.1 %'].value:.1f} and {row['0.01 %'].value:.1f} points lost"
        for name, row in found.items()
    )
    show(figure, f"Points lost over size, at FARs of 0.1 and 0.01 %, and speed: {said}.")
