"""One cheap trial of faces or a network: python -m benchmarks.trials NAME MODULE:TRIAL [SEED ...]

A `Trial` says what is drawn and what learns from it, as `benchmarks.trials:SHIPPED`, those of
facelib.synth and of the shipped embedding. All have one budget (2,000 people, 8 pictures each, 400
steps of 256) and are judged on what is there to choose on: LFW's View 1 (FACELIB_LFW) and ORL's s1
to s20. Results gather in trials.json, losers too; what was tried on the way, one seed each, is in
tried.json, both in benchmarks/results.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from pkgutil import resolve_name
from typing import NamedTuple
from unittest import mock

import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm

from benchmarks import RESULTS
from facecourse.kit import evidence, protocol, verify
from facelib.data import Distort, FaceSet, Pairs, lfw, resize, to_grey, to_square
from facelib.measure import Verification
from facelib.models import FaceResNet, embed
from facelib.models.faceresnet import SHAPE
from facelib.synth import render
from facelib.training import batches, fit_embedding
from facelib.training.batches import Augmentation, DrawnFaces, FreshFaces
from facelib.training.losses import ContrastiveLoss

PEOPLE, EACH, STEPS, BATCH = 2_000, 8, 400, 256
GREY = 0.5  # share of the pictures in colour that lose it


def draw(people: int = PEOPLE, each: int = EACH, **kind: int) -> tuple[Tensor, Tensor]:
    """Faces of facelib.synth, as the shipped embedding learnt from: as many of each person.

    Args:
        kind: `size` and `channels` of the same photographs, as in `render`.
    """
    generator, device = torch.Generator().manual_seed(0), torch.device("cpu")
    with mock.patch.object(batches, "render", partial(render, **kind)):
        return FreshFaces(images_each=each).render(people * each, generator, device)


def distort_some_grey(images: Tensor, generator: torch.Generator) -> Tensor:
    """As `Distort`, some without their colour."""
    some = torch.rand(len(images), 1, 1, 1, generator=generator) < GREY
    return Distort()(torch.where(some, to_grey(images), images), generator)


class Reads(FaceResNet):
    """FaceResNet for pictures of another shape (channels, side, side); all else as it is."""

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        width, embedding = self.config["width"], self.config["embedding"]
        self.shape = (channels, side, side)
        self.features[0] = nn.Conv2d(channels, width, 3, 2, padding=1, bias=False)
        self.embedding[1] = nn.Linear(3 * width * (side // 16) ** 2, embedding, bias=False)

    def embed(self, images: Tensor) -> Tensor:
        """Images float (N, *shape) in [0, 1] -> embeddings (N, embedding), any length."""
        return self.embedding(self.features(layer_norm(images, self.shape, eps=3e-4)))

    forward = embed


class Trial(NamedTuple):
    """What is drawn (uint8 (N, C, side, side) and whom they show, int64 (N,) in order), how it is
    augmented, and what learns."""

    draw: Callable[[], tuple[Tensor, Tensor]] = draw
    network: Callable[[], FaceResNet] = FaceResNet
    augment: Augmentation = Distort()


SHIPPED = Trial()
WIDER = Trial(network=lambda: FaceResNet(48))
DEEPER = Trial(network=lambda: FaceResNet(blocks=(2, 4, 4)))
LARGER = Trial(lambda: draw(size=112), lambda: Reads(1, 112))
COLOUR = Trial(lambda: draw(channels=3), lambda: Reads(3, 64), distort_some_grey)


def judge(model: nn.Module, faces: FaceSet, pairs: Pairs) -> dict[str, float]:
    """AUC and the accuracy of the best threshold on View 1; AUC on ORL, padded to a square."""
    channels, side, _ = getattr(model, "shape", SHAPE)

    def read(images: Tensor) -> Tensor:
        colour = images if channels == 3 else to_grey(images)
        return embed(model, resize(colour, side, side).expand(-1, channels, -1, -1))

    embeddings = read(faces.images)
    found = Verification((embeddings[pairs.left] * embeddings[pairs.right]).sum(1), pairs.same)
    known = protocol.open_people()
    orl = verify.verify_pairs(read(to_square(known.images)), known)
    accuracy = found.accuracy_at(found.best_threshold())
    return {"View 1, accuracy": accuracy, "View 1, AUC": found.auc, "ORL s1-s20, AUC": orl.auc}


def train(
    trial: Trial, pictures: Tensor, person: Tensor, seed: int, steps: int = STEPS
) -> nn.Module:
    """A new network that has learnt from the pictures."""
    torch.manual_seed(seed)
    model, names = trial.network(), tuple(map(str, range(int(person[-1]) + 1)))
    source = DrawnFaces(FaceSet(pictures, person, names), augment=trial.augment)
    fit_embedding(model, source, ContrastiveLoss(), steps=steps, batch=BATCH, seed=seed)
    return model


def main(name: str, which: str, *seeds: str, folder: Path = RESULTS) -> None:
    """Draw once; train and judge with each seed, and add what came out to what is there by then."""
    trial: Trial = resolve_name(which)
    drawn, (faces, pairs, _) = trial.draw(), lfw(view=1).of_pairs()
    for seed in seeds or ("0", "1", "2"):
        found = judge(train(trial, *drawn, int(seed)), faces, pairs)
        there = (folder / "trials.json").is_file()
        rows = evidence.read("trials", folder)["trials"] if there else {}
        rows[name] = rows.get(name, {}) | {seed: found}
        print(name, seed, found, evidence.write("trials", {"trials": rows}, folder))


if __name__ == "__main__":
    main(*sys.argv[1:])
