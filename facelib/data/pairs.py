"""Pairs of images for verification: genuine (the same person) and impostor (two people)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Pairs(NamedTuple):
    """Pair i compares images left[i] and right[i]; same[i] says whether they show one person.

    Attributes: left, right int64 (P,) positions in a FaceSet; same bool (P,).
    """

    left: Tensor
    right: Tensor
    same: Tensor


def all_pairs(person: Tensor) -> Pairs:
    """Every unordered pair of N images: N (N - 1) / 2 of them.

    Args:
        person: int64 (N,), the label of each image.
    """
    left, right = torch.triu_indices(len(person), len(person), offset=1)
    return Pairs(left, right, person.cpu()[left] == person.cpu()[right])


def sampled_pairs(person: Tensor, count: int, seed: int = 0) -> Pairs:
    """`count` genuine and `count` impostor pairs, drawn with replacement, no image with itself.

    A genuine pair is uniform over all genuine pairs, an impostor pair over all impostor pairs.

    Args:
        person: int64 (N,), the label of each image.
        count: how many pairs of each kind.
        seed: the same seed gives the same pairs.

    Raises:
        ValueError: no person has two images, or all images show one person.
    """
    person = person.cpu()
    counts = torch.bincount(person, minlength=1)
    if count < 1:
        raise ValueError(f"count must be at least 1, got {count}")
    if (counts > 0).sum() < 2 or counts.max() < 2:
        raise ValueError(
            "pairs need two people and a person with two images, got "
            f"{int((counts > 0).sum())} people with at most {int(counts.max())} images each"
        )
    generator = torch.Generator().manual_seed(seed)
    order = person.argsort(stable=True)
    start = counts.cumsum(0) - counts

    def draw(weight: Tensor) -> Tensor:
        return torch.multinomial(weight.double(), count, replacement=True, generator=generator)

    def below(limit: Tensor) -> Tensor:
        return (torch.rand(count, generator=generator, dtype=torch.float64) * limit).long()

    same = draw(counts * (counts - 1))
    first, second = below(counts[same]), below(counts[same] - 1)
    genuine = start[same] + first, start[same] + second + (second >= first)

    one = draw(counts * (len(person) - counts))
    other = below(len(person) - counts[one])
    other = other + torch.where(other >= start[one], counts[one], 0)
    impostor = start[one] + below(counts[one]), other

    left = order[torch.cat([genuine[0], impostor[0]])]
    right = order[torch.cat([genuine[1], impostor[1]])]
    return Pairs(left, right, torch.arange(2 * count) < count)
