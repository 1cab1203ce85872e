"""Lesson 01: two experiments on images in memory, preparing them and enrolling few of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import torch
from torch import Tensor

from facecourse.kit.charts import mean_intervals
from facelib.data import FaceSet, corrupt
from facelib.data.corrupt import light_from_left
from facelib.figures import Table
from facelib.measure import paired_interval, similarity

SPLITS = 20
add_noise = partial(corrupt.add_noise, spread=50, whole=torch.floor)


def compare_preparations(faces: FaceSet, steps: Mapping[str, Callable[[Tensor], Tensor]]) -> Table:
    """Top-1 of nearest neighbours on pixels, by preparation and by damage to the probes: mean
    top-1 after "nothing", and of each step the paired difference to it."""
    probes = {
        "clean probes": faces.images,
        "noise": add_noise(faces.images),
        "side light": light_from_left(faces.images),
    }
    plain = {name: _runs(faces, images, faces.images) for name, images in probes.items()}
    rows = [["nothing", *mean_intervals(plain).values()]]
    for step, prepare in steps.items():
        seen = {name: prepare(images) for name, images in probes.items()}
        found = {name: _runs(faces, images, seen["clean probes"]) for name, images in seen.items()}
        changes = (paired_interval(found[name], plain[name], "splits") for name in probes)
        rows.append([step, *(f"{change:+.3f}" for change in changes)])
    return Table(["preparation", *probes], rows)


def compare_recall(faces: FaceSet) -> Table:
    """Recall of people enrolled with five photographs and with one, over 20 splits (pixels)."""
    person, scores = faces.person, _scores(faces.images, faces.images)
    few = person % 2 == 1  # every other person enrols one photograph only
    recall: dict[str, list[float]] = {"five photographs": [], "one photograph": [], "everybody": []}
    for seed in range(SPLITS):
        rank = faces.rank_within_person(seed)
        hit = _hits(scores, person, gallery=rank < torch.where(few, 1, 5), probe=rank >= 5)
        few_probes = few[rank >= 5]
        recall["five photographs"].append(float(hit[~few_probes].mean()))
        recall["one photograph"].append(float(hit[few_probes].mean()))
        recall["everybody"].append(float(hit.mean()))
    return Table(["enrolled with", "recall [95 % CI]"], mean_intervals(recall).items())


def _runs(faces: FaceSet, probes: Tensor, gallery: Tensor) -> list[float]:
    scores = _scores(probes, gallery)
    ranks = (faces.rank_within_person(seed) for seed in range(SPLITS))
    return [float(_hits(scores, faces.person, rank < 5, rank >= 5).mean()) for rank in ranks]


def _scores(probe: Tensor, gallery: Tensor) -> Tensor:
    mean = gallery.float().mean(0, keepdim=True)
    return similarity((probe - mean).flatten(1), (gallery - mean).flatten(1))


def _hits(scores: Tensor, person: Tensor, gallery: Tensor, probe: Tensor) -> Tensor:
    """Is each probe's nearest neighbour in the gallery the same person? float64, 0 or 1."""
    named = person[gallery][scores[probe][:, gallery].argmax(1)]
    return (named == person[probe]).double()
