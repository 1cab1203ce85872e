"""The evidence of lesson 05 on a gallery of a million faces, which takes 4 GB.

The embeddings are drawn after those of rendered people (crowd.py), and the copy is
checked against other people, really rendered. Every search is judged by the *people* it finds.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import torch
from torch import Tensor

from facecourse.kit import evidence
from facecourse.lesson05_embeddings.crowd import draw_crowd, render_crowd
from facelib.measure import latency, share_interval
from facelib.measure.gallery import LOOKED_AT, Gallery
from facelib.models import embed, face_embedding

HERE = Path(__file__).parent

EACH = 6  # photographs of each person: five are enrolled, one is the probe
BLURS = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8)  # see draw_crowd
DRAWS = range(3)
LOOKED = (1, 2, 4, 8, 16, 32, 64)
KNOWN = (100, 500)  # rendered people that crowds are made after: the lesson's, the galleries'
CHECKED = 2000  # others: a crowd errs as often as some, and is compared with others
SIZES = (20_000, 200_000)  # people enrolled, five photographs each
PROBES, REPEATS = 5000, 400  # people looked for, by one more photograph; timed queries
Crowd = Callable[..., Tensor]  # (count, seed) -> new people's photographs (count, EACH, D)
QUANTILES = torch.tensor([0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99])


def all_but_first(faces: Tensor) -> tuple[Tensor, Tensor]:
    """Of photographs (P, EACH, D) those that are enrolled, and who they show; the first is the
    probe."""
    return faces[:, 1:].flatten(0, 1), torch.arange(len(faces)).repeat_interleave(EACH - 1)


def codes(people: int, other: int) -> Tensor:
    """Embeddings of people really rendered, (people, EACH, D)."""
    faces = render_crowd(people, EACH, other)
    return embed(face_embedding(), faces.images).cpu().unflatten(0, (people, EACH))


def right(faces: Tensor, fast: bool = False) -> Tensor:
    """Of each person, is the probe's best match their own? bool."""
    found = Gallery(*all_but_first(faces), fast).search(faces[:, 0]).people[:, 0]
    return found == torch.arange(len(faces))


def fitted(known: int, wanted: Tensor) -> tuple[Crowd, dict[str, Any]]:
    """A crowd made after some rendered people that errs as often as other rendered people do.

    Args:
        known: how many it is made after.
        wanted: `right` of the others; as many are drawn.

    Returns:
        The crowd, and rank-1 by blur.
    """
    like, count = codes(known, other=0).flatten(0, 1), len(wanted)
    crowds = {blur: partial(draw_crowd, like, EACH, blur) for blur in BLURS}
    found = {
        blur: sum(float(right(crowd(count, seed)).double().mean()) for seed in DRAWS) / 3
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
    sets |= {f"crowd {seed}": crowd(people, 10 + seed) for seed in DRAWS}
    for name, faces in sets.items():
        cosine = faces[:, 0] @ faces[:, 1].T
        impostor = cosine[~torch.eye(people, dtype=torch.bool)]
        exact = right(faces)
        found[name] = {
            "rank-1": share_interval(exact),
            "lost": share_interval(exact & ~right(faces, fast=True)),
            "genuine": cosine.diagonal().quantile(QUANTILES),
            "impostor": impostor[: 2**23].quantile(QUANTILES),  # as many as quantile can take
        }
    return found


def search(gallery: Gallery, probes: Tensor, repeats: int) -> tuple[Tensor, dict[str, Any]]:
    """Whom the gallery finds for each probe, and how long one probe and one of many take."""
    one, threads = itertools.cycle(probes.split(1)), torch.get_num_threads()
    alone = latency(lambda: gallery.search(next(one)), repeats=repeats, threads=threads)
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
    faces = crowd(people, seed=100)
    probes, own = faces[:PROBES, 0], torch.arange(people)[:PROBES]
    enrolled = all_but_first(faces)
    exact, row = search(Gallery(*enrolled), probes, repeats=max(5, REPEATS // 20))
    hits = exact == own
    rows = {"exact": row | {"rank-1": share_interval(hits)}}
    start = time.perf_counter()
    fast = Gallery(*enrolled, fast=True)
    seconds = time.perf_counter() - start
    for looked_at in LOOKED:
        fast.looked_at = looked_at
        found, row = search(fast, probes, REPEATS)
        rows[str(looked_at)] = row | {
            "rank-1": share_interval(found == own),
            "lost": share_interval(hits & (found != own)),
            "same person": float((found == exact).double().mean()),
        }
    peak = psutil.Process().memory_info().rss
    return {"faces": len(fast), "people": people, "probes": len(probes), "build s": seconds,
            "resident bytes": peak, "search": rows}  # fmt: skip


def main(folder: Path = HERE) -> None:
    """Make a crowd, check it, and search galleries of many people: some five minutes."""
    wanted = right(codes(CHECKED, other=2))
    crowds = {str(people): fitted(people, wanted) for people in KNOWN}
    crowd = crowds[str(KNOWN[-1])][0]
    payload = {
        "threads": torch.get_num_threads(),
        "crowds": {people: about for people, (_, about) in crowds.items()},
        "looked at": LOOKED_AT,
        "quantiles": QUANTILES,
        "check": {people: check(made, CHECKED) for people, (made, _) in crowds.items()},
        "galleries": [compare(crowd, people) for people in SIZES],
    }
    evidence.write("gallery", payload, folder)


if __name__ == "__main__":
    main()
