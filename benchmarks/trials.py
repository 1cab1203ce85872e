"""One cheap trial of a face generator: python -m benchmarks.trials NAME MODULE:FUNCTION [SEED ...]

MODULE:FUNCTION() draws uint8 (N, 1, 64, 64), as many of each person, and whom they show, int64 (N,)
in order, as `benchmarks.trials:draw`, those of facelib.synth. All have one
budget (2,000 people, 8 pictures each, 400 steps of 256) and are judged on what is there to choose
on: LFW's View 1 (FACELIB_LFW) and ORL's s1 to s20. Results gather in trials.json, losers too; what
was tried on the way, one seed each, is in tried.json, both in benchmarks/results.
"""

from __future__ import annotations

import sys
from pathlib import Path
from pkgutil import resolve_name

import torch
from torch import Tensor, nn

from benchmarks import RESULTS
from facecourse.kit import evidence, protocol, verify
from facelib.data import Distort, FaceSet, Pairs, lfw, resize, to_grey
from facelib.measure import Verification
from facelib.models import FaceResNet, embed
from facelib.training import fit_embedding
from facelib.training.batches import DrawnFaces, FreshFaces
from facelib.training.losses import ContrastiveLoss

PEOPLE, EACH, STEPS, BATCH = 2_000, 8, 400, 256


def draw(people: int = PEOPLE, each: int = EACH) -> tuple[Tensor, Tensor]:
    """Faces of facelib.synth, as the shipped embedding learnt from."""
    generator, device = torch.Generator().manual_seed(0), torch.device("cpu")
    return FreshFaces(images_each=each).render(people * each, generator, device)


def view_1() -> tuple[Tensor, Pairs]:
    """The photographs that pairs show, grey (N, 1, 64, 64), and the pairs."""
    faces, pairs, _ = lfw(view=1).of_pairs()
    return resize(to_grey(faces.images), 64, 64), pairs


def judge(model: nn.Module, images: Tensor, pairs: Pairs) -> dict[str, float]:
    """AUC and the accuracy of the best threshold on View 1; AUC on ORL, padded to a square."""
    embeddings = embed(model, images)
    found = Verification((embeddings[pairs.left] * embeddings[pairs.right]).sum(1), pairs.same)
    known = protocol.open_people()
    orl = verify.verify_pairs(verify.embed_at_64(model, known.images), known)
    accuracy = found.accuracy_at(found.best_threshold())
    return {"View 1, accuracy": accuracy, "View 1, AUC": found.auc, "ORL s1-s20, AUC": orl.auc}


def train(pictures: Tensor, person: Tensor, seed: int, steps: int = STEPS) -> nn.Module:
    """A new network that has learnt from the pictures."""
    torch.manual_seed(seed)
    model, names = FaceResNet(), tuple(map(str, range(int(person[-1]) + 1)))
    source = DrawnFaces(FaceSet(pictures, person, names), augment=Distort())
    fit_embedding(model, source, ContrastiveLoss(), steps=steps, batch=BATCH, seed=seed)
    return model


def main(name: str, source: str, *seeds: str, folder: Path = RESULTS) -> None:
    """Draw once, train and judge with each seed, and add what came out."""
    rows = evidence.read("trials", folder)["trials"] if (folder / "trials.json").is_file() else {}
    faces, view = resolve_name(source)(), view_1()
    new = {seed: judge(train(*faces, int(seed)), *view) for seed in seeds or ("0", "1", "2")}
    rows[name] = rows.get(name, {}) | new
    print(rows[name], evidence.write("trials", {"trials": rows}, folder))


if __name__ == "__main__":
    main(*sys.argv[1:])
