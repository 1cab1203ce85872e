"""Lesson 05: people who don't exist at a door, and a door tried on them."""

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

from facecourse.kit.checkers import as_numbers, run
from facecourse.kit.exercise import CannotCheckError
from facelib.models import embed, face_embedding
from facelib.synth import synth
from facelib.synth.people import pick_seed

ENROLLED, LATER = 5, 3  # photographs of each person at a door


@cache
def embed_crowd(number: int = 0, people: int = 50) -> Tensor:
    """People who don't exist, as they are usually seen: unit embeddings (people, 8, 128), without
    the help of the mirror image; another number gives other people."""
    faces = synth(people, ENROLLED + LATER, seed=pick_seed("crowd", number))
    codes = embed(face_embedding(), faces.images, flip=False).cpu()
    return codes.unflatten(0, (people, ENROLLED + LATER))


def try_door(door: Callable[..., Tensor], fresh: Tensor, practice: Tensor) -> tuple[float, float]:
    """FAR and FRR of a door (photos, probes, practice) -> let in, of each of these people in turn;
    at it come the owner's later photographs and everybody else's, in no order.

    Raises:
        CannotCheckError: it doesn't say yes or no to each probe, or a probe's answer changes with
            who else comes: some of the shorter queues have no photograph of the owner.
    """
    enrolled, later = fresh.split([ENROLLED, LATER], 1)
    probes, person = later.flatten(0, 1), torch.arange(len(fresh)).repeat_interleave(LATER)
    order = torch.randperm(len(probes))
    cases = [(photos, probes[order], practice) for photos in enrolled]
    said = [as_numbers(answer) for answer in run(door, *cases)]
    if any(row.shape != order.shape or ((row != 0) & (row != 1)).any() for row in said):
        raise CannotCheckError(
            f"Want True or False for each of the {len(order)} probes, of shape ({len(order)},)."
        )
    inside = torch.stack(said).bool()
    few = len(order) // 4
    alone = [as_numbers(row) for row in run(door, *((p, q[:few], r) for p, q, r in cases))]
    if any(row.shape != (few,) for row in alone) or (
        (torch.stack(alone).bool() != inside[:, :few]).double().mean() > 0.001  # less is rounding
    ):
        raise CannotCheckError(
            "What your door says to a probe changes with who else comes. Ask each probe alone "
            "against a threshold: nobody tells a door how many of those who come are the owner's."
        )
    owner = person[order] == torch.arange(len(fresh))[:, None]
    return float(inside[~owner].double().mean()), float((~inside[owner]).double().mean())
