"""Lesson 10: pictures and tables on embeddings turned back into faces."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from facecourse.kit.charts import Table, draw_faces, tabulate, transpose
from facecourse.lesson10_harm.inversion import Victims, render_portraits
from facelib.measure import Interval

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
    draw_faces(
        {name: images[:count] for name, images in rows.items()},
        f"Faces of {count} people who don't exist. Rows: the photographs enrolled; reconstructions "
        f"from {', '.join(made)}; portraits drawn from the true numbers.",
    )


def tabulate_judges(judges: Mapping[str, Mapping[str, Mapping[str, Interval]]]) -> Table:
    """How often judges recognise the victims.

    Args:
        judges: [judge][what is shown], as `inversion.reidentify` or the evidence's "judges" have
            it.
    """
    columns = {
        f"{judge}, {text}": {shown: rates[rate] for shown, rates in found.items()}
        for judge, found in judges.items()
        for rate, text in RATES.items()
    }
    return tabulate(transpose(columns), "shown", "{:.1%}")


def tabulate_leaks(found: Mapping[str, Mapping[str, float]], best: int = 8) -> Table:
    """R² of what is told from an embedding about a person: the best of all, and those in `NAMED`.

    Args:
        found: the evidence's "leaks", [what is stored][factor]; the first sets the order.
        best: so many factors, and more by name.
    """
    first = next(iter(found.values()))
    order = sorted(first, key=first.get, reverse=True)
    chosen = [name for place, name in enumerate(order) if place < best or name in NAMED]
    rows = {stored: {name: some[name] for name in chosen} for stored, some in found.items()}
    return tabulate(transpose(rows), "factor", "{:.2f}")
