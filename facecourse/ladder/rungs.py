"""Lessons 06 to 08: rungs of the compression ladder, from the evidence "ladder"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from facecourse.kit.charts import Table, in_millions, tabulate
from facelib.figures import COLOURS, show, subplots

FORMS = ("", ", int8", ", codes")  # files of a network: of 32 bits, of 8, of codes


def take_rungs(
    ladder: Mapping[str, Any], names: Sequence[str], forms: Sequence[str] = ("",)
) -> dict[str, dict[str, Any]]:
    """All that was measured of some networks, by file: size, work, time, and what it has lost.

    Args:
        ladder: the evidence.
        names: of networks.
        forms: of `FORMS`.
    """
    found = {}
    for name, form in product(names, forms):
        file = name + form
        found[file] = ladder["networks"][name] | ladder["costs"][file] | ladder["kept"][file]
        found[file] |= {"LFW": ladder["LFW"][file]["points lost"], "others": ladder["others"][file]}
    return found


def compare_rungs(ladder: Mapping[str, Any], names: Sequence[str]) -> Table:
    """Size, work, and what networks of 32 bits have lost of the teacher's verification and naming;
    arguments as in `take_rungs`."""
    columns = {
        "parameters": "{parameters:,}",
        "MACs": in_millions("macs"),
        "times faster": "{times faster.value:.1f}",
        "TAR lost, 2,000 people": "{points lost:+.1f}",
        "lost on LFW": "{LFW:+.1f}",
        "lost on ORL, one photo": "{ORL, points lost:+.1f}",
    }
    return tabulate(take_rungs(ladder, names), "", columns)


def compare_rivals(ladder: Mapping[str, Any], names: Sequence[str]) -> Table:
    """What the rivals of these names have lost of the networks whose shape they have, paired;
    `ladder` is the evidence."""
    found = {name: ladder["rivals"][name] for name in names}
    rivals = {f"{name}, of {row['of']}": row for name, row in found.items()}
    columns = {
        "TAR at 1 % FAR": "{points lost:+.1f}",
        "TAR at 0.01 % FAR": "{points lost, strict:+.1f}",
        "on ORL, one photo": "{ORL, points lost:+.1f}",
    }
    return tabulate(rivals, "lost", columns)


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
