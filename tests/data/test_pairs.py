"""Pairs: complete and correctly labelled."""

from itertools import combinations

import pytest
import torch

from facelib.data import FaceSet, all_pairs

PERSON = torch.tensor([2, 0, 1, 2, 1, 2, 2, 4])  # uneven, unordered, nobody is person 3


def test_all_pairs_are_every_pair_once_with_the_right_label():
    pairs = all_pairs(PERSON)
    ends = list(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))
    assert ends == list(combinations(range(len(PERSON)), 2))
    assert pairs.same.tolist() == [bool(PERSON[i] == PERSON[j]) for i, j in ends]


def test_faces_in_place_of_their_labels_are_told_what_to_give():
    faces = FaceSet(torch.zeros(2, 1, 4, 4, dtype=torch.uint8), torch.tensor([0, 1]), ("a", "b"))
    with pytest.raises(TypeError, match=r"as faces\.person; got FaceSet\(2 images of 2 people"):
        all_pairs(faces)
    with pytest.raises(TypeError, match="want a label for each image"):
        all_pairs(faces.images)
