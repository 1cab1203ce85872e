"""Lesson 10: errors of groups of people who don't exist, before and after each step.

A group is a quarter of the range of skin reflectance, a number that the generator was given. Nobody
was looked at and sorted, and no real person has a group here.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from numpy import ndarray
from torch import Tensor, nn

from facecourse.kit.seeds import build_seeded
from facecourse.ladder.student import calibration_faces
from facelib.compress import export, quantize
from facelib.data import FaceSet, all_pairs
from facelib.measure import similarity, verify_all
from facelib.measure.groups import ladder_faces
from facelib.models import FaceResNet, embed
from facelib.models.faceresnet import SHAPE
from facelib.models.runtime import OnnxModel
from facelib.synth import identities, synth
from facelib.synth.people import pick_seed
from facelib.training.batches import DrawnFaces
from facelib.training.embedding import fit_embedding
from facelib.training.losses import ContrastiveLoss

GROUPS = ("darkest", "dark", "light", "lightest")
FAR, FAR_SMALL = 1e-3, 1e-2  # for thresholds; the latter of the small network below
CHOSEN_ON = pick_seed("groups, choice")
PEOPLE, STEPS, BATCH, RATE = 600, 300, 128, 6e-3  # of a small network's training
# Whom a small network learns from: the range of their skin reflectance.
SOURCES: Mapping[str, tuple[float, float]] = {
    "everybody": (0.0, 1.0), "the lighter half": (0.5, 1.0), "the darker half": (0.0, 0.5),
}  # fmt: skip


def quantize_network(model: nn.Module, people: int = 128) -> OnnxModel:
    """The network as onnxruntime runs it with eight bits, as in lesson 08."""
    with tempfile.TemporaryDirectory() as folder:
        plain = export(model, Path(folder) / "plain.onnx", SHAPE).path
        small = quantize(plain, Path(folder) / "small.onnx", calibration_faces(people)).path
        return OnnxModel(small.read_bytes())


@lru_cache(1)
def load_others(people: int) -> FaceSet:
    """People to choose thresholds on, of whom nobody is reported."""
    return ladder_faces(people, seed=CHOSEN_ON)


def choose_group_threshold(model: nn.Module, people: int = 1000, far: float = FAR) -> float:
    """One for everybody: where this share of `load_others`' impostor pairs is accepted."""
    faces = load_others(people)
    return verify_all(embed(model, faces.images).cpu(), faces.person).threshold_at(far)


def decide_pairs(embeddings: Tensor, faces: FaceSet, at: float) -> tuple[ndarray, ndarray, ndarray]:
    """All pairs within a group: shows one person, accepted at this cosine or more, and the group,
    as fairlearn takes them; `embeddings` are of `faces`, float (N, D)."""
    left, right, same = all_pairs(faces.person)
    inside = faces.group[left] == faces.group[right]
    left, right, same = left[inside], right[inside], same[inside]
    accepted = similarity(embeddings, embeddings)[left, right] >= at
    return same.numpy(), accepted.numpy(), faces.group[left].numpy()


def train_on_source(source: str, seed: int, steps: int = STEPS) -> FaceResNet:
    """A small network that has learnt in `steps` of `BATCH` pictures to tell apart `PEOPLE` who
    don't exist, all of one of `SOURCES`, by eight pictures of each."""
    who = identities(PEOPLE, pick_seed("sources", seed), skin=SOURCES[source])
    faces = synth(who, 8, seed=pick_seed("sources", seed))
    model = build_seeded(seed, lambda: FaceResNet(8, blocks=(0, 1, 1)))
    fit_embedding(model, DrawnFaces(faces, 4), ContrastiveLoss(), steps=steps, batch=BATCH,
                  lr=RATE, seed=seed, progress=False)  # fmt: skip
    return model
