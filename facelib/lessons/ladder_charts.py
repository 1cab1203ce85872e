"""Tables and a figure of the compression ladder, as benchmarks/ladder.py stored it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from facelib.figures import COLOURS, show, subplots
from facelib.lessons.charts import Table, signed
from facelib.measure import Interval


def rungs(ladder: Mapping[str, Mapping], names: Sequence[str]) -> Table:
    """Rows of benchmarks/ladder.py: size, work, and what was lost of the teacher's verification.

    Args:
        ladder: what it stored.
        names: of networks, as files of 32 bits.
    """
    rows = []
    for name in names:
        network, cost = ladder["networks"][name], ladder["costs"][name]
        lost = (ladder[part][name]["points lost"] for part in ("kept", "LFW"))
        faster = cost["times faster"]["value"]
        rows.append([name, f"{network['parameters']:,}", f"{network['macs'] / 1e6:.1f} million",
                     f"{faster:.1f}", *(signed(Interval(**found)) for found in lost)])  # fmt: skip
    head = ["", "parameters", "MACs", "times faster", "TAR lost, 2,000 people", "lost on LFW"]
    return Table(head, rows)


def table(ladder: Mapping[str, Mapping], names: Sequence[str]) -> Table:
    """Every rung: its file, its speed, what was lost of the teacher's verification, and the share
    of genuine pairs that it rejects in the group it serves worst.

    Args:
        ladder: what benchmarks/ladder.py stored.
        names: of networks; each has three rungs.
    """
    rows = []
    for name in (network + form for network in names for form in ("", ", int8", ", codes")):
        cost = ladder["costs"][name]
        lost = (
            signed(Interval(**found), 2)
            for found in (
                ladder["kept"][name]["points lost"], ladder["others"][name],
                ladder["LFW"][name]["points lost"],
            )
        )  # fmt: skip
        worst = f"{ladder['kept'][name]['worst group']['value']:.2%}"
        faster = (cost[key]["value"] for key in ("times faster", "times faster, one call a turn"))
        rows.append([name, f"{cost['bytes'] / 1e3:,.0f} kB", f"{cost['times smaller']:.1f}",
                     *(f"{times:.1f}" for times in faster), *lost, worst])  # fmt: skip
    head = ["", "file", "times smaller", "times faster", "one at a time", "TAR lost, points",
            "by others", "on LFW", "worst group rejected"]  # fmt: skip
    return Table(head, rows)


def work(ladder: Mapping[str, Mapping]) -> dict[str, tuple[float, float]]:
    """Of each network at 32 bits: how many times fewer MACs than the teacher's, and how many times
    faster it is.

    Args:
        ladder: what benchmarks/ladder.py stored.
    """
    whole = ladder["networks"]["teacher"]["macs"]
    return {name: (whole / row["macs"], ladder["costs"][name]["times faster"]["value"])
            for name, row in ladder["networks"].items()}  # fmt: skip


def work_and_time(points: Mapping[str, tuple[float, float]]) -> Table:
    """MACs saved against time saved, with the line where both are the same.

    Args:
        points: by name, how many times fewer MACs and how many times faster.
    """
    figure, axis = subplots(figsize=(4.6, 3.4))
    most = max(max(pair) for pair in points.values())
    axis.loglog([1, most], [1, most], "--", color="grey")
    for name, (fewer, faster) in points.items():
        axis.plot(fewer, faster, "o", color=COLOURS[0])
        axis.annotate(name, (fewer, faster), fontsize=8, xytext=(4, 2), textcoords="offset points")
    axis.set(xlabel="times fewer MACs", ylabel="times faster")
    show(figure, "Times faster by times fewer MACs, with a dashed line where both are equal.")
    rows = [[name, f"{fewer:.1f}", f"{faster:.1f}"] for name, (fewer, faster) in points.items()]
    return Table(["", "times fewer MACs", "times faster"], rows)
