"""The evidence of lesson 06: what a small network learns from names, from a teacher, from pictures.

Its teacher has had one photograph of each of twenty people, with the name.
"""

from __future__ import annotations

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

SEEDS, CHOICES = tuple(range(6)), tuple(range(100, 103))  # of splits: s21 to s40; s1 to s20
STEPS, RATES = experiment.STEPS, (2e-3, 4e-3, 8e-3)
TEMPERATURES = (1.0, 2.0, experiment.TEMPERATURE, 8.0, 16.0)
SMOOTHED = 0.1
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
) -> dict[str, tuple[Source, nn.Module, str]]:
    """By what a student learns: where pictures come from, the loss, and whose rate it takes."""
    one, five = (orl.split_photos(photos, seed, chosen_on)[0] for photos in (1, 5))
    smoothed = nn.CrossEntropyLoss(label_smoothing=SMOOTHED)
    found = {
        "names": (DrawnFaces(one, 1), nn.CrossEntropyLoss(), "names"),
        "smoothed names": (DrawnFaces(one, 1), smoothed, "smoothed names"),
        "names of all five": (DrawnFaces(five, 1), nn.CrossEntropyLoss(), "names"),
    }
    for kind, faces in experiment.list_pictures(seed, chosen_on).items():
        asked = Remembered(Taught(DrawnFaces(faces, 1), teacher))
        loss = SoftTargets(experiment.TEMPERATURE, weight=1.0)
        found[f"asked, {kind}"] = (asked, loss, "asked")
    return found


def choose_rates() -> dict[str, dict[str, Any]]:
    """Of three ways to learn the rate with the best top-1 on s1 to s20, and every top-1."""
    ways = {"names": "names", "smoothed names": "smoothed names"}
    ways["asked"] = f"asked, {experiment.MORE}"
    tried: dict[str, dict[str, list[float]]] = {way: {} for way in ways}
    for seed in tqdm(CHOICES, "rates"):
        train, test = orl.split_photos(1, seed, chosen_on=True)
        lessons = list_lessons(seed, experiment.train_teacher(train, seed), chosen_on=True)
        for way, name in ways.items():
            for rate in RATES:
                faces, loss, _ = lessons[name]
                student = experiment.train_student(faces, loss, rate, seed, STEPS)
                tried[way].setdefault(f"{rate:g}", []).append(orl.top1(student, test))
    best = {way: float(max(rates, key=lambda rate: fmean(rates[rate])))
            for way, rates in tried.items()}  # fmt: skip
    return {"best": best, "tried": tried}


def teach(rates: dict[str, float]) -> tuple[dict[str, Shares], dict[str, Shares]]:
    """The shares named rightly on s21 to s40, by what the student learnt from ("teacher" is the
    teacher's own), and of the student with four more photographs by temperature."""
    names: dict[str, Shares] = {}
    temperatures: dict[str, Shares] = {f"{t:g}": [] for t in TEMPERATURES}
    for seed in tqdm(SEEDS, "splits"):
        train, test = orl.split_photos(1, seed)
        teacher = experiment.train_teacher(train, seed)
        names.setdefault("teacher", []).append(orl.top1_per_person(teacher, test))
        lessons = list_lessons(seed, teacher)
        for name, (faces, loss, way) in lessons.items():
            student = experiment.train_student(faces, loss, rates[way], seed, STEPS)
            names.setdefault(name, []).append(orl.top1_per_person(student, test))
        faces, _, way = lessons[f"asked, {experiment.MORE}"]
        for t, shares in temperatures.items():
            loss = SoftTargets(float(t), 1.0)
            student = experiment.train_student(faces, loss, rates[way], seed, STEPS)
            shares.append(orl.top1_per_person(student, test))
    return names, temperatures


def main(folder: Path = HERE) -> None:
    """Measure and store all of it, some ten minutes on one thread."""
    torch.manual_seed(0)
    rates = choose_rates()
    names, temperatures = teach(rates["best"])
    payload = {"seeds": SEEDS, "rates": rates, "names": names, "temperatures": temperatures}
    evidence.write("evidence", payload, folder)


if __name__ == "__main__":
    main()
