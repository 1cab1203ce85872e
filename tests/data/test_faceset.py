"""FaceSet: what it refuses, how labels travel, and that no split ever leaks."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from facelib.data import FaceSet


def make_faces(counts: list[int], seed: int = 0) -> FaceSet:
    """Faces in mixed order whose three pixels spell the image's own number."""
    number = torch.arange(sum(counts))
    images = torch.stack([number % 256, number // 256, number * 0], 1).to(torch.uint8)
    person = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    order = torch.randperm(len(number), generator=torch.Generator().manual_seed(seed))
    names = tuple(f"p{i}" for i in range(len(counts)))
    faces = FaceSet(images.view(-1, 3, 1, 1), person, names, group=person % 2, source="made up")
    return faces.take(order)


def numbers(faces: FaceSet) -> list[int]:
    return (faces.images[:, 0, 0, 0].long() + 256 * faces.images[:, 1, 0, 0].long()).tolist()


def named(faces: FaceSet) -> set[tuple[int, str, int]]:
    """(number, name, group) of every image, whatever the labels are."""
    names = [faces.names[p] for p in faces.person.tolist()]
    return set(zip(numbers(faces), names, faces.group.tolist(), strict=True))


def test_no_image_is_in_two_parts_of_an_image_split_and_none_is_lost():
    for least, seed in product((2, 3, 5), range(60)):
        rng = np.random.default_rng(seed)
        counts = rng.integers(least, least + 6, size=rng.integers(2, 9)).tolist()
        faces = make_faces(counts, seed)
        train = int(rng.integers(1, least))
        validation = int(rng.integers(0, least - train))
        split = faces.split_images(train, validation, seed=seed)
        parts = [named(part) for part in split]
        assert sum(map(len, split)) == sum(map(len, parts)) == len(faces)
        assert set.union(*parts) == named(faces)
        assert split.train.counts.tolist() == [train] * len(counts)
        assert split.validation.counts.tolist() == [validation] * len(counts)
        assert split.test.counts.tolist() == [count - train - validation for count in counts]
        assert all(part.names == faces.names for part in split)


def test_every_image_is_drawn_equally_often():
    faces = make_faces([3, 4])
    drawn = np.zeros(7)
    for seed in range(600):
        drawn[numbers(faces.split_images(1, seed=seed).train)] += 1
    assert chisquare(drawn[:3]).pvalue > 1e-3
    assert chisquare(drawn[3:]).pvalue > 1e-3


def test_a_seed_gives_the_same_split_and_a_larger_training_part_holds_the_smaller_one():
    faces = make_faces([6] * 6)
    first, again, other = (faces.split_images(2, 1, seed=seed) for seed in (7, 7, 8))
    assert [numbers(part) for part in first] == [numbers(part) for part in again]
    assert [numbers(part) for part in first] != [numbers(part) for part in other]
    assert named(faces.split_images(2).train) < named(faces.split_images(4).train)


def test_of_people_relabels_in_the_order_given_and_works_without_groups():
    faces = make_faces([2, 3, 4])
    part = faces.of_people([2, 0])
    assert part.names == ("p2", "p0")
    assert part.counts.tolist() == [4, 2]
    assert named(part) <= named(faces)
    assert len(faces.of_people([])) == 0
    part = replace(faces, group=None).of_people([2, 0])
    assert (len(part), part.group) == (6, None)


@pytest.mark.parametrize(
    ("counts", "ask", "message"),
    [
        ([5, 3, 9], (2, 1), r"every person needs 4 images .* but p1 has 3\. Ask"),
        ([1] * 6, (1,), r"needs 2 images .*p0 has 1, p1 has 1.* and others\. Ask"),
        *(([5] * 3, ask, "got {} and {}".format(*ask)) for ask in ((0, 0), (-1, 0), (1, -1))),
        *(([5] * 3, people, r"different labels in 0\.\.2") for people in ([0, 3], [-1], [1, 1])),
        ([5] * 2, [False, True], r"whole numbers, got torch\.bool: .*nonzero\(\)"),
        ([5] * 2, [0.0, 1.0], r"whole numbers, got torch\.float32"),
    ],
)
def test_parts_that_there_cannot_be_are_refused_by_name(counts, ask, message):
    faces = make_faces(counts)
    with pytest.raises(ValueError, match=message):
        faces.of_people(ask) if isinstance(ask, list) else faces.split_images(*ask)


def test_to_moves_every_tensor_and_map_changes_the_images_only():
    faces = make_faces([2, 3])
    dark = faces.map(lambda images: images[:, :1] // 2)
    assert torch.equal(dark.images, faces.images[:, :1] // 2)
    assert (dark.names, dark.source) == (faces.names, faces.source)
    assert torch.equal(dark.person, faces.person)
    # An empty set, because labels are checked and the meta device has no values to check.
    moved = faces.take(torch.zeros(0, dtype=torch.int64)).to("meta")
    assert {t.device.type for t in (moved.images, moved.person, moved.group)} == {"meta"}
    assert repr(moved) == "FaceSet(0 images of 2 people, 1x1, RGB)"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": torch.zeros(3, 1, 2, 2)}, "images must be a uint8 tensor .* torch.float32"),
        ({"images": torch.zeros(3, 2, 2, dtype=torch.uint8)}, r"images must .* \(3, 2, 2\)"),
        ({"images": torch.zeros(3, 4, 2, 2, dtype=torch.uint8)}, r"images must .* \(3, 4, 2, 2\)"),
        ({"person": torch.tensor([0, 1])}, r"person must be .* the 3 images, got .* \(2,\)"),
        ({"person": torch.tensor([0, 1, 2])}, r"must lie in 0\.\.1 \(2 names\), got 0\.\.2"),
        ({"person": torch.tensor([0, -1, 1])}, r"must lie in 0\.\.1 \(2 names\), got -1\.\.1"),
        ({"group": torch.tensor([0])}, r"group must be .* the 3 images, got .* \(1,\)"),
    ],
)
def test_images_and_labels_that_do_not_match_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        replace(make_faces([2, 1]), **change)
