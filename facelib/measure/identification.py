"""Identification (1:N): who of the enrolled people (the gallery) does a probe image show?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional as F

if TYPE_CHECKING:
    from facelib.figures import Table

RATES = {"precision": "precision", "recall": "recall", "f1-score": "F1"}


def similarity(probe: Tensor, gallery: Tensor) -> Tensor:
    """Cosine similarity of every probe with every gallery image, from -1 to 1.

    Args:
        probe: float (N, D) embeddings, any length.
        gallery: float (M, D) embeddings.

    Returns:
        float32 (N, M).

    Raises:
        ValueError: shapes do not fit, or an embedding is not finite.
    """
    if probe.ndim != 2 or gallery.ndim != 2 or probe.shape[1] != gallery.shape[1]:
        raise ValueError(
            "want embeddings (N, D) and (M, D) of one length D, "
            f"got {tuple(probe.shape)} and {tuple(gallery.shape)}"
        )
    refuse_rows(~probe.isfinite().all(1), "probe embeddings are not finite")
    refuse_rows(~gallery.isfinite().all(1), "gallery embeddings are not finite")
    return F.normalize(probe.float()) @ F.normalize(gallery.float()).T


def refuse_rows(bad: Tensor, what: str) -> None:
    """Refuse embeddings if `what` is wrong in a row, bool (N,), and say in which."""
    if rows := bad.nonzero().flatten().tolist():
        raise ValueError(
            f"{what} in rows {rows[:5]} ({len(rows)} in all): leave these images out, and look at "
            "what went into the model"
        )


def identify(probe: Tensor, gallery: Tensor, gallery_person: Tensor) -> Tensor:
    """The person of the most similar gallery image: nearest neighbour by cosine.

    Args:
        probe: float (N, D) embeddings.
        gallery: float (M, D) embeddings of enrolled images, M >= 1.
        gallery_person: int64 (M,), the label of each.

    Returns:
        int64 (N,) labels. Of equally similar images the first in the gallery wins.

    Raises:
        ValueError: shapes do not fit, an embedding is not finite, or nobody is enrolled.
    """
    if gallery_person.shape != gallery.shape[:1] or not len(gallery):
        raise ValueError(
            "want one label for each of at least 1 gallery image, "
            f"got {tuple(gallery_person.shape)} for {tuple(gallery.shape)}"
        )
    return gallery_person.to(probe.device)[similarity(probe, gallery).argmax(1)]


def identification_report(person: Tensor, predicted: Tensor, names: Sequence[str]) -> Table:
    """Precision, recall and F1 of the people recognised worst, and the averages, by scikit-learn.

    Args:
        person: int64 (N,), the label of each image, N >= 1.
        predicted: int64 (N,), what the recogniser said.
        names: one name a person; labels index it.

    Returns:
        The five people with images of lowest F1, worst first; then the mean over people with
        images (macro) and the accuracy. A dash: nobody was called so.

    Raises:
        ValueError: lengths differ, nothing was predicted, or a label has no name.
    """
    from sklearn.metrics import classification_report

    from facelib.figures import Table

    if person.ndim != 1 or person.shape != predicted.shape or not len(person):
        raise ValueError(
            "want one prediction for each of at least 1 image, "
            f"got {tuple(predicted.shape)} for {tuple(person.shape)}"
        )
    both = torch.cat([person.cpu(), predicted.cpu()])
    if not 0 <= int(both.min()) <= int(both.max()) < len(names):
        raise ValueError(
            f"labels must lie in 0..{len(names) - 1} ({len(names)} names), "
            f"got {int(both.min())}..{int(both.max())}"
        )
    person, predicted, people = person.cpu(), predicted.cpu(), person.unique().tolist()
    found = classification_report(
        person, predicted, labels=people, output_dict=True, zero_division=math.nan
    )
    worst = sorted(people, key=lambda one: found[str(one)]["f1-score"])[:5]
    rates = [(names[one], found[str(one)]) for one in worst]
    rates.append((f"mean of {len(people)} people", found["macro avg"]))
    rows = [
        [name, *("-" if math.isnan(row[rate]) else row[rate] for rate in RATES)]
        for name, row in rates
    ]
    accuracy = float((person == predicted).double().mean())
    rows.append([f"accuracy, {len(person)} images", "", "", accuracy])
    return Table(["lowest F1", *RATES.values()], rows)
