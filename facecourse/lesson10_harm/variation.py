"""Lesson 10: one cause of variation at a time, and who is still recognised.

Of each person who doesn't exist there are two photographs: a good one, and another that differs in
its surroundings and in one factor, by an amount that is known. What can be done to a picture
afterwards is done to real ones, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise

import torch
from torch import Tensor, nn
from tqdm import tqdm

from facecourse.kit import orl, verify
from facecourse.kit.orl import STILL
from facecourse.kit.protocol import open_people, unseen_people
from facecourse.kit.seeds import build_seeded
from facelib.data import Augment, Distort, corrupt
from facelib.measure import Interval, bootstrap_people, similarity, verify_all
from facelib.measure.bootstrap import bootstrap_between
from facelib.models import FaceCNN, embed
from facelib.synth import FRONTAL, identities, nuisances, render
from facelib.synth.people import pick_seed
from facelib.training import fit

TRIED, CHOSEN_ON = pick_seed("varied"), pick_seed("varied, choice")
FAR, FAR_ORL = 1e-3, 1e-2  # for thresholds; twenty people can't show the smaller
KEPT = 0.9  # of the genuine pairs: a recogniser that accepts fewer has broken
# A face that looks into the camera, well lit, sharp, and as large as aligners cut it.
GOOD = FRONTAL | {
    "azimuth": (-20.0, 20.0), "elevation": (10.0, 40.0), "ambient": (0.5, 0.7),
    "blur": 0.4, "noise": 0.005,
}  # fmt: skip

# What is rendered otherwise, by amounts from none to much.
RENDERED: Mapping[str, Callable[[float], dict[str, float]]] = {
    "yaw, degrees": lambda amount: {"yaw": amount},
    "pitch, degrees": lambda amount: {"pitch": amount},
    "light from the side, degrees": lambda amount: {"azimuth": amount, "ambient": 0.2},
    "smile": lambda amount: {"smile": amount, "mouth_open": amount / 2},
    "hidden, of the width": lambda amount: {"block": amount},
}
AMOUNTS: Mapping[str, tuple[float, ...]] = {
    "yaw, degrees": (0, 10, 20, 30, 40, 50), "pitch, degrees": (0, 5, 10, 15, 20),
    "light from the side, degrees": (0, 30, 60, 90), "smile": (0, 0.25, 0.5, 0.75, 1),
    "hidden, of the width": (0, 0.2, 0.3, 0.4, 0.5, 0.6), "darkness, stops": (0, 1, 2, 3, 4),
    "blur, pixels": (0, 1, 2, 3, 4), "noise, of the range": (0, 0.05, 0.1, 0.2, 0.3),
    "pixels across": (64, 32, 24, 16, 12, 8), "JPEG quality": (95, 50, 20, 10, 5, 2),
}  # fmt: skip
# What any picture can suffer.
SPOILT: Mapping[str, Callable[[Tensor, float], Tensor]] = {
    "darkness, stops": lambda images, amount: corrupt.darken(images, 2.0**-amount),
    "blur, pixels": corrupt.blur,
    "noise, of the range": lambda images, amount: corrupt.add_noise(images, 255 * amount),
    "pixels across": corrupt.pixelate,
    "JPEG quality": corrupt.compress,
}


def render_good(people: int, seed: int) -> Tensor:
    """A good photograph of each, uint8 (people, 1, 64, 64)."""
    return render(identities(people, seed), nuisances(people, seed + 1, **GOOD))


def render_changed(people: int, name: str, amount: float, seed: int = TRIED) -> Tensor:
    """Of the same people another photograph, good but for one factor; uint8 (people, 1, 64, 64)."""
    change = RENDERED[name](amount) if name in RENDERED else {}
    photo = nuisances(people, seed + 2, **GOOD | change)
    if "block" in change:  # in front of the face, not beside it
        photo = photo.set(block_x=photo["block_x"] / 4, block_y=photo["block_y"] / 4)
    images = render(identities(people, seed), photo)
    return images if name in RENDERED else SPOILT[name](images, amount)


def choose_threshold(model: nn.Module, people: int = 400) -> float:
    """Where 0.1 % of the impostor pairs of other people's good photographs are accepted."""
    again = render_changed(people, "yaw, degrees", 0, CHOSEN_ON)
    codes = embed(model, torch.cat([render_good(people, CHOSEN_ON), again])).cpu()
    return verify_all(codes, torch.arange(people).repeat(2)).threshold_at(FAR)


