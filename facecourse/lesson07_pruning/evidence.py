"""The evidence of lesson 07: what a cut takes, what new statistics and teaching bring back."""

from pathlib import Path
from typing import Any

from torch import nn
from tqdm import tqdm

from facecourse.kit import evidence
from facecourse.ladder.student import PEOPLE, STEPS, renew_statistics, tar_drop, train_further
from facecourse.lesson07_pruning import experiment as pruning
from facelib.compress import sparsify
from facelib.measure import macs
from facelib.models import face_student
from facelib.models.faceresnet import SHAPE

HERE = Path(__file__).parent

SEEDS = tuple(range(3))  # of teaching again
ZEROS = (0.5, 0.7, 0.9)  # of the weights
CHANNELS = (0.125, 0.25, 0.5)
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


def main(folder: Path = HERE) -> None:
    """Measure and store all of it, some eight minutes on two cores."""
    payload = {
        "seeds": SEEDS,
        **pruning.measure_speed(list(pruning.NETWORKS), TURNS),
        "cuts": cuts(),
    }
    evidence.write("evidence", payload, folder)


if __name__ == "__main__":
    main()
