"""The evidence of lesson 08: whom eight bits make faster, and training while rounded."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn
from tqdm import tqdm

from facecourse.kit import evidence
from facecourse.ladder.student import PEOPLE, STEPS, calibration_faces, tar_drop
from facecourse.lesson08_quantization import experiment
from facelib.compress import export, quantize
from facelib.measure import Interval
from facelib.measure.groups import ladder_faces
from facelib.models import embed, face_embedding, face_pruned, face_student
from facelib.models.faceresnet import SHAPE
from facelib.synth.people import pick_seed

HERE = Path(__file__).parent

SEEDS, BITS = tuple(range(5)), (4, 3, 2)
RATES, CHOICE = (3e-4, 1e-3, 3e-3), 9  # tried once each, with a seed that isn't reported
TURNS = 50  # of timed calls
KINDS: dict[str, tuple[Callable[[], nn.Module], Callable]] = {
    "teacher": (face_embedding, quantize),
    "student": (face_student, quantize),
    "pruned": (face_pruned, quantize),
    "student, first layer too": (face_student, experiment.quantize_first_too),
    "student, dynamic": (face_student, experiment.quantize_dynamic),
}
ARMS = {"then rounded": experiment.train_longer, "while rounded": experiment.train_rounded}


def eight_bits() -> dict[str, Interval]:
    """[network]: how many times faster its file of 8 bits is than its own of 32."""
    found = {}
    with tempfile.TemporaryDirectory() as place:
        for name, (build, to_eight) in KINDS.items():
            plain = export(build(), Path(place) / "plain.onnx", SHAPE).path
            to_eight(plain, small := Path(place) / "small.onnx", calibration_faces())
            found |= experiment.time_files(plain, {name: small}, TURNS)
    return found


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
        str(width): {"at once": tar_drop(experiment.round_after(face_student(), width), PEOPLE)}
        | {
            name: [tar_drop(train(width, seed, rates[name], STEPS), PEOPLE).value for seed in SEEDS]
            for name, train in ARMS.items()
        }
        for width in tqdm(BITS, "bits")
    }


def main(folder: Path = HERE) -> None:
    """Measure and store all of it, some ten minutes on one core."""
    torch.manual_seed(0)
    rates = choose()
    payload = {
        "seeds": SEEDS,
        "eight bits": eight_bits(),
        "rates": rates,
        "bits": bits(rates),
    }
    evidence.write("evidence", payload, folder)


if __name__ == "__main__":
    main()