def measure_rates(gallery: Tensor, probes: Tensor, at: float) -> dict[str, Interval]:
    """TAR and FAR at a cosine with 95 % intervals over people, where row i of gallery and probes,
    embeddings (P, D), shows person i."""
    accepted = similarity(probes.cpu(), gallery.cpu()) >= at
    far = bootstrap_between(accepted, torch.ones(accepted.shape))
    return {"TAR": bootstrap_people(accepted.diagonal(), torch.arange(len(accepted))), "FAR": far}


def sweep_rendered(
    models: Mapping[str, nn.Module], people: int, at: Mapping[str, float]
) -> dict[str, dict[str, dict[str, dict[str, Interval]]]]:
    """[network][factor][amount]: TAR and FAR of networks that see the same photographs of people
    who don't exist; `at` has a threshold for each network."""
    gallery = render_good(people, TRIED)
    known = {network: embed(model, gallery) for network, model in models.items()}
    found: dict = {network: {name: {} for name in AMOUNTS} for network in models}
    for name, amounts in tqdm(AMOUNTS.items(), "sweeps"):
        for amount in amounts:
            probes = render_changed(people, name, amount)
            for network, model in models.items():
                rates = measure_rates(known[network], embed(model, probes), at[network])
                found[network][name][f"{amount:g}"] = rates
    return found


def find_break(points: Mapping[str, Mapping[str, Interval]]) -> float | None:
    """The amount at which the TAR falls below `KEPT`, straight between those measured; None if it
    never does. `points` are [amount], of a network and a factor."""
    measured = [(float(amount), rates["TAR"].value) for amount, rates in points.items()]
    for (before, high), (amount, tar) in pairwise([measured[0], *measured]):
        if tar < KEPT:
            share = (high - KEPT) / (high - tar) if high >= KEPT else 1
            return before + share * (amount - before)
    return None


def sweep_orl(model: nn.Module) -> dict[str, dict[str, dict[str, Interval]]]:
    """[accident][amount]: rates of pairs of ORL's s21 to s40, one spoilt and the other not.

    The threshold accepts 1 % of the impostor pairs of s1 to s20.
    """
    known, faces = open_people(), unseen_people().map(orl.to_64)
    chosen = verify.verify_pairs(verify.embed_at_64(model, known.images), known)
    at, still = chosen.threshold_at(FAR_ORL), verify.embed_at_64(model, faces.images)
    found: dict = {name: {} for name in SPOILT}
    for name, spoil in SPOILT.items():
        for amount in AMOUNTS[name]:
            codes = verify.embed_at_64(model, spoil(faces.images, amount))
            found[name][f"{amount:g}"] = verify.changed_rates(codes, still, faces, at)
    return found


def augment_and_distort(images: Tensor, generator: torch.Generator) -> Tensor:
    """`Augment()`, and `Distort()` after it."""
    moved = Augment()(images, generator)
    return Distort(mirror=False)(moved.mul(255).round().to(torch.uint8), generator)


# What a network sees of its photographs while it learns.
CURES: Mapping[str, Callable[[Tensor, torch.Generator], Tensor]] = {
    "as they are": STILL, "moved and relit": Augment(), "accidents": Distort(mirror=False),
    "both": augment_and_distort,
}  # fmt: skip
ILLS: Mapping[str, tuple[str, float]] = {
    "darker": ("darkness, stops", 1), "blurred": ("blur, pixels", 2),
    "noisy": ("noise, of the range", 0.1), "16 pixels": ("pixels across", 16),
}  # fmt: skip


def measure_cure(cure: str, seed: int, epochs: int) -> dict[str, float]:
    """Top-1 on spoilt photographs of a FaceCNN that has learnt twenty people's names, of ORL's s21
    to s40, from two photographs of each, changed by one of `CURES`."""
    train, test = orl.split_photos(2, seed)
    model = build_seeded(seed, lambda: FaceCNN(24, 128, test.people))
    fit(model, train, epochs=epochs, batch=orl.BATCH, augment=CURES[cure], seed=seed,
        progress=False)  # fmt: skip
    tried = {"as they are": test} | {
        ill: replace(test, images=SPOILT[name](test.images, amount))
        for ill, (name, amount) in ILLS.items()
    }
    tried["moved"] = test.map(lambda images: corrupt.misalign(images, shift=8))
    return {name: orl.top1(model, faces) for name, faces in tried.items()}
