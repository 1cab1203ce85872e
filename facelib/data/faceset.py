"""FaceSet, the one data type: face images in memory with the person each of them shows.

Every split is a method with a seed, and no image is ever in two parts of a split.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor


class Split(NamedTuple):
    """Three FaceSets that share no image."""

    train: FaceSet
    validation: FaceSet
    test: FaceSet


@dataclass(frozen=True, eq=False)
class FaceSet:
    """Face images and the person each shows.

    Args:
        images: uint8 tensor (N, C, H, W), C is 1 (grey) or 3 (RGB), values 0 to 255.
        person: int64 tensor (N,), values index `names`.
        names: one name for each person.
        group: optional int64 tensor (N,), a group label for measuring error by group.
        source: where the images come from, with the citation to give.

    Raises:
        ValueError: a shape, dtype or label does not fit; the message says which.
    """

    images: Tensor
    person: Tensor
    names: tuple[str, ...]
    group: Tensor | None = None
    source: str = ""

    def __post_init__(self) -> None:
        images, person = self.images, self.person
        object.__setattr__(self, "names", tuple(self.names))
        if images.ndim != 4 or images.dtype != torch.uint8 or images.shape[1] not in (1, 3):
            raise ValueError(
                "images must be a uint8 tensor (N, C, H, W) with C = 1 or 3, "
                f"got {images.dtype} {tuple(images.shape)}"
            )
        wanted = torch.int64, images.shape[:1]
        for name, labels in (("person", person), ("group", self.group)):
            if labels is not None and (labels.dtype, labels.shape) != wanted:
                raise ValueError(
                    f"{name} must be an int64 tensor with one label for each of the {len(images)} "
                    f"images, got {labels.dtype} {tuple(labels.shape)}"
                )
        if len(person) and not 0 <= int(person.min()) <= int(person.max()) < len(self.names):
            raise ValueError(
                f"person labels must lie in 0..{len(self.names) - 1} ({len(self.names)} names), "
                f"got {int(person.min())}..{int(person.max())}"
            )

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        channels, height, width = self.images.shape[1:]
        kind = f"{height}x{width}, {'grey' if channels == 1 else 'RGB'}"
        return f"FaceSet({len(self)} images of {self.people} people, {kind})"

    @property
    def people(self) -> int:
        """How many people `person` can name (some may have no image in a small part)."""
        return len(self.names)

    @property
    def counts(self) -> Tensor:
        """How many images each person has, int64 (people,)."""
        return torch.bincount(self.person, minlength=self.people)

    def to(self, device: torch.device | str) -> FaceSet:
        """The same faces on another device."""
        return self._each(lambda part: part.to(device))

    def take(self, index: Tensor) -> FaceSet:
        """The images at `index` (int64 positions or a bool mask), labels unchanged."""
        index = index.to(self.images.device)
        return self._each(lambda part: part[index])

    def _each(self, change: Callable[[Tensor], Tensor]) -> FaceSet:
        group = None if self.group is None else change(self.group)
        return replace(self, images=change(self.images), person=change(self.person), group=group)

    def map(self, function: Callable[[Tensor], Tensor]) -> FaceSet:
        """The same people with images = function(images), as in `faces.map(to_grey)`."""
        return replace(self, images=function(self.images))

    def of_people(self, people: Tensor | list[int]) -> FaceSet:
        """Only these people, all different, relabelled 0, 1, ... in the order given."""
        people = torch.as_tensor(people, device=self.person.device)
        if len(people) and (people.dtype == torch.bool or people.is_floating_point()):
            raise ValueError(
                f"people must be labels, whole numbers, got {people.dtype}: of a mask take "
                "mask.nonzero().flatten()"
            )
        people = people.long()
        bad = people[(people < 0) | (people >= self.people)].tolist()
        if bad or len(people.unique()) != len(people):
            raise ValueError(
                f"people must be different labels in 0..{self.people - 1}, got {people.tolist()}"
            )
        label = torch.full((self.people,), -1, dtype=torch.int64, device=people.device)
        label[people] = torch.arange(len(people), device=people.device)
        part = self.take(label[self.person] >= 0)
        return replace(
            part, person=label[part.person], names=tuple(self.names[p] for p in people.tolist())
        )

    def split_images(self, train: int, validation: int = 0, seed: int = 0) -> Split:
        """`train` images of every person to learn from, `validation` to choose by, others to test.

        The same people are in all parts: closed-set identification.

        Raises:
            ValueError: somebody would be left without a test image; the message names them.
        """
        if train < 1 or validation < 0:
            raise ValueError(f"want train >= 1 and validation >= 0, got {train} and {validation}")
        needed = train + validation + 1
        counts = zip(self.names, self.counts.tolist(), strict=True)
        if short := [f"{name} has {count}" for name, count in counts if count < needed]:
            raise ValueError(
                f"every person needs {needed} images ({train} to train, {validation} to validate, "
                f"at least 1 to test), but {', '.join(short[:5])}"
                f"{' and others' if len(short) > 5 else ''}. "
                "Ask for fewer images or leave these people out with of_people()."
            )
        rank = self.rank_within_person(seed)
        return Split(
            self.take(rank < train),
            self.take((rank >= train) & (rank < train + validation)),
            self.take(rank >= train + validation),
        )

    def rank_within_person(self, seed: int) -> Tensor:
        """int64 tensor (N,): the place of each image in a random order of its person's images."""
        order = torch.randperm(len(self), generator=torch.Generator().manual_seed(seed))
        person = self.person.cpu()
        order = order[person[order].argsort(stable=True)]
        counts = self.counts.cpu()
        start = counts.cumsum(0) - counts
        rank = torch.empty(len(self), dtype=torch.int64)
        rank[order] = torch.arange(len(self)) - start[person[order]]
        return rank
