"""Interval: a measured value with its 95 % confidence interval; of means and of shares."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
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
        return f"{self:.3f} (n={self.n} {self.of})"

    def __format__(self, spec: str) -> str:
        """In a float's format: `f"{change:+.1f}"` is `+1.0 [0.5, 1.5]`, the value alone signed."""
        if not spec:
            return repr(self)
        low, high = (format(end, spec.replace("+", "")) for end in (self.low, self.high))
        return f"{self.value:{spec}} [{low}, {high}]"

    @property
    def excludes_zero(self) -> bool:
        """Whether a difference is better (or worse) beyond what chance explains."""
        return self.low > 0 or self.high < 0


def mean_interval(values: Sequence[float] | Tensor, of: str = "seeds") -> Interval:
    """The mean of independent runs with Student's t 95 % interval: mean ± t(n - 1) s / √n.

    Args:
        values: (n,), one finite number a run, n of 2 or more.
        of: what a run is, printed with n.
    """
    values = torch.as_tensor(values, dtype=torch.float64)
    if values.ndim != 1 or len(values) < 2:
        raise ValueError(
            f"an interval needs one number for each of at least 2 {of}, "
            f"got shape {tuple(values.shape)}"
        )
    if not values.isfinite().all():
        raise ValueError(f"every value must be finite, got {values.tolist()}")
    from scipy import stats

    n, mean = len(values), float(values.mean())
    half = float(stats.t.ppf(0.975, n - 1) * values.std() / math.sqrt(n))
    return Interval(mean, mean - half, mean + half, n, of)


def mean_share(shares: Sequence[float] | Tensor, of: str = "seeds") -> Interval:
    """The mean of shares, 0 to 1, one a run: `mean_interval`, whose ends stay within 0 and 1."""
    found, shares = mean_interval(shares, of), torch.as_tensor(shares)
    if shares.min() < 0 or shares.max() > 1:
        raise ValueError(f"want shares from 0 to 1, got {shares.tolist()}")
    return replace(found, low=max(found.low, 0.0), high=min(found.high, 1.0))


def share_interval(happened: Tensor, of: str = "people") -> Interval:
    """The share of independent trials in which something happened, with its exact 95 % interval.

    Clopper and Pearson's (1934, https://doi.org/10.1093/biomet/26.4.404): where it never happened,
    the interval still ends above 0, at some 3.7 / n.

    Args:
        happened: bool (n,), n of 1 or more.
        of: what a trial is, printed with n.
    """
    if happened.ndim != 1 or not len(happened) or happened.dtype != torch.bool:
        raise ValueError(
            f"want bool (n,) of at least 1 trial, got {happened.dtype} {tuple(happened.shape)}"
        )
    from scipy import stats

    found = stats.binomtest(int(happened.sum()), len(happened))
    low, high = found.proportion_ci(0.95, "exact")
    return Interval(float(found.statistic), float(low), float(high), len(happened), of)


def paired_interval(
    a: Sequence[float] | Tensor, b: Sequence[float] | Tensor, of: str = "seeds"
) -> Interval:
    """The mean of a - b with its t 95 % interval, where a[i] and b[i] share one seed (or split).

    Pairing takes out what both runs share, an easy split for example, so a small difference shows
    with few seeds. Values as in `mean_interval`, as many of both.
    """
    a, b = (torch.as_tensor(values, dtype=torch.float64) for values in (a, b))
    if a.shape != b.shape:
        raise ValueError(
            f"a[i] and b[i] must share one of the {of}, so lengths must agree, "
            f"got {tuple(a.shape)} and {tuple(b.shape)}"
        )
    return mean_interval(a - b, of)
