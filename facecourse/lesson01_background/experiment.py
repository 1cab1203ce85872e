"""Lesson 01: many splits of faces in memory, and pairs to guess."""

import torch
from torch import Tensor

from facecourse.kit.verify import verify_pairs
from facelib.data import FaceSet
from facelib.measure import similarity
from facelib.models.classical import BASELINES, features
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
    gabor = BASELINES["Gabor"]().fit(others.images, others.person)
    rates = verify_pairs(features(gabor, others.images), others)
    left, right = (features(gabor, pairs[:, side]) for side in (0, 1))
    return (left * right).sum(1) >= rates.threshold_at(rates.eer)
