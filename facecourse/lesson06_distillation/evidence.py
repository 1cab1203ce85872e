"""The evidence of lesson 06: what a small network learns from names, from a teacher, from pictures.

Its teacher has had one photograph of each of twenty people, with the name.
"""

from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from facecourse.kit import evidence, orl
from facecourse.lesson06_distillation import experiment
from facelib.compress import SoftTargets
from facelib.compress.distill import Taught
from facelib.training.batches import DrawnFaces
from facelib.training.embedding import Source

HERE = Path(__file__).parent

SEEDS, CHOICES = tuple(range(5)), tuple(range(100, 103))  # of splits: s21 to s40; s1 to s20
STEPS, RATES = experiment.STEPS, (8e-4, 2e-3, 5e-3, 1.2e-2, 3e-2, 8e-2, 0.2)
Shares = list[list[float]]  # of each split, of each person: the share named rightly


class Remembered:
    """A source that draws each batch once, whoever learns from it: asking a teacher takes long."""

    def __init__(self, faces: Source) -> None:
        self.faces, self.images_each = faces, faces.images_each
        self.drawn: dict[tuple[int, int], Any] = {}

    def __call__(
        self, n: int, generator: torch.Generator, device: torch.device
    ) -> tuple[Tensor, Any]:
        key = n, generator.initial_seed()
        if key not in self.drawn:
            self.drawn[key] = self.faces(n, generator, device)
        return self.drawn[key]


def list_lessons(
    seed: int, teacher: nn.Module, chosen_on: bool = False
) -> dict[str, tuple[Source, nn.Module]]:
    """By what a student learns: where pictures come from, and the loss."""
    one, five = (orl.split_photos(photos, seed, chosen_on)[0] for photos in (1, 5))
    found = {
        "names": (DrawnFaces(one, 1), nn.CrossEntropyLoss()),
        "smoothed names": (DrawnFaces(one, 1), nn.CrossEntropyLoss(label_smoothing=0.1)),
        "names of all five": (DrawnFaces(five, 1), nn.CrossEntropyLoss()),
    }
    for kind, faces in experiment.list_pictures(seed, chosen_on).items():
        asked = Remembered(Taught(DrawnFaces(faces, 1), teacher))
        loss = SoftTargets(experiment.TEMPERATURE, weight=1.0)
        found[f"asked, {kind}"] = (asked, loss)
    return found


def choose_rates() -> dict[str, dict[str, Any]]:
    """Of each lesson the rate with the best top-1 on s1 to s20, and every top-1."""
    tried: dict[str, dict[str, list[float]]] = {}
    for seed in tqdm(CHOICES, "rates"):
        train, test = orl.split_photos(1, seed, chosen_on=True)
        lessons = list_lessons(seed, experiment.train_teacher(train, seed), chosen_on=True)
        for name, (faces, loss) in lessons.items():
            rates = tried.setdefault(name, {})
            for rate in RATES:
                student = experiment.train_student(faces, loss, rate, seed, STEPS)
                rates.setdefault(f"{rate:g}", []).append(orl.top1(student, test))
    best = {name: float(max(rates, key=lambda rate: fmean(rates[rate])))
            for name, rates in tried.items()}  # fmt: skip
    return {"best": best, "tried": tried}


def teach(rates: dict[str, float]) -> dict[str, Shares]:
    """The shares named rightly on s21 to s40, by what the student learnt from; "teacher" is the
    teacher's own."""
    names: dict[str, Shares] = {}
    for seed in tqdm(SEEDS, "splits"):
        train, test = orl.split_photos(1, seed)
        teacher = experiment.train_teacher(train, seed)
        names.setdefault("teacher", []).append(orl.top1_per_person(teacher, test))
        for name, (faces, loss) in list_lessons(seed, teacher).items():
            student = experiment.train_student(faces, loss, rates[name], seed, STEPS)
            names.setdefault(name, []).append(orl.top1_per_person(student, test))
    return names


def main(folder: Path = HERE) -> None:
    """Measure and store all of it, some twelve minutes on one thread."""
    torch.manual_seed(0)
    rates = choose_rates()
    payload = {"seeds": SEEDS, "rates": rates, "names": teach(rates["best"])}
    evidence.write("evidence", payload, folder)


if __name__ == "__main__":
    main()
