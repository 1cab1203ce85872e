"""Lesson 10: figures and tables on who pays, what leaks and who gets in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

import torch
from torch import Tensor

from facecourse.kit.charts import Table, draw_faces, tabulate
from facecourse.kit.compare import subtract_points
from facecourse.lesson10_harm import recapture
from facecourse.lesson10_harm.imbalance import PARTS
from facelib.data import FaceSet
from facelib.figures import show, subplots
from facelib.measure import Interval


def summarise_parts(right: Sequence[float], photographs: Sequence[int]) -> dict[str, float]:
    """Mean top-1 of parts, of everybody, and weighted by photographs; worst and spread (SD).

    Args:
        right: of each person, the share of test photographs named rightly.
        photographs: of each, to learn from.

    Raises:
        ValueError: lengths differ.
    """
    share, counts = torch.tensor(right, dtype=torch.float64), torch.tensor(photographs)
    if share.shape != counts.shape:
        raise ValueError(f"want two numbers of each person, got {len(share)} and {len(counts)}")
    parts = {part: float(share[counts == photos].mean()) for part, (photos, _) in PARTS.items()}
    return parts | {
        "everybody": float(share.mean()),
        "weighted as trained": float((share * counts).sum() / counts.sum()),
        "worst person": float(share.min()),
        "spread": float(share.std()),
    }


def compare_remedies(found: Mapping[str, Any]) -> Table:
    """Top-1 by part of the long tail, and by how many points more than without a remedy; `found` is
    the evidence's "long tail" or "strengths"."""
    runs = {
        method: [summarise_parts(*run) for run in zip(shares, found["photographs"], strict=True)]
        for method, shares in found["right"].items()
    }

    def gain(method: str, part: str) -> str:
        if method == "plain":
            return "-"
        shares = ([run[part] for run in runs[name]] for name in (method, "plain"))
        return f"{subtract_points(*shares):+.1f}"

    rows = [
        [method, *(f"{fmean(run[part] for run in some):.1%}" for part in some[0]),
         gain(method, "tail"), gain(method, "everybody")]
        for method, some in runs.items()
    ]  # fmt: skip
    head = ["", *runs["plain"][0], "tail: more than plain", "everybody: more than plain"]
    return Table(head, rows)


def draw_losses(members: Tensor, others: Tensor) -> Table:
    """Draw the losses of photographs that were learnt from and of some that weren't.

    Args:
        members, others: float (N,), as `membership.measure_losses` gives them.
    """
    parts = {"learnt from": members, "not learnt from": others}
    parts = {name: values.clamp(min=1e-12).log10() for name, values in parts.items()}
    figure, axis = subplots(figsize=(6.4, 2.6))
    axis.hist([*parts.values()], 40, histtype="stepfilled", alpha=0.6, label=[*parts])
    axis.set(xlabel="loss of the right name, power of 10", ylabel="photographs")
    axis.legend(frameon=False)
    tenths = torch.tensor([0.1, 0.5, 0.9], dtype=torch.float64)
    rows = [[name, *(f"{10**tenth:.1e}" for tenth in values.double().quantile(tenths).tolist())]
            for name, values in parts.items()]  # fmt: skip
    show(figure, f"Two histograms of losses; their medians are {rows[0][2]} and {rows[1][2]}.")
    return Table(["", "one in ten is below", "half are below", "nine in ten are below"], rows)


def tabulate_detectors(found: Mapping[str, Mapping[str, Interval]]) -> Table:
    """Live faces that are rejected (BPCER) and attacks that pass (APCER), by what was learnt from;
    `found` is the evidence's "presentation" the "errors"."""
    rows = {
        name: {f"{'APCER' if kind in recapture.RECAPTURES else 'BPCER'}, {kind}": rate
               for kind, rate in errors.items()}
        for name, errors in found.items()
    }  # fmt: skip
    return tabulate(rows, "learnt from live faces and", "{:.3f}")


def draw_recaptures(faces: FaceSet, seed: int = 0) -> None:
    """Draw faces as they are and recaptured, a row each; for faces of nobody."""
    made = {"live": faces.images, "that camera": recapture.recapture_camera(faces.images, seed)}
    made |= {name: make(faces.images, seed) for name, make in recapture.RECAPTURES.items()}
    draw_faces(
        made,
        "Rows of faces: as they are, softer and grainy by another camera, with the dots of a "
        "print, with the stripes and the glare of a screen.",
    )
