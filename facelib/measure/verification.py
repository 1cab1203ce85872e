"""Verification (1:1): do two faces show one person? Accept when score >= threshold.

FAR (false accept rate) is the share of impostor pairs accepted, TAR (true accept rate) the share
of genuine pairs accepted, and FRR = 1 - TAR.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from facelib.measure.interval import Interval, mean_share

ROUNDING = 1e-12  # a FAR of 3/1000 must count as 0.003 however either was computed


class Roc(NamedTuple):
    """A ROC curve, from "accept nobody" to "accept everybody": float64 (K,) each.

    Pairs with score >= threshold[k] have these
    rates; threshold[0] is inf.
    """

    far: Tensor
    tar: Tensor
    threshold: Tensor


@dataclass(eq=False, repr=False)
class Rates:
    """What a ROC curve tells, which is of so many genuine and so many impostor pairs."""

    genuine: int
    impostor: int
    curve: Roc

    def __repr__(self) -> str:
        pairs = f"{self.genuine} genuine, {self.impostor} impostor pairs"
        rates = f": AUC {self.auc:.4f}, EER {self.eer:.2%}" if self.genuine * self.impostor else ""
        return f"{type(self).__name__}({pairs}{rates})"

    @property
    def auc(self) -> float:
        """Area under the ROC curve, the chance that a genuine pair outscores an impostor pair."""
        return float(torch.trapezoid(self.curve.tar, self.curve.far))

    @property
    def eer(self) -> float:
        """Equal error rate, where FAR = FRR on the ROC curve, straight between its points."""
        curve = self.curve
        gap = curve.far + curve.tar - 1  # FAR - FRR rises from -1 to 1 along the curve
        k = int(torch.searchsorted(gap, 0.0))  # the first point where FAR >= FRR
        share = gap[k - 1] / (gap[k - 1] - gap[k])
        return float(torch.lerp(curve.far[k - 1], curve.far[k], share))

    def threshold_at(self, far: float) -> float:
        """The smallest of the scores that keeps the measured FAR <= far (0 < far <= 1).

        It is inf (accept nobody) when even the highest score is shared by too many impostors.

        Raises:
            ValueError: far is finer than one impostor pair, so these pairs cannot measure it.
        """
        return float(self.curve.threshold[self._last_within(far)])

    def tar_at(self, far: float) -> float:
        """The share of genuine pairs accepted at `threshold_at(far)`; the same errors."""
        return float(self.curve.tar[self._last_within(far)])

    def far_at(self, threshold: float) -> float:
        """The share of impostor pairs with score >= threshold."""
        return float(self.curve.far[self._step(threshold)])

    def frr_at(self, threshold: float) -> float:
        """The share of genuine pairs with score < threshold."""
        return 1 - float(self.curve.tar[self._step(threshold)])

    def accuracy_at(self, threshold: float) -> float:
        """The share of all pairs decided rightly at this threshold."""
        return float(self._accuracy()[self._step(threshold)])

    def best_threshold(self) -> float:
        """The threshold of highest accuracy, half way down to the next score; of equals the
        highest, since a false accept is mostly the worse error."""
        threshold, best = self.curve.threshold, int(self._accuracy().round(decimals=9).argmax())
        return float(threshold[best : best + 2].mean())

    def _accuracy(self) -> Tensor:
        far, tar, _ = self.curve
        return (self.genuine * tar + self.impostor * (1 - far)) / (self.genuine + self.impostor)

    def _step(self, threshold: float) -> int:
        """The last point of the curve whose threshold is >= this one."""
        if math.isnan(threshold):
            raise ValueError("want a number as threshold, got nan")
        return int((self.curve.threshold >= threshold).sum()) - 1

    def _last_within(self, far: float) -> int:
        """The last point of the curve whose FAR is at most this one."""
        if not 0 < far <= 1:
            raise ValueError(
                f"far must lie in (0, 1], got {far}; no number of pairs can show that it is 0"
            )
        if far * self.impostor < 1 - ROUNDING:
            raise ValueError(
                f"FAR {far:g} needs at least {math.ceil(1 / far - ROUNDING)} impostor pairs, got "
                f"{self.impostor}: ask for a FAR >= 1/{self.impostor} or measure more pairs"
            )
        return int((self.curve.far <= far + ROUNDING).sum()) - 1


def need_both_kinds(genuine: int, impostor: int) -> None:
    """Refuse to measure where one kind of pair is missing."""
    if not genuine or not impostor:
        raise ValueError(
            "verification needs genuine and impostor pairs, "
            f"got {genuine} genuine and {impostor} impostor"
        )


class Verification(Rates):
    """Scores of pairs of faces, and whether each pair shows one person. Exact: every score counts.

    Args:
        scores: (P,) finite similarities, higher means more alike; kept as float64.
        same: bool (P,), True for a genuine pair, False for an impostor pair.

    Raises:
        ValueError: a length, dtype or score does not fit, or only one kind of pair is there.
    """

    def __init__(self, scores: Tensor | Sequence[float], same: Tensor | Sequence[bool]) -> None:
        from sklearn import metrics

        scores = torch.as_tensor(scores, dtype=torch.float64, device="cpu").detach()
        same = torch.as_tensor(same).cpu()
        if scores.ndim != 1 or same.shape != scores.shape or same.dtype != torch.bool:
            raise ValueError(
                "want scores (P,) and a bool for each of them in same (P,), "
                f"got {tuple(scores.shape)} and {same.dtype} {tuple(same.shape)}"
            )
        bad = (~scores.isfinite()).nonzero().flatten().tolist()
        if bad:
            raise ValueError(
                f"{len(bad)} of {len(scores)} scores are not finite, the first is "
                f"{float(scores[bad[0]])} at pair {bad[0]}; look at its embeddings"
            )
        self.scores, self.same, genuine = scores, same, int(same.sum())
        need_both_kinds(genuine, len(same) - genuine)
        # dropping points on straight stretches keeps the AUC but loses thresholds
        curve = metrics.roc_curve(same.numpy(), scores.numpy(), drop_intermediate=False)
        curve = Roc(*(torch.from_numpy(part).double() for part in curve))
        super().__init__(genuine, len(same) - genuine, curve)


class TenFold(NamedTuple):
    """Accuracy on each held-out fold, at the threshold the other folds chose: float64 (folds,)."""

    accuracy: Tensor
    threshold: Tensor

    @property
    def interval(self) -> Interval:
        """The mean's t 95 % interval. Folds share training pairs, so it is approximate."""
        return mean_share(self.accuracy, of="folds")


