"""Interval: a measured value with its 95 % confidence interval, and the t interval of a mean."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from scipy import stats
from torch import Tensor


@dataclass(frozen=True)
class Interval:
    """A value, its 95 % confidence interval, and how many units it rests on.

    Attributes: value, low, high; n, the number of independent units; of, what those units are.
    """

    value: float
    low: float
    high: float
    n: int
    of: str = "people"

    def __repr__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}] (n={self.n} {self.of})"

    @property
    def excludes_zero(self) -> bool:
        """Of a difference: is it better (or worse) beyond what chance explains?"""
        return self.low > 0 or self.high < 0


def mean_interval(values: Sequence[float] | Tensor, of: str = "seeds") -> Interval:
    """The mean of independent runs with Student's t 95 % interval: mean ± t(n - 1) s / √n.

    Args:
        values: (n,), one number a run.
        of: what a run is, printed with n.

    Raises:
        ValueError: fewer than two values, or one that is not finite.
    """
    values = torch.as_tensor(values, dtype=torch.float64)
    if values.ndim != 1 or len(values) < 2:
        raise ValueError(
            f"an interval needs one number for each of at least 2 {of}, "
            f"got shape {tuple(values.shape)}"
        )
    if not values.isfinite().all():
        raise ValueError(f"every value must be finite, got {values.tolist()}")
    n, mean = len(values), float(values.mean())
    half = float(stats.t.ppf(0.975, n - 1) * values.std() / math.sqrt(n))
    return Interval(mean, mean - half, mean + half, n, of)


def paired_interval(
    a: Sequence[float] | Tensor, b: Sequence[float] | Tensor, of: str = "seeds"
) -> Interval:
    """The mean of a - b with its t 95 % interval, where a[i] and b[i] share one seed (or split).

    Pairing takes out what both runs share, an easy split for example, so a small difference shows
    with few seeds.

    Raises:
        ValueError: lengths differ, fewer than two pairs, or a value that is not finite.
    """
    a, b = (torch.as_tensor(values, dtype=torch.float64) for values in (a, b))
    if a.shape != b.shape:
        raise ValueError(
            f"a[i] and b[i] must share one of the {of}, so lengths must agree, "
            f"got {tuple(a.shape)} and {tuple(b.shape)}"
        )
    return mean_interval(a - b, of)
