"""Pairs of images for verification: genuine (the same person) and impostor (two people)."""

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
    """Every unordered pair of images, given the person of each, int64 (N,): N (N - 1) / 2 of them,
    34 bytes each at the peak."""
    if not isinstance(person, Tensor) or person.ndim != 1:
        raise TypeError(f"want a label for each image, int64 (N,), as faces.person; got {person!r}")
    left, right = torch.triu_indices(len(person), len(person), offset=1)
    return Pairs(left, right, person.cpu()[left] == person.cpu()[right])
