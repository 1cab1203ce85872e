"""Pairs: complete, correctly labelled, and uniform when sampled."""

from collections import Counter
from itertools import combinations

import pytest
import torch
from scipy.stats import chisquare

from facelib.data import all_pairs, sampled_pairs

PERSON = torch.tensor([2, 0, 1, 2, 1, 2, 2, 4])  # uneven, unordered, nobody is person 3


def unordered(pairs, keep) -> list[tuple[int, int]]:
    ends = zip(pairs.left[keep].tolist(), pairs.right[keep].tolist(), strict=True)
    return [tuple(sorted(end)) for end in ends]


def test_all_pairs_are_every_pair_once_with_the_right_label():
    pairs = all_pairs(PERSON)
    ends = list(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))
    assert ends == list(combinations(range(len(PERSON)), 2))
    assert pairs.same.tolist() == [bool(PERSON[i] == PERSON[j]) for i, j in ends]


def test_sampled_pairs_are_labelled_right_and_never_pair_an_image_with_itself():
    for seed in range(50):
        people = int(torch.randint(2, 7, (), generator=torch.Generator().manual_seed(seed)))
        person = torch.randint(people, (20,), generator=torch.Generator().manual_seed(seed))
        pairs = sampled_pairs(person, 40, seed)
        assert pairs.same.tolist() == [True] * 40 + [False] * 40
        assert torch.equal(person[pairs.left] == person[pairs.right], pairs.same)
        assert (pairs.left != pairs.right).all()


@pytest.mark.parametrize("same", [True, False])
def test_sampled_pairs_are_uniform_over_all_pairs_of_their_kind(same):
    pairs = sampled_pairs(PERSON, 40_000, seed=1)
    drawn = Counter(unordered(pairs, pairs.same == same))
    everyone = all_pairs(PERSON)
    possible = unordered(everyone, everyone.same == same)
    assert set(drawn) <= set(possible)
    assert chisquare([drawn[pair] for pair in possible]).pvalue > 1e-3


def test_both_ends_of_a_sampled_pair_are_drawn_alike():
    pairs = sampled_pairs(PERSON, 40_000, seed=1)
    for keep in (pairs.same, ~pairs.same):
        left, right = (end[keep].bincount(minlength=len(PERSON)) for end in pairs[:2])
        used = left + right > 0
        expected = (left + right)[used] / 2
        assert chisquare(left[used].double(), expected.double()).pvalue > 1e-3


def test_a_seed_gives_the_same_pairs_and_another_seed_others():
    first, again, other = (sampled_pairs(PERSON, 50, seed) for seed in (3, 3, 4))
    assert torch.equal(first.left, again.left)
    assert torch.equal(first.right, again.right)
    assert not torch.equal(first.left, other.left)


@pytest.mark.parametrize(
    ("person", "message"),
    [
        ([0, 0, 0], "1 people with at most 3"),
        ([0, 1, 2], "3 people with at most 1"),
        ([], "0 people with at most 0"),
    ],
)
def test_labels_without_genuine_or_impostor_pairs_are_refused(person, message):
    with pytest.raises(ValueError, match=message):
        sampled_pairs(torch.tensor(person, dtype=torch.int64), 5)


def test_a_count_below_one_is_refused():
    with pytest.raises(ValueError, match="at least 1, got 0"):
        sampled_pairs(PERSON, 0)
