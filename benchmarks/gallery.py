"""A gallery of a million faces: `python -m benchmarks.gallery`, some five minutes and 4 GB.

The embeddings are drawn after those of rendered people (facelib.lessons.crowd), and the copy is
checked against other people, really rendered. Every search is judged by the *people* it finds.
"""

from __future__ import annotations

import itertools
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
from torch import Tensor

from benchmarks import results
from facelib.lessons import evidence
from facelib.lessons.crowd import Crowd, rendered
from facelib.measure import latency, mean_interval
from facelib.measure.gallery import LOOKED_AT, Gallery, same_threads
from facelib.models import embed, face_embedding

EACH = 6  # photographs of each person: five are enrolled, one is the probe
BLURS = (0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.7)  # see Crowd
LOOKED = (1, 2, 4, 8, 16, 32, 64)
# What faiss offers besides, by the names of its index_factory; compared at a tenth of the size.
RIVALS = ("IVF632,Flat", "IVF632,SQ8", "HNSW32")
QUANTILES = torch.tensor([0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99])


def dealt(faces: Tensor) -> tuple[Gallery, Tensor, Tensor]:
    """Photographs (P, EACH, D): a gallery of all but the first, the first as probes, who is who."""
    probes, own = faces[:, 0], torch.arange(len(faces))
    enrolled = faces[:, 1:].flatten(0, 1)
    return Gallery(enrolled, own.repeat_interleave(EACH - 1)), probes, own


def rank1(faces: Tensor) -> Tensor:
    """Of each person, is the probe's best match their own? float64, 0 or 1."""
    gallery, probes, own = dealt(faces)
    return (gallery.search(probes).people[:, 0] == own).double()


def lead(faces: Tensor) -> float:
    """By how much the own person outscores the best other one, for all but the hardest tenth.

    Rank-1 among few people is 1 for many a crowd; this tells them apart.
    """
    people = len(faces)
    cosine = faces[:, 0] @ faces[:, 1:].flatten(0, 1).T
    best = cosine.view(people, people, EACH - 1).amax(2)
    others = best.masked_fill(torch.eye(people, dtype=torch.bool), -1.0).amax(1)
    return float((best.diagonal() - others).quantile(0.1))


def fitted(people: int) -> tuple[Crowd, dict[str, float]]:
    """A crowd as hard to tell apart as the rendered people it is made after; `lead` by blur."""
    codes = embed(face_embedding(), rendered(people, EACH).images)
    crowds = {blur: Crowd.like(codes, EACH, blur) for blur in BLURS}
    found = {
        blur: sum(lead(crowd.draw(people, seed)) for seed in range(3)) / 3
        for blur, crowd in crowds.items()
    }
    wanted = lead(crowds[BLURS[0]].faces)
    best = min(BLURS, key=lambda blur: abs(found[blur] - wanted))
    return crowds[best], {"rendered": wanted} | {str(blur): value for blur, value in found.items()}


def check(crowd: Crowd, people: int, draws: int) -> dict[str, Any]:
    """Are a crowd's embeddings like those of rendered people it was not made after?

    Returns:
        Of the rendered people and of each draw of as many from the crowd: rank-1, and quantiles of
        genuine and impostor scores.
    """
    codes = embed(face_embedding(), rendered(people, EACH, other=1).images)
    sets, found = {"rendered": codes.view(people, EACH, -1)}, {}
    sets |= {f"crowd {seed}": crowd.draw(people, seed) for seed in range(draws)}
    for name, faces in sets.items():
        cosine = faces[:, 0] @ faces[:, 1].T
        impostor = cosine[~torch.eye(people, dtype=torch.bool)]
        found[name] = {
            "rank-1": mean_interval(rank1(faces), "people"),
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


def compare(crowd: Crowd, people: int, probes: int, repeats: int) -> dict[str, Any]:
    """Exact and fast search among `people` times `EACH` faces: time, memory, people found.

    Returns:
        exact, and fast by how many centres are looked around: rank-1, and what is lost against
        exact search, paired over probes of different people.
    """
    faces = crowd.draw(people, seed=100)
    gallery, probe, own = dealt(faces)
    probe, own = probe[:probes], own[:probes]
    exact, row = searched(gallery, probe, repeats=max(5, repeats // 20))
    right = (exact == own).double()
    rows = {"exact": row | {"rank-1": mean_interval(right, "people")}}
    del gallery
    enrolled = faces[:, 1:].flatten(0, 1)
    person = torch.arange(people).repeat_interleave(EACH - 1)
    start = time.perf_counter()
    fast = Gallery(enrolled, person, fast=True)
    seconds = time.perf_counter() - start
    for looked_at in LOOKED:
        fast.looked_at = looked_at
        found, row = searched(fast, probe, repeats)
        hit = (found == own).double()
        row["rank-1"], row["lost"] = (
            mean_interval(value, "people") for value in (hit, right - hit)
        )
        rows[str(looked_at)] = row | {"same person": float((found == exact).double().mean())}
    peak = psutil.Process().memory_info().rss
    return {"faces": len(enrolled), "people": people, "probes": len(probe), "build s": seconds,
            "resident bytes": peak, "search": rows}  # fmt: skip


def rivals(crowd: Crowd, people: int, probes: int) -> dict[str, Any]:
    """faiss's other indexes: seconds to build, ms a query alone, share of exact search's people."""
    import faiss

    same_threads()
    codes = crowd.draw(people, seed=200).numpy()
    faces, probe = codes[:, 1:].reshape(-1, codes.shape[2]), codes[:probes, 0].copy()
    flat = faiss.IndexFlatIP(faces.shape[1])
    flat.add(faces)
    wanted = flat.search(probe, 1)[1][:, 0] // (EACH - 1)
    rows = {}
    for name in RIVALS:
        start = time.perf_counter()
        index = faiss.index_factory(faces.shape[1], name, faiss.METRIC_INNER_PRODUCT)
        index.train(faces)
        index.add(faces)
        seconds = time.perf_counter() - start
        setting = "efSearch" if name.startswith("HNSW") else "nprobe"
        faiss.ParameterSpace().set_index_parameter(index, setting, 64 if "H" in name else LOOKED_AT)
        one = itertools.cycle(np.split(probe, len(probe)))
        took = latency(lambda index=index, one=one: index.search(next(one), 1), repeats=200)
        found = index.search(probe, 1)[1][:, 0] // (EACH - 1)
        rows[name] = {
            "build s": seconds, "ms alone": took.median_ms,
            "same person": float((found == wanted).mean()),
        }  # fmt: skip
    return rows


def main(
    known: int = 500,
    checked: int = 2000,
    sizes: tuple[int, ...] = (20_000, 200_000),
    probes: int = 5000,
    repeats: int = 400,
    folder: Path = evidence.FOLDER,
) -> None:
    """Make a crowd, check it, and search galleries of these many people.

    Args:
        known, checked: rendered people that a crowd is made after, and is compared with.
        sizes: people enrolled, five photographs each.
        probes: people looked for, by one more photograph.
        repeats: timed queries.
        folder: where to store gallery.json.
    """
    crowd, blurs = fitted(known)
    payload = {
        "threads": torch.get_num_threads(), "known": known, "blur": crowd.blur, "blurs": blurs,
        "looked at": LOOKED_AT, "quantiles": QUANTILES, "check": check(crowd, checked, draws=3),
        "rivals": rivals(crowd, sizes[0], min(probes, sizes[0])),
        "galleries": [compare(crowd, people, min(probes, people), repeats) for people in sizes],
    }  # fmt: skip
    results.write("gallery", payload, folder)


if __name__ == "__main__":
    main()
