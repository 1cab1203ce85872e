"""The evidence of lesson 10 on who pays, what leaks and who gets in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from facecourse.kit import evidence, orl
from facecourse.kit.protocol import FAR, open_people, unseen_people
from facecourse.kit.verify import embed_at_64, verify_pairs
from facecourse.lesson10_harm import imbalance, membership, recapture
from facelib.measure import bootstrap_people
from facelib.models import face_embedding

HERE = Path(__file__).parent

SEEDS, CHOICES = tuple(range(10)), tuple(range(100, 103))
METHODS = {name: (name, 1.0) for name in imbalance.METHODS}
STRENGTHS = (0.5, 1.0, 2.0)
EVEN = "plain, spread evenly"  # as many photographs
# What a detector learns from, beside live faces as they are.
LEARNT: dict[str, tuple[str, ...]] = {
    "prints": ("print",),
    "prints and screens": ("print", "screen"),
    "prints, and live by that camera": (recapture.CAMERA, "print"),
    "all of them": (recapture.CAMERA, "print", "screen"),
}


def try_methods(
    seeds: Sequence[int], tried: Mapping[str, tuple[str, float]], chosen_on: bool = False
) -> dict[str, Any]:
    """Of each seed "photographs" of everybody, and by "right"[name] who is named how well; what is
    tried is a method and its strength, by name."""
    found: dict = {"photographs": [], "right": {name: [] for name in tried}}
    for seed in tqdm(seeds, "long tail"):
        tail, even, test = imbalance.make_long_tail(seed, chosen_on)
        found["photographs"].append(tail.counts.tolist())
        for name, (method, strength) in tried.items():
            faces = even if name == EVEN else tail
            model = imbalance.train_by_method(method, faces, seed, imbalance.STEPS, strength)
            found["right"][name].append(orl.top1_per_person(model, test))
    return found


def members() -> dict[str, dict[str, list[float]]]:
    """[remedy][measure]: of each seed what `membership.run_attack` found."""
    found: dict = {}
    for seed in tqdm(SEEDS, "members"):
        for remedy in membership.REMEDIES:
            measured = membership.run_attack(remedy, seed, membership.EPOCHS)
            for measure, value in measured.items():
                found.setdefault(remedy, {}).setdefault(measure, []).append(value)
    return found


def presentation(people: int = 20) -> dict[str, Any]:
    """Whom the shipped embedding accepts, and what detectors say.

    Args:
        people: how many of s1 to s20, to learn from, and of s21 to s40, to be shown.

    Returns:
        "threshold"; "accepted" and "change" by kind of image; "errors" by what a detector has
        learnt from, then by kind: BPCER of live faces, APCER of attacks. Intervals over people.
    """
    learn, test = (some.of_people(list(range(people))) for some in (open_people(), unseen_people()))
    known, shown = recapture.make_kinds(learn.images, 0), recapture.make_kinds(test.images, 1)
    codes = {kind: embed_at_64(face_embedding(), images) for kind, images in shown.items()}
    chosen_on = embed_at_64(face_embedding(), learn.images)
    at = verify_pairs(chosen_on, learn).threshold_at(FAR)
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
    strong = {f"{method}, {strength:g}": (method, strength)
              for method in imbalance.WEIGHED for strength in STRENGTHS}  # fmt: skip
    payload = {
        "seeds": SEEDS,
        "long tail": try_methods(SEEDS, {**METHODS, EVEN: ("plain", 1.0)}),
        "strengths": try_methods(CHOICES, {"plain": ("plain", 1.0)} | strong, chosen_on=True),
        "members": members(),
        "presentation": presentation(),
    }
    evidence.write("harm", payload, folder)


if __name__ == "__main__":
    main()
