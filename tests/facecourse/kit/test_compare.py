"""Differences are paired by people, and intervals are about them."""

import pytest

from facecourse.kit.compare import judge, paired_points, top1_interval


def shares(*values):
    """Of four splits, the same of each of three people, but for a little that splits share."""
    return [[v + wobble for v in values] for wobble in (0.0, 0.01, -0.01, 0.0)]


def test_leads_are_paired_by_people_and_say_better_worse_or_undecided():
    high, low, mixed = shares(0.9, 0.91, 0.89), shares(0.5, 0.52, 0.49), shares(0.1, 0.99, 0.9)
    pairs = (high, low), (low, high), (high, mixed), (high[:2], low)
    leads = [paired_points(*pair) for pair in pairs]
    said = [judge(lead, "better", "worse") for lead in leads]
    assert said == ["better", "worse", "undecided", "better"]
    assert leads[0].value == pytest.approx(100 * (2.7 - 1.51) / 3)


def test_intervals_are_about_people_and_not_about_splits():
    alike, uneven = map(top1_interval, (shares(0.5, 0.5, 0.5), shares(0.0, 0.5, 1.0)))
    assert alike.high - alike.low < 0.001
    assert uneven.high - uneven.low > 0.5
    assert (uneven.n, uneven.of) == (3, "people")
