"""Lesson 05: embeddings of a crowd nobody could render in time, after those of rendered people.

Rendering a gallery of a million faces would take an hour. How well it can be searched depends on
how embeddings lie: how people are spread over the sphere, and how one person's photographs are
spread around their middle. A crowd copies both from some hundred rendered people;
gallery.py checks the copy against thousands of others.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.functional import normalize

from facelib.data import FaceSet
from facelib.figures import Table
from facelib.measure import latency
from facelib.measure.gallery import Gallery
from facelib.synth import synth
from facelib.synth.people import pick_seed

CHUNK = 10_000  # people drawn at a time: another number gives other people


def draw_crowd(embeddings: Tensor, each: int, blur: float, count: int, seed: int = 0) -> Tensor:
    """New people's embeddings, like those of rendered people, as many as are wanted.

    A new person's middle is a rendered person's, moved by a normal number of the people's
    covariance: a smoothed bootstrap (Efron & Tibshirani 1993, section 16.5). The photographs are
    those of another rendered person, all turned by the rotation that takes that person's middle
    the shortest way to the new one.

    Args:
        embeddings: float (P * each, D) of rendered people, any length, ordered by person.
        each: photographs of each person, 2 or more.
        blur: from 0, every new person looks exactly like a rendered one, to 1, no more like a
            rendered one than people are like each other. gallery.py finds the value by which a
            crowd errs as often as rendered people do.
        count: how many new people.

    Returns:
        float (count, each, D), of unit length.
    """
    generator = torch.Generator().manual_seed(seed)
    photos = normalize(embeddings).cpu().unflatten(0, (-1, each))
    own = normalize(photos.mean(1))
    middle = own.mean(0)
    values, vectors = torch.linalg.eigh(torch.cov(own.T))
    spread = vectors * values.clamp(min=0).sqrt()
    drawn = []
    for start in range(0, count, CHUNK):
        like, donor = torch.randint(len(own), (2, min(CHUNK, count - start)), generator=generator)
        moved = torch.randn(len(like), len(middle), generator=generator) @ spread.T
        keep = (1 - blur**2) ** 0.5  # so that the covariance stays
        there = normalize(middle + keep * (own[like] - middle) + blur * moved)
        drawn.append(_turn(photos[donor], own[donor], there))
    return torch.cat(drawn)


def _turn(faces: Tensor, here: Tensor, there: Tensor) -> Tensor:
    """Faces (N, M, D) under the rotation in the plane of unit vectors that takes here to there."""
    both = (here + there)[:, None]
    along = (faces * both).sum(2, keepdim=True) / (1 + (here * there).sum(1))[:, None, None]
    return faces - along * both + 2 * (faces * here[:, None]).sum(2, keepdim=True) * there[:, None]


def render_crowd(people: int, each: int, other: int = 0) -> FaceSet:
    """People who don't exist, as they are usually seen; another `other` gives other people."""
    return synth(people, each, seed=pick_seed("crowd", other))


def find_lookalikes(faces: FaceSet, embeddings: Tensor, count: int = 8) -> FaceSet:
    """The most similar faces of two people: `count` of them, then the ones they are taken for.

    Nobody comes twice, and a contact sheet of `count` columns shows each pair in one column.
    """
    unit = normalize(embeddings)
    cosine = (unit @ unit.T).masked_fill(faces.person[:, None] == faces.person, -1.0)
    pairs = []
    for _ in range(count):
        pairs.append(divmod(int(cosine.argmax()), len(cosine)))
        used = torch.isin(faces.person, faces.person[list(pairs[-1])])
        cosine[used] = cosine[:, used] = -1.0
    names = tuple(f"place {place}" for place in range(2 * count))
    images = faces.images[torch.tensor(pairs).T.flatten()]
    return FaceSet(images, torch.arange(2 * count), names, source=faces.source)


def time_searches(galleries: Mapping[str, Gallery], probes: Tensor, person: Tensor) -> Table:
    """Milliseconds of a query alone, memory, and how many probes are given the right name.

    Args:
        galleries: by name.
        probes: float (N, D), each of an enrolled person.
        person: int64 (N,), who that is.
    """
    rows = []
    for name, gallery in galleries.items():
        one = itertools.cycle(probes[:200].split(1))
        took = latency(lambda gallery=gallery, one=one: gallery.search(next(one)), repeats=100)
        size = f"{gallery.bytes / 1e6:.1f} MB"
        rows.append([name, f"{took.median_ms:.2f} ms", size, rank1(gallery, probes, person)])
    return Table(["search", "a query", "memory", "rank-1"], rows)


def rank1(gallery: Gallery, probes: Tensor, person: Tensor) -> float:
    """The share of probes whose best match is their own person."""
    return float((gallery.search(probes).people[:, 0] == person).double().mean())
