"""Paired comparisons over people, splits and seeds, as the lessons' tables show them."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from facelib.measure import Interval, bootstrap_people, paired_interval

Shares = Sequence[Sequence[float]]  # of each split, of each person: the share named rightly


def top1_interval(shares: Shares | Tensor, resamples: int = 1000) -> Interval:
    """Top-1, mean over splits, with a 95 % interval over people."""
    found = torch.as_tensor(shares)
    return bootstrap_people(found.mean(0), torch.arange(found.shape[1]), resamples)


def subtract_points(a: Sequence[float], b: Sequence[float], of: str = "seeds") -> Interval:
    """The paired difference a - b of shares, in percentage points."""
    return paired_interval([100 * value for value in a], [100 * value for value in b], of)


def judge(change: Interval, above: str, below: str, neither: str = "undecided") -> str:
    """The word for a paired difference whose interval lies above zero, or below, or neither."""
    if not change.excludes_zero:
        return neither
    return above if change.value > 0 else below


def paired_points(first: Shares, second: Shares, resamples: int = 1000) -> Interval:
    """By how many percentage points the first is better, paired over the same people, on the splits
    that both were measured on."""
    splits = min(len(first), len(second))
    change = 100 * (torch.tensor(first[:splits]) - torch.tensor(second[:splits]))
    return top1_interval(change, resamples)


def top1_intervals(runs: Mapping[str, Shares], resamples: int = 1000) -> dict[str, Interval]:
    """`top1_interval` of each."""
    return {name: top1_interval(shares, resamples) for name, shares in runs.items()}
