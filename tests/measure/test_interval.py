"""Intervals of means and of paired differences."""

from __future__ import annotations

import pytest
import torch
from scipy import stats

from facelib.measure import Interval, mean_interval, paired_interval


def test_an_interval_reads_in_one_line():
    interval = Interval(0.9521, 0.9404, 0.9627, 40)
    assert repr(interval) == "0.952 [0.940, 0.963] (n=40 people)"


def test_the_mean_interval_is_the_one_scipy_gives():
    values = [0.91, 0.94, 0.95, 0.90, 0.97]
    interval = mean_interval(values)
    low, high = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (interval.value, interval.n, interval.of) == (pytest.approx(0.934), 5, "seeds")
    assert (interval.low, interval.high) == (pytest.approx(low), pytest.approx(high))


def test_the_paired_interval_is_the_one_of_a_paired_t_test():
    a, b = [0.91, 0.94, 0.95, 0.90, 0.97], [0.90, 0.92, 0.95, 0.89, 0.95]
    interval = paired_interval(a, torch.tensor(b, dtype=torch.float64), of="splits")
    low, high = stats.ttest_rel(a, b).confidence_interval(0.95)
    assert (interval.low, interval.high) == (pytest.approx(low), pytest.approx(high))
    assert interval.value == pytest.approx(0.012)
    assert (interval.n, interval.of) == (5, "splits")


def test_pairing_finds_a_small_difference_that_a_common_spread_would_hide():
    hard = torch.linspace(0, 1, 6, dtype=torch.float64)
    gain = torch.tensor([0.01, 0.02, 0.01, 0.02, 0.01, 0.02], dtype=torch.float64)
    assert paired_interval(hard + gain, hard).excludes_zero
    assert paired_interval(hard, hard + gain).excludes_zero
    assert not paired_interval(hard + gain, hard.flip(0)).excludes_zero


def test_equal_runs_have_an_interval_of_no_width():
    assert paired_interval([0.9, 0.8], [0.9, 0.8]) == Interval(0, 0, 0, 2, "seeds")


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ([0.9], [0.8], "at least 2 seeds"),
        ([0.9, 0.8], [0.9, 0.8, 0.7], r"\(2,\) and \(3,\)"),
        ([0.9, float("nan")], [0.9, 0.8], "finite"),
        ([[0.9, 0.8]], [[0.9, 0.8]], r"shape \(1, 2\)"),
    ],
)
def test_pairs_that_allow_no_interval_are_refused(a, b, message):
    with pytest.raises(ValueError, match=message):
        paired_interval(a, b)
