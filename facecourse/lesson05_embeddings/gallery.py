"""The evidence of lesson 05 on a gallery of a million faces, which takes 4 GB.

The embeddings are drawn after those of rendered people (crowd.py), and the copy is
checked against other people, really rendered. Every search is judged by the *people* it finds.
"""

from __future__ import annotations

import itertools
import time
from pathlib import Path
from typing import Any

import psutil
import torch
from torch import Tensor

from facecourse.kit import evidence
from facecourse.lesson05_embeddings.crowd import Crowd, render_crowd
from facelib.measure import latency, share_interval
from facelib.measure.gallery import LOOKED_AT, Gallery
from facelib.models import embed, face_embedding

HERE = Path(__file__).parent

EACH = 6  # photographs of each person: five are enrolled, one is the probe
BLURS = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8)  # see Crowd
DRAWS = range(3)
LOOKED = (1, 2, 4, 8, 16, 32, 64)
KNOWN = (100, 500)  # rendered people that crowds are made after: the lesson's, the galleries'
CHECKED = 2000  # others: a crowd errs as often as some, and is compared with others
SIZES = (20_000, 200_000)  # people enrolled, five photographs each
PROBES, REPEATS = 5000, 400  # people looked for, by one more photograph; timed queries
QUANTILES = torch.tensor([0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99])


def dealt(faces: Tensor) -> tuple[Gallery, Tensor, Tensor]:
    """Photographs (P, EACH, D): a gallery of all but the first, the first as probes, who is who."""
    probes, own = faces[:, 0], torch.arange(len(faces))
    enrolled = faces[:, 1:].flatten(0, 1)
    return Gallery(enrolled, own.repeat_interleave(EACH - 1)), probes, own


def codes(people: int, other: int) -> Tensor:
    """Embeddings of people really rendered, (people, EACH, D)."""
    return embed(face_embedding(), render_crowd(people, EACH, other).images).cpu().unflatten(
        0, (people, EACH)
    )  # fmt: skip


def right(faces: Tensor) -> Tensor:
    """Of each person, is the probe's best match their own? bool."""
    gallery, probes, own = dealt(faces)
    return gallery.search(probes).people[:, 0] == own


def fitted(known: int, wanted: Tensor) -> tuple[Crowd, dict[str, Any]]:
    """A crowd made after some rendered people that errs as often as other rendered people do.

    Args:
        known: how many it is made after.
        wanted: `right` of the others; as many are drawn.

    Returns:
        The crowd, and rank-1 by blur.
    """
    like = codes(known, other=0).flatten(0, 1)
    crowds = {blur: Crowd.like(like, EACH, blur) for blur in BLURS}
    found = {
        blur: sum(float(right(crowd.draw(len(wanted), seed)).double().mean()) for seed in DRAWS) / 3
        for blur, crowd in crowds.items()
    }
    aim = float(wanted.double().mean())
    best = min(BLURS, key=lambda blur: abs(found[blur] - aim))
    return crowds[best], {"blur": best, "rank-1 wanted": aim, "rank-1 by blur": found}


def check(crowd: Crowd, people: int) -> dict[str, Any]:
    """Are a crowd's embeddings like those of rendered people it was neither made nor fitted after?

    Returns:
        Of the rendered people and of three draws of as many from the crowd: rank-1; how often fast
        search misses somebody whom exact search finds; quantiles of genuine and impostor scores.
    """
    sets, found = {"rendered": codes(people, other=1)}, {}
    sets |= {f"crowd {seed}": crowd.draw(people, 10 + seed) for seed in DRAWS}
    for name, faces in sets.items():
        cosine = faces[:, 0] @ faces[:, 1].T
        impostor = cosine[~torch.eye(people, dtype=torch.bool)]
        exact, (_, probes, own) = right(faces), dealt(faces)
        fast = Gallery(faces[:, 1:].flatten(0, 1), own.repeat_interleave(EACH - 1), fast=True)
        hit = fast.search(probes).people[:, 0] == own
        found[name] = {
            "rank-1": share_interval(exact),
            "lost": share_interval(exact & ~hit),
            "genuine": cosine.diagonal().quantile(QUANTILES),
            "impostor": impostor[: 2**23].quantile(QUANTILES),  # as many as quantile can take
        }
    return found


def searched(gallery: Gallery, probes: Tensor, repeats: int) -> tuple[Tensor, dict[str, Any]]:
    """Whom the gallery finds for each probe, and how long one probe and one of many take."""
    one = itertools.cycle(probes.split(1))
    alone = latency(
        lambda: gallery.search(next(one)), repeats=repeats, threads=torch.get_num_threads()
    )
    start = time.perf_counter()
    found = gallery.search(probes).people[:, 0]
    together = 1000 * (time.perf_counter() - start) / len(probes)
    return found, {"ms alone": alone, "ms of many": together, "bytes": gallery.bytes}


def compare(crowd: Crowd, people: int) -> dict[str, Any]:
    """Exact and fast search among `people` times `EACH` faces: time, memory, people found.

    Returns:
        exact, and fast by how many centres are looked around: rank-1, and how many are lost whom
        exact search finds.
    """
    faces = crowd.draw(people, seed=100)
    gallery, probe, own = dealt(faces)
    probe, own = probe[:PROBES], own[:PROBES]
    exact, row = searched(gallery, probe, repeats=max(5, REPEATS // 20))
    hits = exact == own
    rows = {"exact": row | {"rank-1": share_interval(hits)}}
    del gallery
    enrolled = faces[:, 1:].flatten(0, 1)
    person = torch.arange(people).repeat_interleave(EACH - 1)
    start = time.perf_counter()
    fast = Gallery(enrolled, person, fast=True)
    seconds = time.perf_counter() - start
    for looked_at in LOOKED:
        fast.looked_at = looked_at
        found, row = searched(fast, probe, REPEATS)
        rows[str(looked_at)] = row | {
            "rank-1": share_interval(found == own),
            "lost": share_interval(hits & (found != own)),
            "same person": float((found == exact).double().mean()),
        }
    peak = psutil.Process().memory_info().rss
    return {"faces": len(enrolled), "people": people, "probes": len(probe), "build s": seconds,
            "resident bytes": peak, "search": rows}  # fmt: skip


def main(folder: Path = HERE) -> None:
    """Make a crowd, check it, and search galleries of many people: some five minutes."""
    wanted = right(codes(CHECKED, other=2))
    crowds = {people: fitted(people, wanted) for people in KNOWN}
    crowd = crowds[KNOWN[-1]][0]
    payload = {
        "threads": torch.get_num_threads(),
        "crowds": {str(people): about for people, (_, about) in crowds.items()},
        "looked at": LOOKED_AT,
        "quantiles": QUANTILES,
        "check": {str(people): check(made, CHECKED) for people, (made, _) in crowds.items()},
        "galleries": [compare(crowd, people) for people in SIZES],
    }
    evidence.write("gallery", payload, folder)


if __name__ == "__main__":
    main()
