"""Thresholds, unenrolled people and changed faces, for any embedding of ORL's people."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from facecourse.kit.orl import to_64
from facelib.data import FaceSet, all_pairs
from facelib.figures import Table
from facelib.measure import (
    Interval,
    Verification,
    bootstrap_difference,
    bootstrap_pairs,
    mean_share,
    similarity,
)
from facelib.measure.verification import Rates
from facelib.models import embed

FPIR = 0.01  # share of unenrolled people's photographs let in
RESAMPLES = 300  # of people, for intervals


def embed_at_64(model: nn.Module, images: Tensor) -> Tensor:
    """Embeddings by the shipped model of images of any size."""
    return embed(model, to_64(images)).cpu()


def score_pairs(embeddings: Tensor, faces: FaceSet) -> tuple[Tensor, Tensor, Tensor]:
    """All pairs of images: scores, and the people left and right, as `bootstrap_pairs` takes them.

    The embeddings are float (N, D), of `faces` in order, here and in what follows.
    """
    left, right, _ = all_pairs(faces.person)
    scores = similarity(embeddings, embeddings)[left, right]
    return scores, faces.person[left], faces.person[right]


def verify_pairs(embeddings: Tensor, faces: FaceSet) -> Verification:
    """All pairs of images, to read rates from."""
    scores, left, right = score_pairs(embeddings, faces)
    return Verification(scores, left == right)


def carry_over(chosen_on: Verification, embeddings: Tensor, faces: FaceSet, far: float) -> Table:
    """A threshold chosen for a FAR on the pairs of some people, and what it does to other faces."""
    threshold = chosen_on.threshold_at(far)
    pairs = score_pairs(embeddings, faces)
    there = (
        bootstrap_pairs(lambda rates: rates.far_at(threshold), *pairs, RESAMPLES),
        bootstrap_pairs(lambda rates: 1 - rates.frr_at(threshold), *pairs, RESAMPLES),
    )
    head = ["FAR wanted", "threshold", "TAR, s1-s20", "FAR, s21-s40", "TAR, s21-s40"]
    return Table(head, [[f"{far:.4f}", threshold, chosen_on.tar_at(far), *there]])


def search_open_set(
    scores: Tensor, person: Tensor, known: Tensor, photo: int
) -> tuple[Tensor, Tensor]:
    """Enrolled people and others before a gallery of one photograph each.

    Args:
        scores: float (N, N), cosines of all images with all.
        person: int64 (N,).
        known: bool (people,), who is enrolled.
        photo: which of each person's photographs is.

    Returns:
        Of every other image of known people its best score, or -inf where the best match is
        somebody else; of every image of the others its best score.
    """
    rank = torch.arange(len(person)) - torch.searchsorted(person, person)
    enrolled = known[person] & (rank == photo)
    best, place = scores[:, enrolled].max(1)
    right = person[enrolled][place] == person
    probe = known[person] & ~enrolled
    return best.masked_fill(~right, -torch.inf)[probe], best[~known[person]]


def detection_rate(known: Tensor, strangers: Tensor, fpir: float) -> float:
    """Share of known probes found and named rightly where this share of strangers is let in.

    The detection and identification rate at a false positive identification rate, after Phillips,
    Grother & Micheals 2011 (Handbook of Face Recognition, 2nd edition, chapter 21).
    """
    allowed = math.floor(fpir * len(strangers) + 1e-9)
    threshold = strangers.sort(descending=True).values[allowed]  # this one must stay outside
    return float((known > threshold).double().mean())


def compare_enrolments(
    embeddings: Tensor, faces: FaceSet, sizes: Sequence[int], halves: int
) -> Table:
    """Detection rate and closed-set top-1 by how many people are enrolled; the others come, too.

    Everybody has the same number of images. `halves` is the number of random choices of who is
    enrolled; for each, every photograph is enrolled once.
    """
    scores, photos = similarity(embeddings, embeddings), int(faces.counts.min())
    rows = []
    for size in sizes:
        found, closed = [], []
        for seed in range(halves):
            order = torch.randperm(faces.people, generator=torch.Generator().manual_seed(seed))
            known = torch.zeros(faces.people, dtype=torch.bool).index_fill(0, order[:size], True)
            parts = [search_open_set(scores, faces.person, known, photo) for photo in range(photos)]
            inside, outside = (torch.cat(part) for part in zip(*parts, strict=True))
            found.append(detection_rate(inside, outside, FPIR))
            closed.append(float(inside.isfinite().double().mean()))
        rows.append([size, mean_share(closed, "choices"), mean_share(found, "choices")])
    head = ["enrolled", "top-1, nobody else comes", f"found while {FPIR:.0%} of the others enter"]
    return Table(head, rows)


def changed_rates(
    changed: Tensor, still: Tensor, faces: FaceSet, threshold: float
) -> dict[str, Interval]:
    """Rates where something was done to one face of each pair and not to the other, over people.

    Args:
        changed, still: float (N, D), embeddings of `faces` with it and without.
        threshold: chosen beforehand.

    Returns:
        TAR, its change against pairs of faces as they are (paired), and FAR.
    """
    left, right, _ = all_pairs(faces.person)
    before, after = (similarity(first, still)[left, right] for first in (still, changed))
    people = faces.person[left], faces.person[right], RESAMPLES

    def tar(rates: Rates) -> float:
        return 1 - rates.frr_at(threshold)

    return {
        "TAR": bootstrap_pairs(tar, after, *people),
        "change of TAR": bootstrap_difference(tar, after, before, *people),
        "FAR": bootstrap_pairs(lambda rates: rates.far_at(threshold), after, *people),
    }
