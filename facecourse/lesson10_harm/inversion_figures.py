"""The pictures and tables of lesson 10 on embeddings turned back into faces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from facecourse.kit.charts import Table
from facecourse.lesson10_harm.inversion import Victims, render_portraits
from facelib.figures import show, subplots
from facelib.measure import Interval

Rate = Interval | Mapping[str, float]  # measured here, or read from the evidence
RATES = {"rank 1": "named rightly", "accepted": "accepted at 1 % FAR"}
NAMED = ("masculine", "skin", "age", "glasses")  # what a law or a person would call sensitive


def draw_reconstructions(some: Victims, made: Mapping[str, Tensor], count: int = 8) -> None:
    """Draw the enrolled photographs above what was made of their embeddings, and, below, the same
    picture of the true numbers: as like as a reconstruction can be.

    Args:
        some: victims, who don't exist.
        made: reconstructions of them, uint8 (N, 1, 64, 64) each, by what they were made of.
        count: how many are shown, the first.
    """
    rows = {
        "enrolled": some.usual[0],
        **made,
        "true numbers": render_portraits(some.people[:count]),
    }
    figure, axes = subplots(len(rows), count, figsize=(count, 1.05 * len(rows)), squeeze=False)
    for (name, images), line in zip(rows.items(), axes, strict=True):
        for axis, image in zip(line, images[:count, 0], strict=True):
            axis.imshow(image.numpy(), cmap="gray", vmin=0, vmax=255)
            axis.set(xticks=[], yticks=[])
        line[0].set_ylabel(name, fontsize=7)
    show(
        figure,
        f"Faces of {count} people who don't exist. Rows: the photographs enrolled; reconstructions "
        f"from {', '.join(made)}; portraits drawn from the true numbers.",
    )


def tabulate_judges(judges: Mapping[str, Mapping[str, Mapping[str, Rate]]]) -> Table:
    """How often judges recognise the victims.

    Args:
        judges: [judge][what is shown], as `reidentified` or the evidence's "judges" have it.
    """
    shown = next(iter(judges.values()))
    rows = [[name, *(_percent(found[name][rate]) for found in judges.values() for rate in RATES)]
            for name in shown]  # fmt: skip
    head = [f"{judge}: {text}" for judge in judges for text in RATES.values()]
    return Table(["shown", *head], rows)


def tabulate_doors(found: Mapping[str, Mapping[str, Rate]]) -> Table:
    """How often the network attacked opens; it is no independent judge.

    Args:
        found: the evidence's "doors", [what is stored][what is shown].
    """
    shown = next(iter(found.values()))
    rows = [[stored, *map(_percent, kinds.values())] for stored, kinds in found.items()]
    return Table(["stored", *shown], rows)


def tabulate_leaks(
    found: Mapping[str, Mapping[str, float]], best: int = 8, named: Sequence[str] = NAMED
) -> Table:
    """R² of what is told from an embedding about a person: the best of all, and some by name.

    Args:
        found: the evidence's "leaks", [what is stored][factor]; the first sets the order.
        best, named: which factors.
    """
    first = next(iter(found.values()))
    order = sorted(first, key=first.get, reverse=True)
    chosen = [name for place, name in enumerate(order) if place < best or name in named]
    rows = [[name, *(f"{some[name]:.2f}" for some in found.values())] for name in chosen]
    return Table(["factor", *found], rows)


def tabulate_rotation(found: Mapping[str, Mapping[str, Rate]]) -> Table:
    """How often a judge names reconstructions of rotated embeddings rightly.

    Args:
        found: the evidence's "rotated".
    """
    ways = {name: rates for name, rates in found.items() if name != "cosines moved by"}
    counts = next(iter(ways.values()))
    rows = [[count, *(_percent(rates[count]) for rates in ways.values())] for count in counts]
    return Table(["people he knows", *(f"known by {name}" for name in ways)], rows)


def _percent(rate: Rate) -> str:
    interval = rate if isinstance(rate, Interval) else Interval(**rate)
    return f"{interval.value:.1%} [{interval.low:.1%}, {interval.high:.1%}]"
