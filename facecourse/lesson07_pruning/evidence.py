"""The evidence of lesson 07: what a cut takes, what new statistics and teaching bring back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import nn
from tqdm import tqdm

from facecourse.kit import evidence, orl
from facecourse.ladder.student import PEOPLE, STEPS, renew_statistics, tar_drop, train_further
from facecourse.lesson07_pruning import experiment as pruning
from facelib.compress import sparsify
from facelib.measure import macs
from facelib.models import face_student
from facelib.models.faceresnet import SHAPE

HERE = Path(__file__).parent

SEEDS = tuple(range(3))  # of teaching again
SPLITS = tuple(range(10))  # of ORL, and networks that name people
ZEROS = (0.5, 0.7, 0.9)  # of the weights
CHANNELS = (0.125, 0.25, 0.5)
SHARES = (0.25, 0.5, 0.75)  # of one group's channels
NAMER_SHARES = (0.5, 0.9)
EPOCHS = 80  # of networks that name people
TURNS = 50


def follow(small: nn.Module, gone: float) -> dict[str, Any]:
    """What a cut has lost, in points of TAR: "at once" and with "new statistics", intervals over
    people; "taught again", one value a seed; and "gone", the share that was cut."""
    return {
        "gone": gone,
        "at once": tar_drop(small, PEOPLE),
        "new statistics": tar_drop(renew_statistics(small), PEOPLE),
        "taught again": [
            tar_drop(train_further(renew_statistics(small), seed, STEPS), PEOPLE).value
            for seed in SEEDS
        ],
    }


def cuts() -> dict[str, Any]:
    """`follow` of the student with "nothing" gone, and by [way][share] with some gone."""
    student, found = face_student(), {}
    found["nothing"] = follow(student, 0.0)
    found["single weights"] = {
        f"{share:g}": follow(sparsify(student, share)[0], share) for share in tqdm(ZEROS, "weights")
    }
    for way, settings in pruning.WAYS.items():
        found[way] = rows = {}
        for share in tqdm(CHANNELS, way):
            small = pruning.cut_channels(student, share, *settings)
            rows[f"{share:g}"] = follow(small, 1 - macs(small, SHAPE) / macs(student, SHAPE))
    return found


def groups() -> dict[str, list[dict]]:
    """Of each group of layers: the MACs gone and the points lost by each of `SHARES`."""
    return {
        layer: [
            dict(zip(("gone", "lost"), pruning.try_plan({layer: share}), strict=True))
            for share in SHARES
        ]
        for layer in tqdm(pruning.GROUPS, "groups")
    }


def namers() -> dict[str, list]:
    """Top-1 on s21 to s40, two photographs, by the share of weights that went; one list of people's
    shares a split. "0": trained on as long with all weights, the rival of every pruning."""
    found: dict[str, list] = {}
    for seed in tqdm(SPLITS, "namers"):
        train, rest = orl.split_photos(2, seed)
        first, later = pruning.train_classifier(train, seed, EPOCHS), (seed + 500, EPOCHS // 2)
        models = {"before": first, "0": pruning.train_classifier(train, *later, first)}
        for share in NAMER_SHARES:
            models[f"{share:g}"] = pruning.prune_classifier(first, share, train, *later)
        for name, model in models.items():
            found.setdefault(name, []).append(orl.top1_per_person(model, rest))
    return found


def main(folder: Path = HERE) -> None:
    """Measure and store all of it, some twelve minutes on two cores."""
    payload = {
        "seeds": SEEDS,
        "splits": SPLITS,
        **pruning.measure_speed(list(pruning.NETWORKS), TURNS),
        "cuts": cuts(),
        "groups": groups(),
        "names": namers(),
    }
    evidence.write("evidence", payload, folder)


if __name__ == "__main__":
    main()
