"""The evidence of lesson 10 on who pays, what leaks and who gets in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from facecourse.kit import evidence, orl
from facecourse.kit import verify as strangers
from facecourse.kit.protocol import FAR, open_people, unseen_people
from facecourse.lesson10_harm import imbalance, membership, recapture
from facelib.data import FaceSet
from facelib.measure import bootstrap_people
from facelib.models import face_embedding

HERE = Path(__file__).parent

SEEDS, CHOICES = tuple(range(10)), tuple(range(100, 103))
STRENGTHS = (0.5, 1.0, 2.0)
EVEN = "plain, spread evenly"  # as many photographs
CAMERA = "live, that camera"
# What a detector learns from, beside live faces as they are.
LEARNT: dict[str, tuple[str, ...]] = {
    "prints": ("print",),
    "prints and screens": ("print", "screen"),
    "prints, and live by that camera": (CAMERA, "print"),
    "all of them": (CAMERA, "print", "screen"),
}


def long_tail() -> dict[str, Any]:
    """Of each seed "photographs" of everybody, and by "right"[method] who is named how well."""
    found: dict = {"photographs": [], "right": {}}
    for seed in tqdm(SEEDS, "long tail"):
        tail, even, test = imbalance.make_long_tail(seed)
        found["photographs"].append(tail.counts.tolist())
        models = {
            method: imbalance.train_by_method(method, tail, seed, imbalance.STEPS)
            for method in imbalance.METHODS
        }
        models[EVEN] = imbalance.train_by_method("plain", even, seed, imbalance.STEPS)
        for name, model in models.items():
            found["right"].setdefault(name, []).append(orl.top1_per_person(model, test))
    return found


def strengths() -> dict[str, Any]:
    """The same on s1 to s20, each method at several strengths."""
    found: dict = {"photographs": [], "right": {}}
    for seed in tqdm(CHOICES, "strengths"):
        tail, _, test = imbalance.make_long_tail(seed, chosen_on=True)
        found["photographs"].append(tail.counts.tolist())
        tried = [("plain", 1.0)]
        tried += [(method, strength) for method in imbalance.WEIGHED for strength in STRENGTHS]
        for method, strength in tried:
            model = imbalance.train_by_method(method, tail, seed, imbalance.STEPS, strength)
            name = method if method == "plain" else f"{method}, {strength:g}"
            found["right"].setdefault(name, []).append(orl.top1_per_person(model, test))
    return found


def members() -> dict[str, dict[str, list[float]]]:
    """[remedy][measure]: of each seed what `membership.run_attack` found."""
    found: dict = {}
    for seed in tqdm(SEEDS, "members"):
        for remedy in membership.REMEDIES:
            for measure, value in membership.run_attack(
                remedy, seed, epochs=membership.EPOCHS
            ).items():
                found.setdefault(remedy, {}).setdefault(measure, []).append(value)
    return found


def kinds(faces: FaceSet, seed: int) -> dict[str, Tensor]:
    """The faces as they are, by the recaptures' camera, and recaptured."""
    made = {name: make(faces.images, seed) for name, make in recapture.RECAPTURES.items()}
    return {"live": faces.images, CAMERA: recapture.recapture_camera(faces.images, seed)} | made


def presentation(people: int = 20) -> dict[str, Any]:
    """Whom the shipped embedding accepts, and what detectors say.

    Args:
        people: how many of s1 to s20, to learn from, and of s21 to s40, to be shown.

    Returns:
        "threshold"; "accepted" and "change" by kind of image; "errors" by what a detector has
        learnt from, then by kind: BPCER of live faces, APCER of attacks. Intervals over people.
    """
    learn, test = (some.of_people(list(range(people))) for some in (open_people(), unseen_people()))
    known, shown = kinds(learn, seed=0), kinds(test, seed=1)
    codes = {
        kind: strangers.embed_at_64(face_embedding(), images) for kind, images in shown.items()
    }
    chosen_on = strangers.embed_at_64(face_embedding(), learn.images)
    at = strangers.verify_pairs(chosen_on, learn).threshold_at(FAR)
    found: dict = {"threshold": at, "accepted": {}, "change": {}, "errors": {}}
    plain = recapture.share_accepted(codes["live"], codes["live"], test.person, at)
    for kind, code in codes.items():
        share = recapture.share_accepted(code, codes["live"], test.person, at)
        found["accepted"][kind] = bootstrap_people(share, test.person)
        found["change"][kind] = bootstrap_people(share - plain, test.person)
    for name, learnt in LEARNT.items():
        live = [known[kind] for kind in ("live", *learnt) if kind.startswith("live")]
        attacks = [known[kind] for kind in learnt if kind in recapture.RECAPTURES]
        model = recapture.train_detector(torch.cat(live), torch.cat(attacks))
        found["errors"][name] = {}
        for kind, images in shown.items():
            wrong = recapture.detect_attacks(model, images) != (kind in recapture.RECAPTURES)
            found["errors"][name][kind] = bootstrap_people(wrong, test.person)
    return found


def main(folder: Path = HERE) -> None:
    """Measure and store all of it, some twelve minutes on one thread."""
    payload = {
        "seeds": SEEDS,
        "long tail": long_tail(),
        "strengths": strengths(),
        "members": members(),
        "presentation": presentation(),
    }
    evidence.write("harm", payload, folder)


if __name__ == "__main__":
    main()
