"""Intervals of means and of paired differences."""

import pytest
import torch
from scipy import stats

from facelib.measure import Interval, mean_interval, mean_share, paired_interval, share_interval


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ("", "1.000 [-0.500, 2.500] (n=9 people)"),
        ("+.1f", "+1.0 [-0.5, 2.5]"),
        ("+.1%", "+100.0% [-50.0%, 250.0%]"),
    ],
)
def test_an_interval_is_written_in_the_format_of_a_number(spec, text):
    assert format(Interval(1, -0.5, 2.5, 9), spec) == text


def test_mean_and_paired_intervals_are_those_of_scipys_t_tests():
    a, b = [0.91, 0.94, 0.95, 0.90, 0.97], [0.90, 0.92, 0.95, 0.89, 0.95]
    paired = paired_interval(a, torch.tensor(b, dtype=torch.float64), of="splits")
    for found, test, value, of in (
        (mean_interval(a), stats.ttest_1samp(a, 0), 0.934, "seeds"),
        (paired, stats.ttest_rel(a, b), 0.012, "splits"),
    ):
        assert (found.low, found.high) == pytest.approx(tuple(test.confidence_interval(0.95)))
        assert (found.value, found.n, found.of) == (pytest.approx(value), 5, of)


def test_the_interval_of_a_mean_of_shares_ends_at_0_and_1():
    for shares, low, high in (([0.02, 0.1, 0.0], 0, None), ([0.95, 1.0, 0.9], None, 1)):
        cut, whole = mean_share(shares, "splits"), mean_interval(shares, "splits")
        wanted = whole.low if low is None else low, whole.high if high is None else high
        assert (cut.value, cut.low, cut.high, cut.of) == (whole.value, *wanted, "splits")


@pytest.mark.parametrize("wrong", [[50.0, 60.0, 55.0], [-0.1, 0.2, 0.3]])
def test_percentages_are_no_shares(wrong):
    with pytest.raises(ValueError, match="want shares from 0 to 1, got"):
        mean_share(wrong)


def test_pairing_finds_a_small_difference_that_a_common_spread_would_hide():
    hard = torch.linspace(0, 1, 6, dtype=torch.float64)
    gain = torch.tensor([0.01, 0.02, 0.01, 0.02, 0.01, 0.02], dtype=torch.float64)
    assert paired_interval(hard + gain, hard).excludes_zero
    assert paired_interval(hard, hard + gain).excludes_zero
    assert not paired_interval(hard + gain, hard.flip(0)).excludes_zero
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


def test_a_share_that_was_never_seen_may_still_be_above_zero():
    never = share_interval(torch.zeros(5000, dtype=torch.bool))
    assert (never.value, never.low) == (0, 0)
    assert never.high == pytest.approx(1 - 0.025 ** (1 / 5000))
    always = share_interval(torch.ones(5000, dtype=torch.bool))
    assert (always.high, always.low) == (1, pytest.approx(1 - never.high))


def test_the_exact_interval_holds_as_many_binomial_draws_as_it_says():
    held = 0.0
    for count, chance in enumerate(stats.binom.pmf(range(61), 60, 0.1)):
        found = share_interval(torch.arange(60) < count)
        held += chance * (found.low <= 0.1 <= found.high)
    assert 0.95 <= held < 1 - 1e-6


@pytest.mark.parametrize("wrong", [torch.ones(3), torch.ones(0, dtype=torch.bool)])
def test_shares_are_of_trials_that_happened_or_not(wrong):
    with pytest.raises(ValueError, match="want bool"):
        share_interval(wrong)
