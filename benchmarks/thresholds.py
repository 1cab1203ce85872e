"""Thresholds of the networks that ship: FACELIB_LFW=... python -m benchmarks.thresholds

Chosen for false accept rates (FAR) of 10, 1 and 0.1 %, on two kinds of faces: on all pairs of 5,000
people who don't exist, seen as the ladder sees its own, and on all pairs of the photographs of
LFW's View 1. Measured on other pairs: of 5,000 others of the ladder, two pictures each, and on the
official pairs of View 2, which share photographs with View 1, with the accuracy of its ten folds
beside them. Intervals hold the one over people and the exact one of as many independent pairs,
without which a rate never seen to fail would seem certain. Every threshold is measured on both
kinds, for renders are no photographs. Stored where `facelib.door.thresholds` reads it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from facecourse.kit import evidence
from facecourse.lesson12_capstone.networks import Embedder, load_networks
from facelib.data import LFW, FaceSet, lfw
from facelib.door import thresholds
from facelib.measure import Interval, bootstrap_pairs, share_interval, ten_fold, verify_all
from facelib.measure.groups import ladder_faces
from facelib.synth.people import pick_seed

FARS = (0.1, 0.01, 0.001)


class Scores(NamedTuple):
    """Cosines of pairs, float (P,), and the people of each, int64 (P,)."""

    cosine: Tensor
    left: Tensor
    right: Tensor


def embed(recogniser: Embedder, faces: FaceSet) -> Tensor:
    """As photographs are embedded at the door."""
    crops = faces.images.permute(0, 2, 3, 1).expand(-1, -1, -1, 3)
    return torch.from_numpy(recogniser.embed(crops.numpy()))


def score_renders(recogniser: Embedder, faces: FaceSet) -> Scores:
    """A genuine and an impostor pair for each of the people, two pictures each, nobody in four."""
    people = len(faces.names)
    first, second = embed(recogniser, faces).view(people, 2, -1).unbind(1)
    cosine = torch.cat([(first * second).sum(1), (first * second.roll(1, 0)).sum(1)])
    person = torch.arange(people)
    return Scores(cosine, person.repeat(2), torch.cat([person, person.roll(1)]))


def score_photographs(recogniser: Embedder, official: LFW) -> tuple[Scores, Tensor]:
    """The official pairs of a view, and the fold of each."""
    faces, pairs, fold = official.of_pairs()
    codes = embed(recogniser, faces)
    cosine = (codes[pairs.left] * codes[pairs.right]).sum(1)
    return Scores(cosine, faces.person[pairs.left], faces.person[pairs.right]), fold


def measure(scores: Scores, threshold: float) -> dict[str, Interval]:
    """Shares of impostor pairs accepted and of genuine pairs rejected, with 95 % intervals."""
    accepted, same = scores.cosine >= threshold, scores.left == scores.right
    over_people = (
        bootstrap_pairs(lambda pairs: pairs.far_at(threshold), *scores),
        bootstrap_pairs(lambda pairs: pairs.frr_at(threshold), *scores),
    )
    exact = (share_interval(found, of="pairs") for found in (accepted[~same], ~accepted[same]))
    wider = (
        replace(one, low=min(one.low, other.low), high=max(one.high, other.high))
        for one, other in zip(exact, over_people, strict=True)
    )
    return dict(zip(("false accepts", "false rejects"), wider, strict=True))


def main(people: int = 5000, folder: Path = thresholds.FILE.parent) -> None:
    """Choose, measure, print, and store thresholds.json in `folder`."""
    choosers = {
        "photographs": lfw(view=1).of_pairs().faces,
        "renders": ladder_faces(people, seed=pick_seed("thresholds")),
    }
    official, renders = lfw(view=2), ladder_faces(people, images=2)
    payload = {}
    for name, recogniser in load_networks().items():
        photographs, fold = score_photographs(recogniser, official)
        judges = {"photographs": photographs, "renders": score_renders(recogniser, renders)}
        cosine, left, right = photographs
        accuracy = ten_fold(cosine, left == right, fold).interval
        payload[recogniser.sha256] = rows = {"name": name, "accuracy": accuracy}
        for kind, faces in choosers.items():
            pairs = verify_all(embed(recogniser, faces), faces.person)
            rows[f"{kind} to choose by"] = repr(pairs)
            rows[kind] = [
                {"far": far, "threshold": cosine}
                | {"measured": {judge: measure(scores, cosine) for judge, scores in judges.items()}}
                for far in FARS
                for cosine in [round(pairs.threshold_at(far), 4)]
            ]
            print(name, accuracy, kind, pairs, *rows[kind], sep="\n", flush=True)
    evidence.write("thresholds", {"networks": payload}, folder)


if __name__ == "__main__":
    main()
