"""Intervals of means and of paired differences."""

import pytest
import torch
from scipy import stats

from facelib.measure import Interval, mean_interval, mean_share, paired_interval, share_interval


def test_mean_and_paired_intervals_are_those_of_scipys_t_tests():
    a, b = [0.91, 0.94, 0.95, 0.90, 0.97], [0.90, 0.92, 0.95, 0.89, 0.95]
    paired = paired_interval(a, torch.tensor(b, dtype=torch.float64), of="splits")
    for found, test, value, of in (
        (mean_interval(a), stats.ttest_1samp(a, 0), 0.934, "seeds"),
        (paired, stats.ttest_rel(a, b), 0.012, "splits"),
    ):
        assert (found.low, found.high) == pytest.approx(tuple(test.confidence_interval(0.95)))
        assert (found.value, found.n, found.of) == (pytest.approx(value), 5, of)
    assert [paired.excludes_zero, paired_interval(b, a).excludes_zero] == [True, True]
    assert not paired_interval(a, b[::-1]).excludes_zero, "the spread of a and b hides it"


def test_the_interval_of_a_mean_of_shares_ends_at_0_and_1():
    for shares, low, high in (([0.02, 0.1, 0.0], 0, None), ([0.95, 1.0, 0.9], None, 1)):
        cut, whole = mean_share(shares, "splits"), mean_interval(shares, "splits")
        wanted = whole.low if low is None else low, whole.high if high is None else high
        assert (cut.value, cut.low, cut.high, cut.of) == (whole.value, *wanted, "splits")


def test_the_exact_interval_holds_as_many_draws_as_it_says_and_never_seen_may_be_above_zero():
    held = 0.0
    for count, chance in enumerate(stats.binom.pmf(range(61), 60, 0.1)):
        found = share_interval(torch.arange(60) < count)
        held += chance * (found.low <= 0.1 <= found.high)
    assert 0.95 <= held < 1 - 1e-6
    never = share_interval(torch.zeros(5000, dtype=torch.bool))
    assert (never.value, never.low) == (0, 0)
    assert never.high == pytest.approx(1 - 0.025 ** (1 / 5000))


@pytest.mark.parametrize(
    ("measure", "given", "message"),
    [
        (paired_interval, ([0.9], [0.8]), "at least 2 seeds"),
        (paired_interval, ([0.9, 0.8], [0.9, 0.8, 0.7]), r"\(2,\) and \(3,\)"),
        (paired_interval, ([0.9, float("nan")], [0.9, 0.8]), "finite"),
        (paired_interval, ([[0.9, 0.8]], [[0.9, 0.8]]), r"shape \(1, 2\)"),
        (mean_share, ([50.0, 60.0, 55.0],), "want shares from 0 to 1, got"),
        (mean_share, ([-0.1, 0.2, 0.3],), "want shares from 0 to 1, got"),
        (share_interval, (torch.ones(3),), "want bool"),
        (share_interval, (torch.ones(0, dtype=torch.bool),), "want bool"),
    ],
)
def test_what_allows_no_interval_is_refused(measure, given, message):
    with pytest.raises(ValueError, match=message):
        measure(*given)


def test_an_interval_is_written_in_the_format_of_a_number():
    found = Interval(1, -0.5, 2.5, 9)
    assert f"{found}" == "1.000 [-0.500, 2.500] (n=9 people)"
    assert f"{found:+.1f}" == "+1.0 [-0.5, 2.5]"
    assert f"{found:+.1%}" == "+100.0% [-50.0%, 250.0%]"
