"""Lesson 06: who teaches whom, by what, and on which pictures.

Two tasks. *Names*: twenty people of ORL from a few photographs each, teacher and student end in as
many logits. *Faces*: embeddings that are compared, of people nobody has seen; the pictures are of
people who don't exist.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn.functional import softmax

from facecourse.kit import orl, protocol, transfer
from facecourse.kit.seeds import build_seeded
from facelib.compress import MatchEmbedding, MatchLogits, SoftTargets, distill
from facelib.data import FaceSet
from facelib.models import FaceCNN, FaceResNet, face_embedding
from facelib.training.batches import DrawnFaces, FreshFaces
from facelib.training.embedding import Source, fit_embedding
from facelib.training.losses import ContrastiveLoss

STUDENT = 6  # channels of the first layer of a student that names people
STEPS, LONG = 160, 480  # batches, of one photograph a person; of other pictures
WIDTH, FACES = 8, 128  # of the students that embed, and pictures in a batch of theirs


class SquaredProbabilities(nn.Module):
    """Mean squared difference of two rows of probabilities, as some articles distil."""

    def forward(self, logits: Tensor, said: tuple[Tensor, Tensor]) -> Tensor:
        return (softmax(logits.float(), 1) - softmax(said[0], 1)).square().mean()


# What a student of names is taught by. Temperature and weight of "soft targets", and the rate of
# each: the best of those tried with two photographs on s1 to s20 (the evidence's "choices").
TEMPERATURE, WEIGHT = 8.0, 0.5
RATE, RATES = 4e-3, {"smoothed names": 8e-3}
TAUGHT_BY: Mapping[str, Callable[[], nn.Module]] = {
    "names alone": nn.CrossEntropyLoss,
    "smoothed names": lambda: nn.CrossEntropyLoss(label_smoothing=0.1),
    "soft targets": lambda: SoftTargets(TEMPERATURE, WEIGHT),
    "logits": MatchLogits,
    "probabilities, squared error": SquaredProbabilities,
}
# Who teaches: each is shown the same photographs as the student.
TEACHERS: Mapping[str, Callable[[FaceSet, int], nn.Module]] = {
    "another student": lambda train, seed: train_peer(train, seed, STUDENT),
    "FaceCNN, four times as wide": lambda train, seed: train_peer(train, seed, 4 * STUDENT),
    "face embedding, frozen": lambda train, seed: train_teacher(train, seed),
    "face embedding, fine-tuned": lambda train, seed: train_teacher(train, seed, "all"),
    "ImageNet network, frozen": lambda *task: transfer.adapt("ImageNet", "frozen", *task),
}


def train_peer(train: FaceSet, seed: int, width: int) -> FaceCNN:
    """A student of other weights than any it teaches, that has learnt from names."""
    return train_student(nn.CrossEntropyLoss(), train, seed=seed + 500, width=width)


def train_teacher(train: FaceSet, seed: int = 0, method: str = "frozen") -> transfer.Recogniser:
    """The face embedding as it comes, or fine-tuned ("all"), and a new layer that has learnt the
    names in `train`."""
    return transfer.adapt("synthetic faces", method, train, seed)


def take_other_photographs(photos: int, seed: int) -> FaceSet:
    """As many of the same people as `orl.split_photos` gives to learn from, and none of those."""
    faces = protocol.unseen_people().map(orl.to_64)
    rank = faces.rank_within_person(seed)
    return faces.take((rank >= photos) & (rank < 2 * photos))


def build_student(people: int, seed: int = 0, width: int = STUDENT) -> FaceCNN:
    """A student, untrained: the same seed has the same weights, whoever teaches it."""
    return build_seeded(seed, lambda: FaceCNN(width, 64, people))


def train_student(
    loss: nn.Module, train: FaceSet, master: nn.Module | None = None, seed: int = 0,
    steps: int = STEPS, width: int = STUDENT, rate: float = RATE,
) -> FaceCNN:  # fmt: skip
    """A student that has learnt the names of the people in `train`.

    Args:
        loss: of `TAUGHT_BY`, or like one.
        train: photographs, 64 x 64; a batch holds one of each person.
        master: the teacher; None for names alone.
        seed: of the student's weights and of what is drawn.
        steps, width, rate: batches; channels of its first layer; of learning.
    """
    student, faces = build_student(train.people, seed, width), DrawnFaces(train, images_each=1)
    settings = {"steps": steps, "batch": train.people, "lr": rate, "seed": seed, "progress": False}
    if master is not None:
        return distill(student, master, faces, loss, **settings)[0]
    fit_embedding(student, faces, loss, **settings)
    return student


def distil_unlabelled(
    pictures: Source, master: nn.Module, people: int, seed: int = 0, steps: int = LONG
) -> FaceCNN:
    """A student that has learnt what `master` says about some pictures, and no name.

    Args:
        pictures: one of `PICTURES`.
        master: names `people` people, and of a stranger says whom it resembles.
        people, seed, steps: as in `train_student`.
    """
    student, loss = build_student(people, seed), SoftTargets(TEMPERATURE, 1.0)
    settings = {"steps": steps, "batch": people, "lr": RATE, "seed": seed, "progress": False}
    return distill(student, master, pictures, loss, **settings)[0]


MORE = "it and four more, without names"
# What a student may be shown whose teacher has had one photograph of each of twenty people.
PICTURES: Mapping[str, Callable[[int], Source]] = {
    "that photograph": lambda seed: DrawnFaces(orl.split_photos(1, seed)[0], 1),
    MORE: lambda seed: DrawnFaces(orl.split_photos(5, seed)[0], 1),
    "five of each of twenty others": lambda seed: DrawnFaces(
        protocol.open_people().map(orl.to_64).split_images(5).train, 1
    ),
    "people who don't exist": lambda seed: FreshFaces(images_each=1),
}


def train_embedder(taught: bool, seed: int = 0, steps: int = 100) -> FaceResNet:
    """A small network that embeds faces, after the same pictures of people who don't exist.

    Args:
        taught: by the face embedding and without knowing who is who; else by who is who alone,
            with the loss that the face embedding learnt by.
        seed: of its weights and of the pictures.
        steps: batches.
    """
    student = build_seeded(seed, lambda: FaceResNet(WIDTH))
    settings = {"steps": steps, "batch": FACES, "lr": RATE, "seed": seed, "progress": False}
    if taught:
        return distill(student, face_embedding(), FreshFaces(), MatchEmbedding(), **settings)[0]
    fit_embedding(student, FreshFaces(), ContrastiveLoss(), **settings)
    return student


def predict_logits(model: nn.Module, images: Tensor) -> Tensor:
    """What a recogniser says of uint8 images (N, 1, 64, 64): float (N, people)."""
    with torch.inference_mode():
        return model.eval()(images.float() / 255).float()


def measure_resemblance(said: Tensor, person: Tensor) -> Tensor:
    """Whom a teacher thinks of beside the right person: the mean logits of each person's faces.

    Args:
        said: logits (N, people).
        person: int64 (N,), everybody there.

    Returns:
        float (people, people), less the mean of the others in each row; the diagonal is 0.
    """
    people = said.shape[1]
    diagonal = torch.eye(people, dtype=torch.bool)
    mean = torch.stack([said[person == who].mean(0) for who in range(people)])
    mean = mean.masked_fill(diagonal, 0)
    return (mean - mean.sum(1, keepdim=True) / (people - 1)).masked_fill(diagonal, 0)
