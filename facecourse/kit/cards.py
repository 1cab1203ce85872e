"""What each lesson costs on this machine, and how far in it the learner has come."""

import sys
import time
from typing import NamedTuple

import torch
from torch.nn.functional import cross_entropy

from facecourse.kit import load_lesson, progress
from facecourse.kit.words import make_printable
from facelib.figures import Table
from facelib.measure import describe
from facelib.models import FaceCNN
from facelib.training.device import choose_device

REFERENCE = 1100.0  # images/s of `training_speed` where SECONDS were measured: 2 cores, no GPU


class Card(NamedTuple):
    """A lesson and what its quick profile took on the reference machine."""

    title: str
    seconds: float
    gigabytes: float
    training: float  # the part of the time that goes with the training speed


CARDS = {
    "00": Card("Start here", 20, 1.1, 0.3),
    "01": Card("Background", 35, 1.2, 0.35),
    "02": Card("How a network learns", 45, 1.2, 0.6),
    "03": Card("Weight sharing", 45, 1.2, 0.6),
    "04": Card("Transfer learning", 40, 1.5, 0.6),
    "05": Card("Face embeddings", 40, 1.5, 0.4),
    "06": Card("Distillation", 40, 1.4, 0.8),
    "07": Card("Pruning", 45, 1.2, 0.6),
    "08": Card("Quantization and low rank", 30, 1.4, 0.1),
    "09": Card("An RNN aside", 35, 1.2, 0.5),
    "10": Card("Robustness and fairness", 40, 1.3, 0.3),
    "11": Card("Privacy and security", 40, 1.4, 0.3),
    "12": Card("Capstone", 70, 1.4, 0.1),
}


def training_speed(seconds: float = 1.0) -> float:
    """Images a second that FaceCNN learns from on this machine's best device."""
    device = choose_device()
    model = FaceCNN(24, 128, 40).to(device).train()
    images = torch.rand(40, 1, 56, 46, device=device)
    person = torch.arange(40, device=device)

    steps, start = -3, time.perf_counter()
    while steps < 1 or time.perf_counter() - start < seconds:
        if steps == 0:  # the first three have chosen kernels
            start = time.perf_counter()
        cross_entropy(model(images), person).backward()
        if device.type == "cuda":
            torch.cuda.synchronize()
        steps += 1
    return 40 * steps / (time.perf_counter() - start)


def cost_card() -> Table:
    """This Python, this machine, and what time and memory each lesson's quick profile will want."""
    machine, speed = describe(), training_speed()
    memory = machine["memory_bytes"] / 1e9
    device = machine["gpu"] or f"{machine['cpu']}, {machine['cores']} cores"
    about = f"{device}; {memory:.0f} GB of memory; learns from {speed:,.0f} images a second"
    print(make_printable(f"{sys.executable}\n{about}"))
    rows = []
    for number, card in CARDS.items():
        factor = card.training * REFERENCE / speed + 1 - card.training
        fits = "fits" if card.gigabytes < 0.5 * memory else "close other programs first"
        wants = f"{card.seconds * factor:.0f} s", f"{card.gigabytes} GB"
        rows.append([number, card.title, *wants, fits])
    return Table(["lesson", "", "quick profile here", "memory", ""], rows)


def progress_card() -> Table:
    """How many exercises of each lesson were solved and tried, from the learner's own disk."""
    try:
        print(make_printable(f"kept in {progress.find_folder()}"))
    except FileNotFoundError as error:
        print(f"kept nowhere: {error}")
    marks = "●◐○" if make_printable("●◐○") == "●◐○" else "#+."
    rows = []
    for number, card in CARDS.items():
        lesson = load_lesson(number)
        asked = [exercise.name for exercise in lesson.EXERCISES]
        known = progress.read(number)
        solved = sum(known.get(name, False) for name in asked)
        tried = sum(name in known for name in asked)
        counts = (solved, tried - solved, len(asked) - tried)
        bar = "".join(mark * count for mark, count in zip(marks, counts, strict=True))
        rows.append([number, card.title, f"{solved} of {len(asked)} solved", bar])
    return Table(["lesson", "", "exercises", ""], rows)
