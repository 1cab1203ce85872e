"""What every rung shares: how a network is trained further, judged and calibrated.

It is judged by the points of TAR it has lost of its teacher's, and trained further by what the
teacher says about people who don't exist.
"""

from __future__ import annotations

import copy
from functools import lru_cache

import torch
from torch import Tensor, nn

from facecourse.kit.seeds import build_seeded
from facelib.compress import MatchEmbedding, prune
from facelib.compress.distill import Taught
from facelib.data import FaceSet
from facelib.measure import Interval
from facelib.measure.groups import ladder_faces, paired_tar_drop
from facelib.models import FaceResNet, embed, face_embedding, face_student
from facelib.models.faceresnet import SHAPE
from facelib.synth import synth
from facelib.synth.people import pick_seed
from facelib.training.batches import FreshFaces, Kept
from facelib.training.embedding import fit_embedding

BATCH, KEPT, STEPS = 128, 40, 100  # of training on after pruning
RATE = 6e-3  # of 1e-3 to 1e-2 the best or nearly so for all that is pruned here, on other people
PEOPLE = 300  # who don't exist, to count lost points on


@lru_cache(1)
def teacher_batches() -> Kept:
    """Batches of people who don't exist, with what the teacher says of them."""
    return Kept(Taught(FreshFaces(), face_embedding().requires_grad_(False)), KEPT)


@lru_cache(1)
def _reference(people: int) -> tuple[FaceSet, Tensor]:
    faces = ladder_faces(people)
    return faces, embed(face_embedding(), faces.images).cpu()


def tar_drop(model: nn.Module, people: int = PEOPLE) -> Interval:
    """Points of TAR at 1 % FAR that a network has lost of the teacher's, over so many people."""
    faces, before = _reference(people)
    return paired_tar_drop(before, embed(model, faces.images).cpu(), faces.person)


def train_further(
    model: nn.Module, seed: int = 0, steps: int = STEPS, rate: float = RATE
) -> nn.Module:
    """A copy that has learnt on from the teacher; weights that are masked stay 0."""
    model = copy.deepcopy(model)
    settings = {"steps": steps, "batch": BATCH, "lr": rate, "seed": seed, "progress": False}
    fit_embedding(model, teacher_batches(), MatchEmbedding(), **settings)
    return model


def renew_weights(model: nn.Module, seed: int = 0) -> nn.Module:
    """A copy of the same architecture that has learnt nothing."""
    model = copy.deepcopy(model)

    def reset() -> None:
        for layer in model.modules():
            if hasattr(layer, "reset_parameters"):
                layer.reset_parameters()

    build_seeded(seed, reset)
    return model


def calibration_faces(people: int = 128) -> Tensor:
    """Faces to calibrate on, uint8 (4 * people, 1, 64, 64): of people who don't exist."""
    return synth(people, 4, seed=pick_seed("calibration")).images


def distance_to_teacher(model: nn.Module) -> Tensor:
    """How far a network is from the teacher on one kept batch, for Taylor's importance."""
    images, said = teacher_batches()(BATCH, torch.Generator().manual_seed(0), torch.device("cpu"))
    return MatchEmbedding()(model.eval()(images), said)


def prune_student(ratio: float, importance: str = "L1", round_to: int = 8) -> FaceResNet:
    """The student without the least important channels, a share of its MACs, not trained on."""
    settings = {"loss": distance_to_teacher if importance == "Taylor" else None}
    settings |= {"importance": importance, "round_to": round_to}
    return prune(face_student(), ratio, SHAPE, **settings)[0]
