"""Tables and a figure of the compression ladder, as facecourse/ladder/evidence.py stored it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from facecourse.kit.charts import Table, signed
from facelib.figures import COLOURS, show, subplots
from facelib.measure import Interval


def compare_rungs(ladder: Mapping[str, Mapping], names: Sequence[str]) -> Table:
    """Rows of ladder.json: size, work, and what the network has lost of the teacher's
    verification and naming.

    Args:
        ladder: what it stored.
        names: of networks, as files of 32 bits.
    """
    rows = []
    for name in names:
        network, kept = ladder["networks"][name], ladder["kept"][name]
        lost = (
            kept["points lost"], ladder["LFW"][name]["points lost"], kept["ORL, points lost"]
        )  # fmt: skip
        faster = ladder["costs"][name]["times faster"]["value"]
        rows.append([name, f"{network['parameters']:,}", f"{network['macs'] / 1e6:.1f} million",
                     f"{faster:.1f}", *(signed(Interval(**found)) for found in lost)])  # fmt: skip
    head = ["", "parameters", "MACs", "times faster", "TAR lost, 2,000 people", "lost on LFW",
            "lost on ORL, one photo"]  # fmt: skip
    return Table(head, rows)


def compare_rivals(ladder: Mapping[str, Mapping], names: Sequence[str]) -> Table:
    """What rivals have lost of the networks whose shape they have, paired.

    Args:
        ladder: what facecourse/ladder/evidence.py stored.
        names: of rivals.
    """
    parts = ("points lost", "points lost, strict", "ORL, points lost")
    rows = []
    for name in names:
        found = ladder["rivals"][name]
        rows.append([f"{name}, of {found['of']}",
                     *(signed(Interval(**found[part])) for part in parts)])  # fmt: skip
    return Table(["lost", "TAR at 1 % FAR", "TAR at 0.01 % FAR", "on ORL, one photo"], rows)


def list_files(names: Sequence[str]) -> list[str]:
    """The three files of each network: of 32 bits, of 8, and of codes."""
    return [network + form for network in names for form in ("", ", int8", ", codes")]


def tabulate_costs(ladder: Mapping[str, Mapping], names: Sequence[str]) -> Table:
    """Of every rung its file and its speed.

    Args:
        ladder: what facecourse/ladder/evidence.py stored.
        names: of networks; each has three files.
    """
    rows = []
    for name in list_files(names):
        cost = ladder["costs"][name]
        faster = (cost[key]["value"] for key in ("times faster", "times faster, one call a turn"))
        rows.append([name, f"{cost['bytes'] / 1e3:,.0f} kB", f"{cost['times smaller']:.1f}",
                     *(f"{times:.1f}" for times in faster)])  # fmt: skip
    return Table(["", "file", "times smaller", "times faster", "one at a time"], rows)


def tabulate_losses(ladder: Mapping[str, Mapping], names: Sequence[str]) -> Table:
    """Of every rung the points lost of the teacher's verification and naming, and the share of
    genuine pairs that it rejects in the group it serves worst.

    Args:
        ladder, names: as in `tabulate_costs`.
    """
    rows = []
    for name in list_files(names):
        kept = ladder["kept"][name]
        lost = (
            kept["points lost"], ladder["others"][name], kept["points lost, strict"],
            ladder["LFW"][name]["points lost"], kept["ORL, points lost"],
        )  # fmt: skip
        rows.append([name, *(signed(Interval(**found), 2) for found in lost[:2]),
                     *(signed(Interval(**found)) for found in lost[2:]),
                     f"{kept['worst group']['value']:.1%}"])  # fmt: skip
    head = ["", "TAR lost, points", "by others", "at 0.01 % FAR", "on LFW", "on ORL, one photo",
            "worst group rejected"]  # fmt: skip
    return Table(head, rows)


def compare_peers(found: Mapping[str, Mapping]) -> Table:
    """The ladder's files beside those that other tools make of the same networks.

    Args:
        found: the "rows" that facecourse/ladder/peers.py stored.
    """
    rows = [[name, f"{row['bytes'] / 1e3:,.0f} kB", f"{row['times smaller']:.1f}",
             Interval(**row["times faster"]), signed(Interval(**row["points lost"]), 2)]
            for name, row in found.items()]  # fmt: skip
    head = ["", "file", "times smaller", "times faster [95 % CI]", "TAR lost, points"]
    return Table(head, rows)


def count_savings(ladder: Mapping[str, Mapping]) -> dict[str, tuple[float, float]]:
    """Of each network at 32 bits: how many times fewer MACs than the teacher's, and how many times
    faster it is.

    Args:
        ladder: what facecourse/ladder/evidence.py stored.
    """
    whole = ladder["networks"]["teacher"]["macs"]
    return {name: (whole / row["macs"], ladder["costs"][name]["times faster"]["value"])
            for name, row in ladder["networks"].items()}  # fmt: skip


def draw_savings(points: Mapping[str, tuple[float, float]]) -> Table:
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
