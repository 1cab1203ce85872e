"""Lesson 01: many splits of faces in memory, pairs to guess, and prepared probes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from facecourse.kit.charts import mean_intervals
from facelib.data import FaceSet, all_pairs
from facelib.data.corrupt import light_from_left
from facelib.figures import Table
from facelib.measure import Verification, paired_interval, similarity
from facelib.models.classical import gabor_magnitudes
from facelib.synth import synth

SPLITS = 20


def run_splits(codes: Tensor, faces: FaceSet, splits: int) -> Tensor:
    """Top-1 of the nearest of five enrolled photographs a person, float64 (splits,).

    `codes` are float (N, D), of `faces` in order, compared by cosine; split k has seed k.
    """
    return torch.tensor(_runs(similarity(codes, codes), faces, splits), dtype=torch.float64)


def deal_pairs(seed: int) -> tuple[Tensor, Tensor]:
    """Twenty pairs of faces of people who don't exist, each face once: uint8 (20, 2, 1, 112, 112),
    and whether they show one person, bool (20,): ten do.
    """
    faces = synth(20, images=2, seed=seed, size=112).images.unflatten(0, (20, 2))
    others = torch.stack([faces[10:, 0], faces[10:, 1].roll(1, 0)], 1)
    order = torch.randperm(20, generator=torch.Generator().manual_seed(seed))
    return torch.cat([faces[:10], others])[order], (torch.arange(20) < 10)[order]


def judge_by_gabor(pairs: Tensor, seed: int) -> Tensor:
    """Which of these pairs Gabor filters take for one person, bool (N,).

    The threshold makes FAR and FRR equal for other people who don't exist either.
    """
    others = synth(30, images=3, seed=seed, size=pairs.shape[-1])
    left, right, same = all_pairs(others.person)
    scores = _score_by_gabor(others.images, others.images)[left, right]
    rates = Verification(scores, same)
    threshold = rates.threshold_at(rates.eer)
    return _score_by_gabor(pairs[:, 0], pairs[:, 1]).diagonal() >= threshold


def _score_by_gabor(first: Tensor, second: Tensor) -> Tensor:
    return similarity(*(torch.from_numpy(gabor_magnitudes(some)) for some in (first, second)))


def compare_preparations(faces: FaceSet, steps: Mapping[str, Callable[[Tensor], Tensor]]) -> Table:
    """Top-1 of nearest neighbours on pixels, in %, by preparation and by damage to the probes: mean
    after "nothing", and of each step the paired difference to it, in points.
    """
    probes = {
        "clean probes": faces.images,
        "side light": light_from_left(faces.images),
    }
    plain = {name: _prepared(faces, images, faces.images) for name, images in probes.items()}
    rows = [["nothing", *(f"{found:.1f}" for found in mean_intervals(plain).values())]]
    for step, prepare in steps.items():
        seen = {name: prepare(images) for name, images in probes.items()}
        found = {
            name: _prepared(faces, images, seen["clean probes"]) for name, images in seen.items()
        }
        changes = (paired_interval(found[name], plain[name], "splits") for name in probes)
        rows.append([step, *(f"{change:+.1f}" for change in changes)])
    return Table(["preparation", *probes], rows)


def _prepared(faces: FaceSet, probes: Tensor, gallery: Tensor) -> list[float]:
    mean = gallery.float().mean(0, keepdim=True)
    scores = similarity((probes - mean).flatten(1), (gallery - mean).flatten(1))
    return [100 * share for share in _runs(scores, faces, SPLITS)]


def _runs(scores: Tensor, faces: FaceSet, splits: int) -> list[float]:
    """Of scores of every face (a row) with every face, top-1 in each split."""
    shares = []
    for seed in range(splits):
        rank = faces.rank_within_person(seed)
        known, new = rank < 5, rank >= 5
        named = faces.person[known][scores[new][:, known].argmax(1)]
        shares.append(float((named == faces.person[new]).double().mean()))
    return shares
