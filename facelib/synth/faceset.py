"""Synthetic people as a FaceSet, like any other source of faces."""

import torch
from torch import Tensor

from facelib.data.faceset import FaceSet
from facelib.synth.factors import Choice, Factors, for_each
from facelib.synth.identity import identities, skin_group
from facelib.synth.nuisance import nuisances
from facelib.synth.render import render

PHOTOS = 2**31  # keeps the photographs' random numbers apart from the people's


def synth(
    people: int | Factors,
    images: int | Tensor = 10,
    seed: int = 0,
    *,
    size: int = 64,
    channels: int = 1,
    device: torch.device | str = "cpu",
    **photo: Choice,
) -> FaceSet:
    """Photographs of people who don't exist, ordered by person, with their `skin_group`.

    Args:
        people: how many, or rows of `identities` to choose them: `identities(50, skin=(0, 0.3))`.
        images: how many of each person, or an int64 tensor (people,) with a number for each.
        seed: 0 to 2**31 - 1; another seed gives other people and other photographs.
        size, channels, device: as in `render`.
        photo: as in `nuisances`.

    Raises:
        ValueError: nobody with an image, numbers of images for other people, another seed, or what
            `render` and `nuisances` refuse.
    """
    if not 0 <= seed < PHOTOS:
        raise ValueError(f"want a seed from 0 to 2**31 - 1, got {seed}")
    if not isinstance(people, Factors):
        people = identities(people, seed)
    counts = for_each(torch.as_tensor(images, dtype=torch.int64), len(people), "images")
    if counts.min() < 0 or not counts.sum():
        raise ValueError(f"want at least 1 image, got images={images}")
    person = torch.arange(len(people)).repeat_interleave(counts)
    photos = nuisances(len(person), seed + PHOTOS, **photo)
    pictures = render(people[person], photos, size, channels, device)
    return FaceSet(
        pictures,
        person.to(device),
        tuple(f"nobody {number}" for number in range(1, len(people) + 1)),
        group=skin_group(people)[person].to(device),
        source=f"people who don't exist, facelib.synth, seed {seed}",
    )
