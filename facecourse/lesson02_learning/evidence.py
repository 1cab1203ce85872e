"""The evidence of lesson 02: losses, remedies against over-fitting, leaks, minima. ORL only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations, pairwise
from pathlib import Path
from statistics import mean

import torch
from tqdm import tqdm

from facecourse.kit import evidence
from facecourse.kit.orl import to_half
from facecourse.lesson02_learning import descent, overfitting, tiny
from facelib import data

HERE = Path(__file__).parent

SPLITS = 10
AUGMENTED = 20  # splits of the one comparison that lesson 01 promised
NETWORKS = 20
SHOWN = ("none", "weight decay", "dropout", "augmentation", "early stopping", "all together")
STOPPED = "early stopping", "all together"  # the look that validation chose counts, not the last

Runs = dict[str, list[float]]


def gather(rows: Iterable[dict[str, float]]) -> Runs:
    """[{name: value} of each split] -> {name: [value of each split]}."""
    rows = list(rows)
    return {name: [row[name] for row in rows] for name in rows[0]}


def losses() -> dict[str, Runs]:
    """Top-1 by loss: each at its own rate, all at one, and after wrong names were corrected."""
    shared = tiny.LOSSES["cross-entropy"][1]
    seeds = tqdm(range(SPLITS), "losses")
    rows = [
        (tiny.compare_losses(seed), tiny.compare_losses(seed, shared), tiny.correct_names(seed))
        for seed in seeds
    ]
    own, one, corrected = map(gather, zip(*rows, strict=True))
    return {"own rate": own, "one rate": one, "corrected": corrected}


def remedies(images: int, augmented: int = SPLITS) -> tuple[Runs, Runs, Runs]:
    """Test top-1 with `images` photographs a person: of all remedies on the first splits, of
    augmentation and of none on `augmented` splits, and of the epoch chosen by validation and by the
    test images."""
    faces, rows, more, epochs = data.orl().map(to_half), [], [], []
    for seed in tqdm(range(augmented), f"remedies, {images} a person"):
        names = SHOWN if seed < SPLITS else ("none", "augmentation")
        split = tiny.hold_out(faces, images, seed)
        watches = {
            name: overfitting.train_watched(split, seed, **overfitting.REMEDIES[name])
            for name in names
            if name != "early stopping"
        }
        watches["early stopping"] = watches["none"]
        test = {name: watches[name].top1["test"] for name in names}
        last = {n: watches[n].stopped("test") if n in STOPPED else test[n][-1] for n in names}
        more.append({name: last[name] for name in ("none", "augmentation")})
        honest = watches["augmentation"].stopped("test")
        epochs.append({"honest": honest, "leaky": max(test["augmentation"])})
        if seed < SPLITS:
            rows.append(last)
    return gather(rows), gather(more), gather(epochs)


def leaks() -> dict[str, Runs]:
    """Top-1 with and without two leaks; the one of parted copies also where names mean nothing."""
    found = defaultdict(list)
    for seed in tqdm(range(SPLITS), "leaks"):
        found["best of 20 seeds, by the test"].append(overfitting.pick_best_seed(seed))
        found["copied, then split"].append(overfitting.leak_by_copies(seed))
        found["the same, names dealt by chance"].append(overfitting.leak_by_copies(seed, True))
    return {name: gather(rows) for name, rows in found.items()}


def minima() -> dict[str, dict[str, object]]:
    """Where training ends from many seeds, on one split, and how high the ground between is."""
    parts, found = tiny.load_tiny_faces(0), {}
    for name, hidden, scheduled in (
        ("8 neurons", 8, 0),
        ("8 neurons, 1/√(1 + ε·iter) first", 8, 500),
        ("64 neurons", 64, 0),
    ):
        ends = [
            descent.find_minimum(parts.train, seed, hidden, scheduled)
            for seed in tqdm(range(NETWORKS), name)
        ]
        with torch.inference_mode():
            named = [end.model(parts.test.x).argmax(1) for end in ends]
        found[name] = {
            "loss": [end.loss for end in ends],
            "gradient": [end.largest_gradient for end in ends],
            "top-1": [tiny.score(end.model, parts.test) for end in ends],
            "agreement": mean(float((a == b).double().mean()) for a, b in combinations(named, 2)),
            "highest between": [
                max(descent.loss_between(a.model, b.model, parts.train)) for a, b in pairwise(ends)
            ],
        }
    return found


def main(folder: Path = HERE) -> None:
    """Measure and store all of it, some twenty minutes on one thread: the CNN trains 120 times."""
    one, more, epochs = remedies(1, AUGMENTED)
    five, _, _ = remedies(5)
    payload = {
        "seeds": list(range(SPLITS)),
        "losses": losses(),
        "remedies": {"1": one, "5": five},
        "augmentation": more,
        "leaks": {"best epoch, by the test": epochs} | leaks(),
        "minima": minima(),
    }
    evidence.write("evidence", payload, folder)


if __name__ == "__main__":
    main()
