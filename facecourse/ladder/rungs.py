"""Lessons 06 to 08: rungs of the compression ladder, from the evidence "ladder"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from facecourse.kit.charts import draw_differences, in_millions, tabulate
from facelib.figures import COLOURS, Table, show, subplots

LOST = {
    "TAR lost at 0.1 % FAR": lambda row: f"{row['0.1 %']:+.2f}",
    "at 0.01 %": lambda row: f"{row['0.01 %']:+.2f}",
}


def take_rungs(ladder: Mapping[str, Any], files: Sequence[str]) -> dict[str, dict[str, Any]]:
    """All that was measured of some files: size, work, time, and what each has lost.

    Args:
        ladder: the evidence.
        files: "student", a network at 32 bits; "student, 8 bits", the zipped file.
    """
    return {
        file: ladder["networks"][file.split(",")[0]]
        | ladder["costs"][file]
        | ladder["lost"][file]
        | {"LFW": ladder["LFW"][file]["lost"], "ORL": ladder["ORL"][file]["lost"]}
        for file in files
    }


def compare_rungs(ladder: Mapping[str, Any], files: Sequence[str]) -> Table:
    """Size, work, time, and what has been lost of the teacher's verification and naming; arguments
    as in `take_rungs`."""
    columns = {
        "parameters": "{parameters:,}",
        "MACs": in_millions("macs"),
        "times smaller": "{times smaller:.1f}",
        "times faster": "{times faster:.1f}",
        "ms": "{milliseconds:.2f}",
        **LOST,
        "lost on LFW": "{LFW:+.1f}",
        "lost on ORL, one photo": "{ORL:+.1f}",
    }
    return tabulate(take_rungs(ladder, files), "", columns)


def compare_steps(ladder: Mapping[str, Any], steps: Sequence[str]) -> Table:
    """What some steps cost, and in how many trainings that was seen; below 0 they gained. `ladder`
    is the evidence."""
    return tabulate({s: ladder["steps"][s] for s in steps}, "step", LOST | {"trainings": "{runs}"})


def draw_steps(ladder: Mapping[str, Any], steps: Sequence[str]) -> None:
    """Draw what some steps cost in points of TAR at both FARs, paired, with the verdict of each.

    Args:
        ladder: the evidence.
        steps: of `ladder["steps"]`, in order. Beside each stands in how many trainings it was seen.
    """
    rows = {f"{step} ({ladder['steps'][step]['runs']} trainings)": step for step in steps}
    panels = {
        f"at {far} FAR": {name: ladder["steps"][step][far] for name, step in rows.items()}
        for far in ("0.1 %", "0.01 %")
    }
    label = "points of TAR lost, 95 % CI over people and trainings; below zero: gained"
    draw_differences(panels, label, lower_is_better=True)


def draw_savings(ladder: Mapping[str, Any]) -> Table:
    """MACs saved against time saved at 32 bits, with the line where both are the same; `ladder` is
    the evidence."""
    networks, costs = ladder["networks"], ladder["costs"]
    points = {
        name: (networks["teacher"]["macs"] / row["macs"], costs[name]["times faster"].value)
        for name, row in networks.items()
    }
    figure, axis = subplots(figsize=(4.6, 3.4))
    most = max(max(pair) for pair in points.values())
    axis.loglog([1, most], [1, most], "--", color="grey")
    for name, (fewer, faster) in points.items():
        axis.plot(fewer, faster, "o", color=COLOURS[0])
        axis.annotate(name, (fewer, faster), fontsize=8, xytext=(4, 2), textcoords="offset points")
    axis.set(xlabel="times fewer MACs", ylabel="times faster")
    show(figure, "Times faster by times fewer MACs, with a dashed line where both are equal.")
    return tabulate(points, "", {
        "times fewer MACs": lambda pair: f"{pair[0]:.1f}",
        "times faster": lambda pair: f"{pair[1]:.1f}",
    })  # fmt: skip
