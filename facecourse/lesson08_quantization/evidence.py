"""The evidence of lesson 08: training while rounded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from tqdm import tqdm

from facecourse.kit import evidence
from facecourse.ladder import student
from facecourse.ladder.student import PEOPLE, STEPS, tar_drop
from facecourse.lesson08_quantization import experiment
from facelib.measure.groups import ladder_faces
from facelib.models import embed, face_embedding, face_student
from facelib.synth.people import pick_seed

HERE = Path(__file__).parent

SEEDS, BITS = tuple(range(5)), (4, 3, 2)
RATES, CHOICE = (3e-5, 1e-4, 3e-4, 1e-3, 3e-3), 9  # tried with a seed that isn't reported
ARMS = {"then rounded": experiment.train_longer, "while rounded": experiment.train_rounded}


def choose() -> dict[str, float]:
    """Of each way to train the rate that leaves the student, at three bits, nearest to its teacher,
    on people who are there to choose by."""
    images = ladder_faces(PEOPLE, seed=pick_seed("tried")).images
    said = embed(face_embedding(), images)

    def measure(train: Callable, rate: float) -> float:
        model = train(3, CHOICE, rate, STEPS)
        return -float((embed(model, images, flip=False) * said).sum())  # cosines

    return {name: min(RATES, key=lambda rate: measure(train, rate)) for name, train in ARMS.items()}


def bits(rates: dict[str, float]) -> dict[str, dict]:
    """[bits of a weight]: points lost when the student is rounded at once; and, one value a seed,
    when it was trained on before it was rounded, and while it was."""
    return {
        str(width): {"at once": tar_drop(student.round_after(face_student(), width), PEOPLE)}
        | {
            name: [tar_drop(train(width, seed, rates[name], STEPS), PEOPLE).value for seed in SEEDS]
            for name, train in ARMS.items()
        }
        for width in tqdm(BITS, "bits")
    }


def main(folder: Path = HERE) -> None:
    """Measure and store all of it, some minutes on one core."""
    torch.manual_seed(0)
    rates = choose()
    payload = {
        "seeds": SEEDS,
        "rates": rates,
        "bits": bits(rates),
    }
    evidence.write("evidence", payload, folder)


if __name__ == "__main__":
    main()
