"""Lesson 06: who teaches whom, and about which pictures.

Two tasks. *Names*: twenty people of ORL, one photograph of each has a name. *Embeddings*: people
who don't exist, without any name.
"""

from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, instance_norm

from facecourse.kit import orl, transfer
from facecourse.kit.seeds import build_seeded
from facelib.data import FaceSet
from facelib.models import FaceCNN
from facelib.synth import synth
from facelib.synth.people import pick_seed
from facelib.training.embedding import Source, fit_embedding

WIDTH = 6  # channels of the first layer of a student that names people
BATCH, STEPS = 20, 300  # of such a student
TEMPERATURE = 4.0  # taken as it is, not chosen
MORE = "four more"  # pictures of these people that a teacher is asked about


def train_teacher(
    train: FaceSet, seed: int = 0, steps: int = transfer.STEPS
) -> transfer.Recogniser:
    """The face embedding, fine-tuned as in lesson 04 on the named photographs `train`, but
    without smoothed names, which blur what a teacher says of the others (Müller et al. 2019,
    https://arxiv.org/abs/1906.02629)."""
    return transfer.adapt("synthetic faces", "all", train, seed, steps, smoothing=0.0)


def build_student(seed: int = 0) -> FaceCNN:
    """A student that names twenty people, untrained; the same seed has the same weights."""
    return build_seeded(seed, lambda: FaceCNN(WIDTH, 64, BATCH))


def hide_names(faces: FaceSet) -> FaceSet:
    """The same photographs, and nothing says which show the same person."""
    names = tuple(f"photograph {number}" for number in range(len(faces)))
    return FaceSet(faces.images, torch.arange(len(faces)), names, source=faces.source)


def list_pictures(seed: int, chosen_on: bool = False) -> dict[str, FaceSet]:
    """What a student may be shown without names whose teacher had one photograph of each of twenty
    people: the same one, four more of them as well, or five of each of twenty others.

    Args:
        seed, chosen_on: as in `orl.split_photos`.
    """
    shown = {
        "same photograph": orl.split_photos(1, seed, chosen_on)[0],
        MORE: orl.split_photos(5, seed, chosen_on)[0],
        "other people": orl.split_photos(5, seed, not chosen_on)[0],
    }
    return {name: hide_names(faces) for name, faces in shown.items()}


def train_student(faces: Source, loss: nn.Module, rate: float, seed: int, steps: int) -> FaceCNN:
    """A student that has learnt what `faces` tell of each picture.

    Args:
        faces: `DrawnFaces`, for names; `Taught`, for what a teacher says.
        loss: to go with them.
        rate, seed, steps: of learning; of weights and pictures; of 20 pictures.
    """
    student = build_student(seed)
    settings = {"steps": steps, "batch": BATCH, "lr": rate, "seed": seed, "progress": False}
    fit_embedding(student, faces, loss, **settings)
    return student


@lru_cache(4)
def render_faces(people: int = 500) -> FaceSet:
    """People who don't exist to learn from, two photographs of each, as they are usually seen."""
    return synth(people, 2, seed=pick_seed("kept", 2**17))


@lru_cache(4)
def render_judges(number: int = 0, people: int = 60, photos: int = 4) -> FaceSet:
    """Other people who don't exist, to judge by; another number gives others."""
    return synth(people, photos, seed=pick_seed("crowd", 2**9 + number))


def shrink(images: Tensor) -> Tensor:
    """uint8 (N, 1, 64, 64) -> float (N, 1, 32, 32), each of mean 0 and deviation 1."""
    return instance_norm(avg_pool2d(images.float(), 2))