def ten_fold(
    scores: Tensor | Sequence[float], same: Tensor | Sequence[bool], fold: Tensor | Sequence[int]
) -> TenFold:
    """The LFW protocol: accuracy on each fold at the best threshold of the other nine.

    Huang, Ramesh, Berg & Learned-Miller 2007, "Labeled Faces in the Wild", UMass Amherst TR 07-49.

    Args:
        scores: (P,) one score a pair; or, for a method fitted on faces, (folds, P), where row k
            holds the scores of the model fitted without the k-th smallest fold number.
        same: bool (P,), True for a genuine pair.
        fold: int (P,), the fold of each pair: two or more, LFW has ten.

    Raises:
        ValueError: lengths do not fit, there is one fold only, or `Verification` refuses a score.
    """
    scores = torch.as_tensor(scores, dtype=torch.float64, device="cpu").detach()
    same, fold = (torch.as_tensor(part, device="cpu") for part in (same, fold))
    folds = fold.unique()
    if len(folds) < 2:
        raise ValueError(f"ten_fold needs at least 2 folds, got fold {folds.tolist()}")
    if fold.shape != same.shape or scores.shape not in (same.shape, (len(folds), *same.shape)):
        raise ValueError(
            f"want scores (P,) or ({len(folds)}, P) with same (P,) and fold (P,), got "
            f"{tuple(scores.shape)}, {tuple(same.shape)} and {tuple(fold.shape)}"
        )
    if not scores.isfinite().all():
        raise ValueError(f"{int((~scores.isfinite()).sum())} scores are not finite")
    accuracy, threshold = [], []
    for held_out, row in zip(folds, scores.expand(len(folds), *same.shape), strict=True):
        test = fold == held_out
        threshold.append(Verification(row[~test], same[~test]).best_threshold())
        accuracy.append(((row[test] >= threshold[-1]) == same[test]).double().mean())
    return TenFold(torch.stack(accuracy), torch.tensor(threshold, dtype=torch.float64))
