"""Lesson 01: many splits of faces in memory, and pairs to guess."""

import torch
from torch import Tensor

from facelib.data import FaceSet, all_pairs
from facelib.measure import Verification, similarity
from facelib.models.classical import gabor_magnitudes
from facelib.synth import synth


def run_splits(codes: Tensor, faces: FaceSet, splits: int) -> Tensor:
    """Top-1 of the nearest of five enrolled photographs a person, float64 (splits,).

    `codes` are float (N, D), of `faces` in order, compared by cosine; split k has seed k.
    """
    scores, shares = similarity(codes, codes), []
    for seed in range(splits):
        rank = faces.rank_within_person(seed)
        known, new = rank < 5, rank >= 5
        named = faces.person[known][scores[new][:, known].argmax(1)]
        shares.append((named == faces.person[new]).double().mean())
    return torch.stack(shares)


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
