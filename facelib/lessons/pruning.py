"""The experiments of lesson 07: what is taken out of a network, what it costs, what comes back.

Two networks are pruned. *The student* of lesson 06 embeds faces; it is judged by the points of TAR
it has lost of its teacher's, and trained on by what the teacher says about people who don't exist.
*A namer* is lesson 01's FaceCNN, for what articles say about accuracy.
"""

from __future__ import annotations

import copy
from functools import lru_cache

import torch
from torch import Tensor, nn

from facelib.compress import MatchEmbedding, decoded, drop, prune, sparsify
from facelib.compress.codebook import weighted
from facelib.compress.distill import Taught
from facelib.data import FaceSet
from facelib.lessons import transfer
from facelib.measure import Interval
from facelib.measure.retained import ladder_faces, points_lost
from facelib.models import FaceCNN, FaceResNet, embed, face_embedding, face_student
from facelib.models.faceresnet import SHAPE
from facelib.training import fit
from facelib.training.batches import FreshFaces, Kept
from facelib.training.embedding import fit_embedding

BATCH, KEPT, STEPS = 128, 40, 100  # of training on after pruning
RATE = 6e-3  # of 1e-3 to 1e-2 the best or nearly so for all that is pruned here, on other people
SHARES = (0.5, 0.7, 0.8, 0.9, 0.95)
ROUNDS = 4  # of pruning a little and training on
PEOPLE = 300  # who don't exist, to count lost points on


@lru_cache(1)
def lessons_of_the_teacher() -> Kept:
    """Batches of people who don't exist, with what the teacher says of them."""
    return Kept(Taught(FreshFaces(), face_embedding().requires_grad_(False)), KEPT)


@lru_cache(1)
def _reference(people: int) -> tuple[FaceSet, Tensor]:
    faces = ladder_faces(people)
    return faces, embed(face_embedding(), faces.images).cpu()


def lost(model: nn.Module, people: int = PEOPLE) -> Interval:
    """Points of TAR at 1 % FAR that a network has lost of the teacher's, over so many people."""
    faces, before = _reference(people)
    return points_lost(before, embed(model, faces.images).cpu(), faces.person)


def trained_on(
    model: nn.Module, seed: int = 0, steps: int = STEPS, rate: float = RATE
) -> nn.Module:
    """A copy that has learnt on from the teacher; weights that are masked stay 0."""
    model = copy.deepcopy(model)
    fit_embedding(
        model, lessons_of_the_teacher(), MatchEmbedding(), steps=steps, batch=BATCH, lr=rate,
        seed=seed, progress=False,
    )  # fmt: skip
    return model


def in_rounds(
    model: nn.Module, share: float, seed: int = 0, steps: int = STEPS, rounds: int = ROUNDS
) -> nn.Module:
    """Pruned to `share` in rounds that each take as much of what is left; as many steps in all."""
    for number in range(1, rounds + 1):
        model, _ = sparsify(model, 1 - (1 - share) ** (number / rounds))
        model = trained_on(model, seed + number, steps // rounds)
    return model


def says(model: nn.Module) -> Tensor:
    """How far a network is from the teacher on one kept batch, for Taylor's importance."""
    faces = lessons_of_the_teacher()
    images, said = faces(BATCH, torch.Generator().manual_seed(0), torch.device("cpu"))
    return MatchEmbedding()(model.eval()(images), said)


def channels(ratio: float, importance: str = "L1", round_to: int = 8) -> FaceResNet:
    """The student without the least important channels, a share of its MACs, not trained on."""
    loss = says if importance == "Taylor" else None
    return prune(
        face_student(), ratio, SHAPE, importance=importance, loss=loss, round_to=round_to
    )[0]  # fmt: skip


def from_nothing(like: nn.Module, seed: int = 0, steps: int = STEPS) -> nn.Module:
    """The same narrow architecture with new weights, taught as long: the rival of every pruning."""
    model = copy.deepcopy(like)
    with torch.random.fork_rng([]):
        torch.manual_seed(seed)
        for layer in model.modules():
            if hasattr(layer, "reset_parameters"):
                layer.reset_parameters()
    return trained_on(model, seed, steps)


def blocks(model: nn.Module) -> list[str]:
    """Names of the residual blocks, which can go whole."""
    return [name for name, part in model.named_modules() if type(part).__name__ == "Residual"]


def without(block: str) -> nn.Module:
    """The student less one block, not trained on."""
    return drop(face_student(), [block], SHAPE)[0]


def sensitivity(share: float, people: int = PEOPLE) -> dict[str, Interval]:
    """Points lost where this share of one layer's weights goes, by layer, not trained on."""
    student = face_student()
    return {name: lost(sparsify(student, share, [name])[0], people) for name in weighted(student)}


def namer(train: FaceSet, seed: int, epochs: int, model: FaceCNN | None = None) -> FaceCNN:
    """A FaceCNN that has learnt names, from nothing or from where `model` stands."""
    if model is None:
        with torch.random.fork_rng([]):
            torch.manual_seed(seed)
            model = FaceCNN(24, 128, train.people)
    else:
        model = copy.deepcopy(model)
    fit(model, train, epochs=epochs, batch=transfer.BATCH, seed=seed, progress=False)
    return model


def pruned_namer(model: FaceCNN, share: float, train: FaceSet, seed: int, epochs: int) -> FaceCNN:
    """Some weights less, then trained on as long as its rival, which has kept all of its own."""
    sparse, _ = sparsify(model, share)
    return decoded(namer(train, seed, epochs, sparse))


def labels_for_images(faces: FaceSet) -> FaceSet:
    """An article's slip: in place of each image its label, as five bars, white where a bit is 1."""
    bits = (faces.person[:, None] + 1 >> torch.arange(5)) & 1
    rows = bits.repeat_interleave(13, dim=1)[:, : SHAPE[1]].to(torch.uint8) * 255
    return faces.map(lambda images: rows[:, None, :, None].expand_as(images).contiguous())
