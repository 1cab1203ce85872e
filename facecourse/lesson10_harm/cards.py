"""Lesson 10: a model card and a datasheet, filled in from what was measured.

Model cards: Mitchell et al. 2019, https://doi.org/10.1145/3287560.3287596. Datasheets: Gebru et al.
2021, https://doi.org/10.1145/3458723. What a machine can know is filled in; what a person must
decide is said for a classroom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from IPython.display import Markdown

from facecourse.kit.scoreboard import Row
from facecourse.lesson10_harm import variation
from facelib.data import FaceSet
from facelib.figures import write_cell


def model_card(
    row: Row,
    groups: Mapping[str, Mapping],
    names: Sequence[str],
    sweeps: Mapping[str, Mapping[str, Mapping]],
) -> Markdown:
    """The card of a network on the scoreboard; `groups`, so named, and `sweeps` are its part of the
    evidence."""
    limits = []
    for factor, points in sweeps.items():
        place = variation.find_break(points)
        limits.append(
            f"{factor} {f'not up to {[*points][-1]}' if place is None else f'{place:.3g}'}"
        )
    lines = [
        f"#### Model card: {row.method}",
        f"**Model.** {row.parameters:,} weights, {row.bytes / 1e6:.2f} MB, {row.macs / 1e6:.1f} "
        "million MACs; a grey face of 64 x 64 pixels becomes 128 numbers.",
        "**Intended use.** Learning how such networks are made, compressed and judged.",
        "**Not for.** Doors, payments, searches, people who have not agreed. Nothing here shows "
        "how it treats groups of real people.",
        "**Trained on.** People who don't exist, none of whom is counted below (README of the "
        "weights).",
        f"**Measured on.** {row.protocol.faces}; {row.protocol.split}. "
        + "; ".join(f"{name} {write_cell(value)}" for name, value in row.metrics.items())
        + ". On people who don't exist, at one threshold for everybody:",
        "| skin reflectance | people | FMR | FNMR |\n|---|---|---|---|\n"
        + "\n".join(
            f"| {name} | {errors['fnmr'].n} | {errors['fmr']:.2%} | {errors['fnmr']:.2%} |"
            for name, errors in zip(names, groups.values(), strict=True)
        ),
        f"**Breaks** (TAR below {variation.KEPT:.0%}, people who don't exist) at: "
        f"{'; '.join(limits)}. Real faces break earlier.",
        "**Gives away.** A face can be drawn from an embedding: encrypt what is stored.",
    ]
    return Markdown("\n\n".join(lines))


def datasheet(faces: FaceSet, names: Sequence[str]) -> Markdown:
    """What one must know of a set of faces, with groups so named, before one uses it.

    Raises:
        ValueError: faces without groups.
    """
    if faces.group is None:
        raise ValueError("want faces with groups, got a FaceSet whose group is None")
    shares = faces.group.bincount(minlength=len(names)).double() / len(faces)
    parts = ", ".join(f"{name} {share:.0%}" for name, share in zip(names, shares, strict=True))
    _, channels, height, width = faces.images.shape
    lines = [
        "#### Datasheet of the faces it was tested on",
        f"**What.** {len(faces):,} pictures of {faces.people:,} people, "
        f"{channels} x {height} x {width} bytes each. Source: {faces.source}.",
        "**Why.** To test without anybody's face. Nothing is trained or chosen on these people.",
        "**Who is in it.** Nobody. So nobody was asked, paid or photographed, and nobody can be "
        "harmed by a copy.",
        f"**Groups, by skin reflectance.** {parts}. A number that the generator was given; "
        "it is no measure of anybody's origin.",
        "**Labels.** Exact: the generator knows who is drawn, and how.",
        "**Known faults.** Fewer ways to differ than people have; no children, and no face turned "
        "further than 50 degrees; a stock detector finds its dark faces less often than its "
        "light ones.",
        "**Not for.** Claims about groups of real people.",
        "**Upkeep.** Made anew by one call and a seed; nothing to store, nothing to withdraw.",
    ]
    return Markdown("\n\n".join(lines))
