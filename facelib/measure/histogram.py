"""Verification from streamed histograms: any number of pairs in bounded memory.

Sorting 10^8 scores takes gigabytes. A histogram keeps two counts a bin; the ROC curve is exact
at every bin edge, and between two edges it can only run inside the rectangle they span.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from facelib.data.pairs import all_pairs
from facelib.measure.identification import similarity
from facelib.measure.verification import Rates, Roc, Verification

EXACT_PAIRS = 10**7  # up to here sorting all scores is quick and takes under 1 GB
BLOCK = 2**22  # scores computed at a time
_OUTSIDE = 1e-3  # cosines computed in low precision may leave [-1, 1] by rounding


class ScoreHistogram(Rates):
    """Counts of genuine and impostor scores in equal bins; measures like `Verification`.

    Thresholds are bin edges, so a threshold between two edges acts as the next edge above. What is
    measured lies as near to the exact value as the bins are narrow: the exact AUC within half the
    share of pairs of pairs that share a bin, the exact TAR within what the next bin adds.

    Args:
        bins: how many bins; two int64 counts are kept for each.
        low, high: the range of scores. Scores beyond it by rounding count in the outermost bins.
    """

    def __init__(self, bins: int = 2**16, low: float = -1.0, high: float = 1.0) -> None:
        if bins < 1 or not low < high:
            raise ValueError(f"want bins >= 1 and low < high, got {bins}, {low} and {high}")
        self.bins, self.low, self.high = bins, low, high
        self.counts = torch.zeros(2, bins, dtype=torch.int64)  # row 0 impostor, row 1 genuine

    @property
    def genuine(self) -> int:
        """How many pairs counted so far show one person."""
        return int(self.counts[1].sum())

    @property
    def impostor(self) -> int:
        """How many pairs counted so far show two people."""
        return int(self.counts[0].sum())

    def update(self, scores: Tensor, same: Tensor) -> None:
        """Count more pairs, on the device the scores are on (one with float64: not Apple's GPU).

        Args:
            scores: float (P,), within low and high.
            same: bool (P,), True for a genuine pair.

        Raises:
            ValueError: shapes differ, or a score is NaN or out of range; nothing is counted.
        """
        if scores.shape != same.shape or same.dtype != torch.bool:
            raise ValueError(
                "want scores (P,) and a bool for each of them in same (P,), "
                f"got {tuple(scores.shape)} and {same.dtype} {tuple(same.shape)}"
            )
        if not scores.numel():
            return
        least, most = (float(end) for end in scores.aminmax())  # NaN if any score is
        if not (self.low - _OUTSIDE <= least and most <= self.high + _OUTSIDE):
            raise ValueError(
                f"scores must lie in [{self.low:g}, {self.high:g}], got {least:g} to {most:g}: "
                "give the histogram another range, or look for bad embeddings"
            )
        # float64, or a score next to an edge could round over it
        place = (scores.double() - self.low) * (self.bins / (self.high - self.low))
        place = place.floor_().clamp_(0, self.bins - 1).long() + self.bins * same
        self.counts += torch.bincount(place, minlength=2 * self.bins).view(2, -1).cpu()

    def roc(self) -> Roc:
        """The ROC curve at every bin edge; exact there.

        Raises:
            ValueError: one kind of pair has not been counted yet.
        """
        if not self.genuine or not self.impostor:
            raise ValueError(
                "verification needs genuine and impostor pairs, "
                f"got {self.genuine} genuine and {self.impostor} impostor"
            )
        accepted = self.counts.flip(1).cumsum(1)
        rate = torch.cat([torch.zeros(2, 1), accepted / accepted[:, -1:].double()], dim=1)
        edge = torch.linspace(self.low, self.high, self.bins + 1, dtype=torch.float64)[:-1].flip(0)
        return Roc(rate[0], rate[1], torch.cat([torch.tensor([torch.inf]), edge]))


def stream_pairs(embeddings: Tensor, person: Tensor, bins: int = 2**16) -> ScoreHistogram:
    """The cosine scores of all N (N - 1) / 2 pairs of images, counted block by block.

    Runs on the embeddings' device; beside them it needs some 70 bytes for each of BLOCK (or N, if
    that is more) scores, 0.3 GB.

    Args:
        embeddings: float (N, D), any length.
        person: int64 (N,), the label of each image.
        bins: see `ScoreHistogram`.

    Raises:
        ValueError: lengths differ, or an embedding is NaN.
    """
    _need_labels(embeddings, person)
    unit = F.normalize(embeddings.detach().float())
    person = person.to(unit.device)
    histogram = ScoreHistogram(bins)
    rows = BLOCK // max(1, len(unit)) or 1
    for start in range(0, len(unit), rows):
        block = slice(start, start + rows)
        scores = unit[block] @ unit[start:].T
        same = person[block, None] == person[None, start:]
        later = torch.ones_like(same).triu(1)  # each pair once, no image with itself
        histogram.update(scores[later], same[later])
    return histogram


def verify_all(embeddings: Tensor, person: Tensor) -> Verification | ScoreHistogram:
    """Verification over all pairs of images: exact up to 10^7 pairs, streamed above.

    Both answers measure under the same names.

    Args:
        embeddings: float (N, D), any length.
        person: int64 (N,), the label of each image.

    Raises:
        ValueError: lengths differ, an embedding is NaN, or one kind of pair is missing.
    """
    _need_labels(embeddings, person)
    if len(embeddings) * (len(embeddings) - 1) // 2 > EXACT_PAIRS:
        return stream_pairs(embeddings, person)
    left, right, same = all_pairs(person)
    return Verification(similarity(embeddings, embeddings).cpu()[left, right], same)


def _need_labels(embeddings: Tensor, person: Tensor) -> None:
    if embeddings.ndim != 2 or person.shape != embeddings.shape[:1]:
        raise ValueError(
            "want embeddings (N, D) and person (N,), "
            f"got {tuple(embeddings.shape)} and {tuple(person.shape)}"
        )
