"""The evidence of lesson 06: what a small network learns from a large one, and when it doesn't.

unlabelled.py is its other half.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import torch
from torch import nn
from tqdm import tqdm

from facecourse.kit import evidence, orl, protocol
from facecourse.kit import verify as strangers
from facecourse.lesson06_distillation import experiment as distilling
from facelib.compress import SoftTargets
from facelib.data import FaceSet
from facelib.measure import parameters
from facelib.measure.groups import ladder_faces
from facelib.measure.tail import take_tail
from facelib.models import embed

HERE = Path(__file__).parent

SEEDS = tuple(range(10))
FEW = tuple(range(6))  # for five teachers, one of which is slow to ask
CHOICES = tuple(range(100, 103))
TEMPERATURES = (1.0, 2.0, 4.0, 8.0, 16.0)
WEIGHTS = (0.5, 0.9, 1.0)
RATES = (2e-3, 4e-3, 8e-3)
ALONE = ("names alone", "smoothed names")  # of `distilling.TAUGHT_BY`: they ask no teacher
STEPS = distilling.STEPS
PEOPLE, FAR = 500, 1e-3  # who don't exist, to try the students that embed
BUDGETS = (50, 150)  # steps of the students that embed
Shares = list[list[float]]  # of each split, of each person: the share named rightly


def train(
    name: str, faces: FaceSet, teacher: nn.Module, seed: int, steps: int, rate: float = 0
) -> nn.Module:
    """A student, taught by one of `distilling.TAUGHT_BY`, at the rate that suits it if 0."""
    loss, asked = distilling.TAUGHT_BY[name](), None if name in ALONE else teacher
    rate = rate or distilling.RATES.get(name, distilling.RATE)
    return distilling.train_student(loss, faces, asked, seed, steps, rate=rate)


def note_shares(runs: dict[str, Shares], models: dict[str, nn.Module], test: FaceSet) -> None:
    """Add one split's shares of each model to `runs`."""
    for name, model in models.items():
        runs.setdefault(name, []).append(orl.top1_per_person(model, test))


def choices() -> dict[str, dict[str, list[float]]]:
    """Top-1 on s1 to s20, two photographs: by temperature and weight, and by rate."""
    found: dict[str, dict[str, list[float]]] = {"soft targets": {}, "rates": {}}

    def note(where: str, name: str, model: nn.Module) -> None:
        found[where].setdefault(name, []).append(orl.top1(model, test))

    for seed in tqdm(CHOICES, "choices"):
        faces, test = orl.split_photos(2, seed, chosen_on=True)
        master = distilling.train_teacher(faces, seed)
        for temperature, weight in product(TEMPERATURES, WEIGHTS):
            loss = SoftTargets(temperature, weight)
            model = distilling.train_student(loss, faces, master, seed, STEPS)
            note("soft targets", f"T={temperature:g}, weight {weight:g}", model)
        for name, rate in product(distilling.TAUGHT_BY, RATES):
            note("rates", f"{name}, {rate:g}", train(name, faces, master, seed, STEPS, rate))
    return found


def names() -> dict[str, dict[str, Shares]]:
    """[photographs][taught by] = `Shares` on s21 to s40; "teacher" is the teacher's own."""
    found: dict[str, dict[str, Shares]] = {}
    for photos in orl.PHOTOS:
        runs = found.setdefault(str(photos), {})
        for seed in tqdm(SEEDS, f"{photos} photographs"):
            faces, test = orl.split_photos(photos, seed)
            models = {"teacher": distilling.train_teacher(faces, seed)}
            for name in distilling.TAUGHT_BY:
                models[name] = train(name, faces, models["teacher"], seed, STEPS)
            note_shares(runs, models, test)
    return found


def temperatures() -> dict[str, Shares]:
    """Two photographs, by the temperature of the soft targets."""
    found: dict[str, Shares] = {}
    for seed in tqdm(SEEDS, "temperatures"):
        faces, test = orl.split_photos(2, seed)
        master = distilling.train_teacher(faces, seed)
        models = {
            f"{temperature:g}": distilling.train_student(
                SoftTargets(temperature, distilling.WEIGHT), faces, master, seed, STEPS
            )
            for temperature in TEMPERATURES
        }
        note_shares(found, models, test)
    return found


def teachers() -> dict[str, dict[str, object]]:
    """Two photographs, by who teaches: parameters, and `Shares` of teacher and student."""
    found: dict[str, dict] = {}
    for seed in tqdm(FEW, "teachers"):
        faces, test = orl.split_photos(2, seed)
        for name, made in distilling.TEACHERS.items():
            models = {"teacher": made(faces, seed)}
            models["student"] = train("soft targets", faces, models["teacher"], seed, STEPS)
            runs = found.setdefault(name, {})
            note_shares(runs, models, test)
            runs["parameters"] = parameters(models["teacher"])
    return found


def embedders() -> dict[str, dict[str, dict[str, list]]]:
    """[steps]["taught" or "names"][metric], one value a seed.

    Real people are s21 to s40, the others don't exist.
    """
    real, drawn = protocol.unseen_people(), ladder_faces(PEOPLE)
    found: dict[str, dict[str, dict[str, list]]] = {}
    for steps, seed, name in tqdm([*product(BUDGETS, SEEDS, ("taught", "names"))]):
        model = distilling.train_embedder(name == "taught", seed, steps)
        metrics = protocol.unseen_metrics(strangers.embed_at_64(model, real.images))
        values = {what: interval.value for what, interval in metrics.items()}
        codes = embed(model, drawn.images, flip=False).cpu()
        tar = take_tail(codes, drawn.person, FAR).tars([FAR])
        values["TAR at 0.1 % FAR, people who don't exist"] = float(tar)
        runs = found.setdefault(str(steps), {}).setdefault(name, {})
        for what, value in values.items():
            runs.setdefault(what, []).append(value)
    return found


def main(folder: Path = HERE) -> None:
    """Measure and store all of it, some fifty minutes on one thread."""
    torch.manual_seed(0)
    payload = {
        "seeds": SEEDS,
        "few": FEW,
        "choices": choices(),
        "names": names(),
        "temperatures": temperatures(),
        "teachers": teachers(),
        "embedders": embedders(),
    }
    evidence.write("evidence", payload, folder)


if __name__ == "__main__":
    main()
