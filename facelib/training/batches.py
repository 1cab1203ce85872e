"""Where `fit_embedding` gets its batches: people who don't exist, or those of a FaceSet."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import torch
from torch import Tensor
from tqdm import trange

from facelib.data.augment import Augment, Distort
from facelib.data.faceset import FaceSet
from facelib.synth import Factors, identities, nuisances, render
from facelib.synth.people import pick_seed
from facelib.training.checkpoint import fingerprint

Batch = tuple[Tensor, Any]  # images, and whom they show or more
TOGETHER = 128  # people drawn at once
POOL = pick_seed("pool")
# Shares of the photographs without glasses and with some, whoever owns them; more than `nuisances`
# has, so that glasses are not taken for the person.
TAKEN_OFF, PUT_ON = 0.3, 0.07
Augmentation = Callable[[Tensor, torch.Generator], Tensor]


class Source(Protocol):
    """Where batches come from; its repr says all that a resumed run must agree with."""

    images_each: int

    def __call__(self, n: int, generator: torch.Generator, device: torch.device) -> Batch:
        """n images, float (n, C, H, W) in [0, 1], and whom they show, int64 (n,), on `device`.

        Raises:
            ValueError: n images need more people than there are.
        """


@dataclass(frozen=True)
class FreshFaces:
    """Photographs nobody has seen before, rendered on the device for every batch.

    Args:
        people: how many there are; 0 draws new ones for every batch, as many as there could be.
        images_each: photographs of each person in a batch, 1 or more (else ValueError).
    """

    people: int = 0
    images_each: int = 4

    def __post_init__(self) -> None:
        if self.people < 0 or self.images_each < 1:
            raise ValueError(
                "want people, or 0 for ever new ones, and one image of each or more, got "
                f"people={self.people}, images_each={self.images_each}"
            )

    def __call__(self, n: int, generator: torch.Generator, device: torch.device) -> Batch:
        """As `Source`: images of 64 x 64 pixels."""
        images, person = self.render(n, generator, device)
        return Distort()(images, generator), person

    def render(self, n: int, generator: torch.Generator, device: torch.device) -> Batch:
        """The same as they leave the camera: uint8 (n, 1, 64, 64) and int64 (n,)."""
        present = n // self.images_each
        if 0 < self.people < present:
            raise ValueError(f"{n} images need {present} people, there are {self.people}")
        if self.people:
            person = torch.randperm(self.people, generator=generator)[:present]
            people = _people(self.people)[person]
        else:
            person, people = torch.arange(present), identities(present, generator)
        chance = torch.rand(n, generator=generator)
        worn = (chance > 1 - PUT_ON).float() - (chance < TAKEN_OFF).float()
        photos = nuisances(n, generator, glasses=worn)
        images = render(people.repeat(self.images_each), photos, device=device)
        return images, person.repeat_interleave(self.images_each).to(device)


@lru_cache(2)
def _people(number: int) -> Factors:
    return identities(number, POOL)


class DrawnFaces:
    """Some people of a FaceSet for every batch, and `images_each` images of each, augmented as in
    `fit`. Two people or more must have so many; who has fewer is never drawn.
    """

    def __init__(
        self, faces: FaceSet, images_each: int = 4, augment: Augmentation | None = None
    ) -> None:
        enough = (faces.counts >= images_each).nonzero().flatten()
        if images_each < 1 or len(enough) < 2:
            raise ValueError(
                f"want two people with {images_each} images or more, {len(enough)} have; the most "
                f"is {int(faces.counts.max())}"
            )
        self.faces, self.images_each, self.enough = faces, images_each, enough
        self.augment = augment or Augment()

    def __repr__(self) -> str:
        kind = without_address(self.augment)
        return f"DrawnFaces({fingerprint(self.faces)}, {self.images_each}, {kind})"

    def __call__(self, n: int, generator: torch.Generator, device: torch.device) -> Batch:
        """As `Source`."""
        faces, present = self.faces, n // self.images_each
        if present > len(self.enough):
            raise ValueError(
                f"{n} images need {present} people with {self.images_each} images each, "
                f"{len(self.enough)} have as many: try batch={len(self.enough) * self.images_each}"
            )
        chosen = self.enough[torch.randperm(len(self.enough), generator=generator)[:present]]
        rank = faces.rank_within_person(int(torch.randint(2**62, (), generator=generator)))
        drawn = (rank < self.images_each).to(chosen.device) & torch.isin(faces.person, chosen)
        part = faces.take(drawn).to(device)
        return self.augment(part.images, generator), part.person


class Kept:
    """Some people that a source draws, kept in memory and dealt anew for every batch.

    Worth it where drawing costs more than learning: faces rendered, or a large teacher asked, for a
    small student. Whom a face is compared with changes from batch to batch, as a loss that compares
    people needs.

    Args:
        faces: never draws a person twice, and a person's images in a row, as `FreshFaces()`; alone,
            or with what a teacher says of them (`facelib.compress.distill.Taught`). Images are kept
            in whole grey levels.
        people: how many, two or more; 1,000 with four images of 64 x 64 pixels take 16 MB.
    """

    def __init__(self, faces: Source, people: int) -> None:
        if people < 2:
            raise ValueError(f"want at least 2 people to keep, got {people}")
        self.faces, self.people, self.images_each = faces, people, faces.images_each
        self._kept: tuple[Tensor, Tensor | None] | None = None

    def __repr__(self) -> str:
        return f"Kept({self.faces!r}, {self.people})"

    def __call__(self, n: int, generator: torch.Generator, device: torch.device) -> Batch:
        """As `Source`, with what the source says of them; its ValueError, too, where that draws a
        person's images apart."""
        present = n // self.images_each
        if present > self.people:
            raise ValueError(f"{n} images need {present} people, {self.people} are kept")
        if self._kept is None:
            self._kept = self._draw(device)
        images, said = self._kept
        chosen = torch.randperm(self.people, generator=generator)[:present, None]
        rows = (chosen * self.images_each + torch.arange(self.images_each)).flatten()
        person = chosen.flatten().repeat_interleave(self.images_each).to(device)
        faces = images[rows].to(device).float() / 255
        return faces, (person if said is None else (said[rows].to(device), person))

    def _draw(self, device: torch.device) -> tuple[Tensor, Tensor | None]:
        """All images, uint8, and what a teacher says of them, on the CPU."""
        images, said = [], []
        for start in trange(0, self.people, TOGETHER, desc="faces", disable=self.people < 1000):
            n = min(TOGETHER, self.people - start) * self.images_each
            seed = torch.Generator().manual_seed(pick_seed("kept", start))
            some, target = self.faces(n, seed, device)
            words, person = target if isinstance(target, tuple) else (None, target)
            if (person.view(-1, self.images_each) != person[:: self.images_each, None]).any():
                raise ValueError(f"{self.faces!r} does not draw {self.images_each} images in a row")
            images.append((255 * some).round().byte().cpu())
            said += [] if words is None else [words.cpu()]
        return torch.cat(images), torch.cat(said) if said else None


def without_address(thing: object) -> str:
    """What a thing is, without the address that the text of a plain function holds."""
    return re.sub(r" at 0x[0-9A-Fa-f]+", "", repr(thing))
