"""Resampling people: weights against people copied for real, coverage against the truth."""

import itertools

import pytest
import torch

from facelib.data import all_pairs
from facelib.measure import Verification, bootstrap, bootstrap_pairs, bootstrap_people, similarity


@pytest.fixture
def scored_pairs(crowd):
    """With ties, and labels that are not consecutive."""
    embeddings, person = crowd(12, 4, 8)
    left, right, _ = all_pairs(person)
    scores = similarity(embeddings, embeddings)[left, right]
    return (scores * 20).round() / 20, 7 * person[left] + 5, 7 * person[right] + 5


def test_a_resample_weighs_pairs_as_if_people_had_been_copied(crowd, scored_pairs, monkeypatch):
    times = torch.tensor([2, 0, 1, 3, 1, 0, 0, 1, 2, 1, 1, 0]).double()
    embeddings, person = crowd(12, 4, 8)
    scored, (measured, left, right) = similarity(embeddings, embeddings), scored_pairs
    copies = [who for who in range(12) for _ in range(int(times[who]))]
    images = [(i, new) for new, who in enumerate(copies) for i in torch.where(person == who)[0]]
    scores, same = [], []
    for (one, new), (other, new2) in itertools.combinations(images, 2):
        if person[one] != person[other] or new == new2:  # two copies of one are never compared
            scores.append(scored[one, other] * 20)
            same.append(new == new2)
    copied = Verification(torch.tensor(scores).round() / 20, torch.tensor(same))

    monkeypatch.setattr(bootstrap, "draws", lambda *_: [times])
    for rate in (lambda v: v.auc, lambda v: v.eer, lambda v: v.tar_at(0.1)):
        found = bootstrap_pairs(rate, measured, left, right)
        assert (found.n, found.of) == (12, "people")
        assert found.value == rate(Verification(measured, left == right))
        assert found.low == pytest.approx(rate(copied), abs=1e-12)


def test_a_far_is_refused_by_the_number_of_pairs_measured_not_resampled(scored_pairs):
    scores, left, right = scored_pairs
    impostors = int((left != right).sum())
    found = bootstrap_pairs(lambda v: v.tar_at(1 / impostors), scores, left, right, resamples=100)
    assert 0 <= found.low <= found.high <= 1
    with pytest.raises(ValueError, match="impostor pairs"):
        bootstrap_pairs(lambda v: v.tar_at(0.9 / impostors), scores, left, right, resamples=100)


def test_a_mean_outcome_is_resampled_as_if_people_had_been_copied(monkeypatch):
    outcome = torch.tensor([1.0, 0, 1, 1, 0, 0])
    person = torch.tensor([0, 0, 3, 3, 3, 9])
    monkeypatch.setattr(bootstrap, "draws", lambda *_: [torch.tensor([2.0, 1, 0]).double()])
    found = bootstrap_people(outcome, person)
    assert found.value == 0.5
    assert found.low == pytest.approx((2 * 1 + 2) / (2 * 2 + 3))
    assert found.n == 3


def test_the_interval_over_people_holds_the_truth_as_often_as_it_says():
    # people differ far more than images of one person: truth 0.5, each person 0.1 or 0.9
    generator = torch.Generator().manual_seed(0)
    person = torch.arange(40).repeat_interleave(10)
    over_people = over_images = 0
    for _ in range(200):
        chance = torch.where(torch.rand(40, generator=generator) < 0.5, 0.1, 0.9)
        outcome = torch.rand(400, generator=generator) < chance[person]
        interval = bootstrap_people(outcome, person, resamples=200)
        over_people += interval.low <= 0.5 <= interval.high
        interval = bootstrap_people(outcome, torch.arange(400), resamples=100)
        over_images += interval.low <= 0.5 <= interval.high
    assert over_people >= 180  # 90 %: a percentile interval of 40 people is a little narrow
    assert over_images <= 140


def test_every_draw_has_as_many_people_as_there_are():
    draws = list(bootstrap.draws(7, 300))
    assert {float(times.sum()) for times in draws} == {7}
    assert torch.stack(draws).mean(0).sub(1).abs().max() < 0.25


def test_too_few_people_and_outcomes_that_allow_no_interval_are_refused():
    for outcome, person, resamples, message in (
        ([1.0, 1.0], [0, 0], 100, "at least 2 people.* got 1 and 100"),
        ([1.0, 1.0], [0, 1], 10, "at least 2 people.* got 2 and 10"),
        ([1.0, 0.0], [0, 1, 2], 100, "one finite outcome and one label an image"),
        ([1.0, float("nan")], [0, 1], 100, "one finite outcome and one label an image"),
        ([[1.0], [0.0]], [0, 1], 100, "one finite outcome and one label an image"),
    ):
        with pytest.raises(ValueError, match=message):
            bootstrap_people(torch.tensor(outcome), torch.tensor(person), resamples)
    for left, right, message in (
        ([0, 1, 0], [0, 1, 1], "2 people holds no impostor pair: measure more people"),
        ([0, 1, 0, 2], [0, 2, 3, 3], "4 people holds no genuine pair: measure more people"),
    ):
        pairs = torch.rand(len(left)), torch.tensor(left), torch.tensor(right)
        with pytest.raises(ValueError, match=message):
            bootstrap_pairs(lambda v: v.auc, *pairs)
