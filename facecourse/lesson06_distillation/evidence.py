"""The evidence of lesson 06: what a small network learns from a large one, and when it doesn't.

unlabelled.py is its other half.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn
from tqdm import tqdm

from facecourse.kit import evidence, orl, protocol
from facecourse.kit import verify as strangers
from facecourse.lesson06_distillation import experiment as distilling
from facelib.compress import SoftTargets
from facelib.measure import parameters
from facelib.measure.groups import ladder_faces, tar_by_person
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
PEOPLE = 500  # who don't exist, to try the students that embed
BUDGETS = (50, 150)  # steps of the students that embed
Shares = list[list[float]]  # of each split, of each person: the share named rightly


def choices() -> dict[str, dict[str, list[float]]]:
    """Top-1 on s1 to s20, two photographs: by temperature and weight, and by rate."""
    found: dict[str, dict[str, list[float]]] = {"soft targets": {}, "rates": {}}

    def note(where: str, name: str, model: nn.Module) -> None:
        found[where].setdefault(name, []).append(orl.top1(model, test))

    for seed in tqdm(CHOICES, "choices"):
        train, test = orl.split_photos(2, seed, chosen_on=True)
        master = distilling.train_teacher(train, seed)
        for temperature in TEMPERATURES:
            for weight in WEIGHTS:
                loss = SoftTargets(temperature, weight)
                model = distilling.train_student(loss, train, master, seed, STEPS)
                note("soft targets", f"T={temperature:g}, weight {weight:g}", model)
        for name, made in distilling.TAUGHT_BY.items():
            for rate in RATES:
                asked = None if name in ALONE else master
                model = distilling.train_student(made(), train, asked, seed, STEPS, rate=rate)
                note("rates", f"{name}, {rate:g}", model)
    return found


def names() -> dict[str, dict[str, Shares]]:
    """[photographs][taught by] = `Shares` on s21 to s40; "teacher" is the teacher's own."""
    found: dict[str, dict[str, Shares]] = {}
    for photos in orl.PHOTOS:
        runs = found.setdefault(str(photos), {})
        for seed in tqdm(SEEDS, f"{photos} photographs"):
            train, test = orl.split_photos(photos, seed)
            master = distilling.train_teacher(train, seed)
            runs.setdefault("teacher", []).append(orl.top1_per_person(master, test))
            for name, made in distilling.TAUGHT_BY.items():
                asked = None if name in ALONE else master
                rate = distilling.RATES.get(name, distilling.RATE)
                model = distilling.train_student(made(), train, asked, seed, STEPS, rate=rate)
                runs.setdefault(name, []).append(orl.top1_per_person(model, test))
    return found


def temperatures() -> dict[str, Shares]:
    """Two photographs, by the temperature of the soft targets."""
    found: dict[str, Shares] = {}
    for seed in tqdm(SEEDS, "temperatures"):
        train, test = orl.split_photos(2, seed)
        master = distilling.train_teacher(train, seed)
        for temperature in TEMPERATURES:
            loss = SoftTargets(temperature, distilling.WEIGHT)
            model = distilling.train_student(loss, train, master, seed, STEPS)
            found.setdefault(f"{temperature:g}", []).append(orl.top1_per_person(model, test))
    return found


def teachers() -> dict[str, dict[str, object]]:
    """Two photographs, by who teaches: parameters, and `Shares` of teacher and student."""
    found: dict[str, dict] = {}
    for seed in tqdm(FEW, "teachers"):
        train, test = orl.split_photos(2, seed)
        for name, made in distilling.TEACHERS.items():
            master = made(train, seed)
            loss = distilling.TAUGHT_BY["soft targets"]()
            student = distilling.train_student(loss, train, master, seed, STEPS)
            runs = found.setdefault(name, {"teacher": [], "student": []})
            runs["parameters"] = parameters(master)
            runs["teacher"].append(orl.top1_per_person(master, test))
            runs["student"].append(orl.top1_per_person(student, test))
    return found


def embedders() -> dict[str, dict[str, dict[str, list]]]:
    """[steps]["taught" or "names"][metric], one value a seed.

    Real people are s21 to s40, the others don't exist.
    """
    real, drawn = protocol.unseen_people(), ladder_faces(PEOPLE)
    found: dict[str, dict[str, dict[str, list]]] = {}
    for steps in BUDGETS:
        for seed in tqdm(SEEDS, f"embedders, {steps} steps"):
            for name in ("taught", "names"):
                model = distilling.train_embedder(name == "taught", seed, steps)
                metrics = protocol.unseen_metrics(strangers.embed_at_64(model, real.images))
                values = {what: interval.value for what, interval in metrics.items()}
                tar = tar_by_person(embed(model, drawn.images).cpu(), drawn.person)
                values["TAR at 1 % FAR, people who don't exist"] = float(tar.mean())
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
