"""Thresholds of the networks that ship: FACELIB_LFW=... python -m benchmarks.thresholds

Chosen for false accept rates (FAR) of 10, 1 and 0.1 %, on two kinds of faces: on all pairs of 5,000
people who don't exist, seen as the ladder sees its own, and on all pairs of the photographs of
LFW's View 1. Measured on other pairs, with exact intervals as if these were independent: of 5,000
others of the ladder, two pictures each, and on the official pairs of View 2, which share
photographs with View 1, with the accuracy of its ten folds beside them.
Every threshold is measured on both kinds, for renders are no photographs. Stored where
`facelib.door.thresholds` reads it.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from facecourse.kit import evidence
from facecourse.lesson12_capstone.networks import Embedder, load_networks
from facelib.data import LFW, FaceSet, lfw
from facelib.door import thresholds
from facelib.measure import share_interval, ten_fold, verify_all
from facelib.measure.groups import ladder_faces
from facelib.synth.people import pick_seed

FARS = (0.1, 0.01, 0.001)


class Scores(NamedTuple):
    """Cosines of pairs, float (P,), and which of them show one person, bool (P,)."""

    cosine: Tensor
    same: Tensor


def embed(recogniser: Embedder, faces: FaceSet) -> Tensor:
    """As photographs are embedded at the door."""
    crops = faces.images.permute(0, 2, 3, 1).expand(-1, -1, -1, 3)
    return torch.from_numpy(recogniser.embed(crops.numpy()))


def score_renders(recogniser: Embedder, faces: FaceSet) -> Scores:
    """A genuine and an impostor pair for each of the people, two pictures each, nobody in four."""
    people = len(faces.names)
    first, second = embed(recogniser, faces).view(people, 2, -1).unbind(1)
    cosine = torch.cat([(first * second).sum(1), (first * second.roll(1, 0)).sum(1)])
    return Scores(cosine, torch.arange(2 * people) < people)


def score_photographs(recogniser: Embedder, official: LFW) -> tuple[Scores, Tensor]:
    """The official pairs of a view, and the fold of each."""
    faces, pairs, fold = official.of_pairs()
    codes = embed(recogniser, faces)
    return Scores((codes[pairs.left] * codes[pairs.right]).sum(1), pairs.same), fold


def measure(scores: Scores, threshold: float) -> dict[str, object]:
    """Shares of impostor pairs accepted and of genuine pairs rejected, with 95 % intervals."""
    accepted = scores.cosine >= threshold
    return {
        "false accepts": share_interval(accepted[~scores.same], of="pairs"),
        "false rejects": share_interval(~accepted[scores.same], of="pairs"),
    }


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
        accuracy = ten_fold(*photographs, fold).interval
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
