"""Identification (1:N): who of the enrolled people (the gallery) does a probe image show?"""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from sklearn import metrics
from torch import Tensor
from torch.nn import functional as F


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
    for name, embeddings in (("probe", probe), ("gallery", gallery)):
        bad = (~embeddings.isfinite().all(1)).nonzero().flatten().tolist()
        if bad:
            raise ValueError(
                f"{name} embeddings are not finite in rows {bad[:5]} ({len(bad)} in all)"
            )
    return F.normalize(probe.float()) @ F.normalize(gallery.float()).T


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


def true_rank(scores: Tensor, probe_person: Tensor, gallery_person: Tensor) -> Tensor:
    """The place of each probe's own person among the enrolled people, 1 is best.

    A person scores as their best gallery image does. Ties count against us: who scores the same
    as the right person stands before them, so a constant score earns the last rank.

    Args:
        scores: float (N, M), higher means more alike; `similarity(probe, gallery)`.
        probe_person: int64 (N,) labels.
        gallery_person: int64 (M,) labels.

    Returns:
        int64 (N,), from 1 to the number of enrolled people.

    Raises:
        ValueError: shapes do not fit, a score is NaN, or a probe's person is not enrolled.
    """
    if scores.shape != (len(probe_person), len(gallery_person)) or not scores.numel():
        raise ValueError(
            f"want scores ({len(probe_person)}, {len(gallery_person)}) to fit the labels, "
            f"at least 1 x 1, got {tuple(scores.shape)}"
        )
    if scores.isnan().any():
        raise ValueError(f"{int(scores.isnan().sum())} scores are NaN; look at the embeddings")
    probe_person, gallery_person = (p.to(scores.device) for p in (probe_person, gallery_person))
    people, column = gallery_person.unique(return_inverse=True)
    stranger = ~torch.isin(probe_person, people)
    if stranger.any():
        raise ValueError(
            f"people {probe_person[stranger].unique().tolist()[:5]} are probes but not enrolled, "
            "so they have no rank: enrol them or leave their probes out"
        )
    best = scores.new_full((len(scores), len(people)), -torch.inf)
    best = best.scatter_reduce(1, column.expand_as(scores), scores, "amax")
    own = best.gather(1, torch.searchsorted(people, probe_person)[:, None])
    return (best >= own).sum(1)


def cmc(
    scores: Tensor, probe_person: Tensor, gallery_person: Tensor, ranks: Iterable[int] = (1, 5, 10)
) -> dict[int, float]:
    """Cumulative match characteristic: for each k, the share of probes with `true_rank` <= k.

    Args: as `true_rank`; ranks, each from 1 to the number of enrolled people.

    Raises:
        ValueError: a rank is out of range, or what `true_rank` refuses.
    """
    rank = true_rank(scores, probe_person, gallery_person)
    people, ranks = len(gallery_person.unique()), list(ranks)
    if not all(1 <= k <= people for k in ranks):
        raise ValueError(f"ranks must lie in 1..{people} (people enrolled), got {ranks}")
    return {k: float((rank <= k).double().mean()) for k in ranks}


@dataclass(frozen=True, eq=False, repr=False)
class IdentificationReport:
    """How well each person is recognised.

    Attributes:
        names: one name a person.
        precision: float (people,), of the images called this person, the share that are; NaN for
            a person nobody was called.
        recall: float (people,), of this person's images, the share recognised; NaN without images.
        f1: float (people,), harmonic mean of the two.
        images: int (people,), how many images show this person.
        confusion: int (people, people), rows are true people, columns predicted ones.
    """

    names: tuple[str, ...]
    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    images: np.ndarray
    confusion: np.ndarray

    @property
    def accuracy(self) -> float:
        """The share of images recognised (top-1)."""
        return float(self.confusion.trace() / self.confusion.sum())

    @property
    def macro_f1(self) -> float:
        """F1 averaged over people with images, each person counting the same."""
        return float(self.f1[self.images > 0].mean())

    def worst(self, count: int = 5) -> list[int]:
        """The labels of the people with images that have the lowest F1, worst first."""
        order = np.argsort(self.f1, kind="stable")
        return order[self.images[order] > 0][:count].tolist()

    def mistakes(self, count: int = 5) -> list[tuple[str, str, int]]:
        """The most frequent confusions, as (true name, predicted name, images)."""
        wrong = self.confusion - np.diag(np.diag(self.confusion))
        order = np.argsort(-wrong, axis=None, kind="stable")[:count]
        pairs = [divmod(int(place), len(self.names)) for place in order]
        return [(self.names[t], self.names[p], int(wrong[t, p])) for t, p in pairs if wrong[t, p]]

    def __repr__(self) -> str:
        rows = [f"{self._summary}\n{'lowest F1':<16}{'precision':>10}{'recall':>10}{'F1':>10}"]
        rows += [f"{row[0]:<16}" + "".join(f"{cell:>10}" for cell in row[1:]) for row in self._rows]
        return "\n".join(rows)

    def _repr_html_(self) -> str:
        head = "<tr><th>lowest F1</th><th>precision</th><th>recall</th><th>F1</th></tr>"
        body = "".join(
            f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>"
            for row in self._rows
        )
        return f"<p>{html.escape(self._summary)}</p><table>{head}{body}</table>"

    @property
    def _summary(self) -> str:
        people = int((self.images > 0).sum())
        return (
            f"accuracy {self.accuracy:.3f}, macro F1 {self.macro_f1:.3f} "
            f"({int(self.images.sum())} images of {people} people)"
        )

    @property
    def _rows(self) -> list[tuple[str, ...]]:
        rates = np.stack([self.precision, self.recall, self.f1], axis=1)
        return [
            (self.names[p], *("-" if np.isnan(rate) else f"{rate:.3f}" for rate in rates[p]))
            for p in self.worst()
        ]


def identification_report(
    person: Tensor, predicted: Tensor, names: tuple[str, ...]
) -> IdentificationReport:
    """Precision, recall, F1 and confusion of every person, by scikit-learn.

    Args:
        person: int64 (N,), the label of each image, N >= 1.
        predicted: int64 (N,), what the recogniser said.
        names: one name a person; labels index it.

    Raises:
        ValueError: lengths differ, nothing was predicted, or a label has no name.
    """
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
    truth, said, labels = person.cpu().numpy(), predicted.cpu().numpy(), range(len(names))
    precision, recall, f1, images = metrics.precision_recall_fscore_support(
        truth, said, labels=labels, zero_division=np.nan
    )
    confusion = metrics.confusion_matrix(truth, said, labels=labels)
    return IdentificationReport(tuple(names), precision, recall, f1, images, confusion)
