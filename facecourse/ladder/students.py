"""Train the networks of the ladder: python -m facecourse.ladder.students FOLDER student

Each name (and seed: `--seeds 0 1 2`) writes FOLDER/SEED/NAME.safetensors, and on the way NAME.run,
from which it goes on if it was stopped. All of them see people who don't exist, as the shipped
embedding did, and no one else. What is taught learns the direction that the shipped embedding gives
a face and its mirror image together, in one pass.

student   half the width and without two blocks, taught
rival     the same network by who is who alone, from the same people
pruned    the student with half of its MACs pruned and a linear layer of rank 48, taught again
rounded   the same, taught with weights of four bits
longer    the student, taught as long again as these two
anew      the same network as pruned with new weights, taught as long as student and pruned together
half      the shipped embedding with half of its MACs pruned, taught
ragged    the same, with widths that are no multiples of 16: torch-pruning as it comes
sparse    the shipped embedding with 90 % of its weights at 0, taught

pruned, rounded and longer need student.safetensors, anew pruned.safetensors.
"""

import argparse
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from facecourse.ladder.student import asked_teacher, renew_statistics, renew_weights
from facelib.compress import MatchEmbedding, decode, factorize, prune, round_weights, sparsify
from facelib.compress.distill import Says, Taught
from facelib.models import FaceResNet, face_embedding, load, save
from facelib.models.faceresnet import SHAPE
from facelib.training.batches import FreshFaces, Kept
from facelib.training.embedding import fit_embedding
from facelib.training.losses import ContrastiveLoss

STEPS, BATCH, PEOPLE = 5000, 512, 64_000
RATE, RATE_BY_NAMES = 6e-3, 3e-3
LITTLE, LONG = 500, 7500  # steps of what has lost a little, and of what has lost most
WIDTH, BLOCKS = 16, (0, 1, 2)
RANK, ZEROS, BITS = 48, 0.9, 4


@cache
def taught() -> Kept:
    """People, and the direction that the shipped embedding gives each face."""
    return Kept(Taught(FreshFaces(), asked_teacher()), PEOPLE)


class ByNames(nn.Module):
    """The loss that the shipped embedding learnt by, deaf to what a teacher says."""

    def __init__(self) -> None:
        super().__init__()
        self.loss = ContrastiveLoss()

    def forward(self, embeddings: Tensor, said: Says) -> Tensor:
        return self.loss(embeddings, said[1])


def teach(model: nn.Module, **settings: Any) -> None:
    """Train a model to give these directions."""
    fit_embedding(model, taught(), MatchEmbedding(), **{"lr": RATE} | settings)


def teach_names(model: nn.Module, **settings: Any) -> None:
    """Train a model on the same people by who is who, at the shipped embedding's own rate."""
    fit_embedding(model, taught(), ByNames(), **{"lr": RATE_BY_NAMES} | settings)


def untrained(seed: int) -> FaceResNet:
    """The student's architecture."""
    torch.manual_seed(seed)
    return FaceResNet(WIDTH, blocks=BLOCKS)


def narrow(student: nn.Module) -> nn.Module:
    """The student, pruned and of low rank, not trained again."""
    smaller, _ = prune(student, 0.5, SHAPE, round_to=16)
    return renew_statistics(factorize(smaller, {"embedding.1": RANK})[0])


def halve(round_to: int) -> nn.Module:
    """The shipped embedding with half of its MACs, not trained again."""
    return renew_statistics(prune(face_embedding(), 0.5, SHAPE, round_to=round_to)[0])


Start = Callable[[Callable[[str], nn.Module], int], nn.Module]
# What each starts from, given what is trained already, by name, and a seed; how and how long it
# learns.
NETWORKS: dict[str, tuple[Start, Callable[..., None], int]] = {
    "student": (lambda get, seed: untrained(seed), teach, STEPS),
    "rival": (lambda get, seed: untrained(seed), teach_names, STEPS),
    "pruned": (lambda get, seed: narrow(get("student")), teach, LONG),
    "rounded": (lambda get, seed: round_weights(narrow(get("student")), BITS), teach, LONG),
    "longer": (lambda get, seed: get("student"), teach, LONG),
    "anew": (lambda get, seed: renew_weights(get("pruned"), seed), teach, STEPS + LONG),
    "half": (lambda get, seed: halve(16), teach, LITTLE),
    "ragged": (lambda get, seed: halve(1), teach, LITTLE),
    "sparse": (lambda get, seed: sparsify(face_embedding(), ZEROS)[0], teach, LITTLE),
}


def train(name: str, folder: Path, seed: int = 0, **settings: Any) -> nn.Module:
    """One of `NETWORKS`, from those in `folder`; settings as `fit_embedding` takes them."""
    start, learn, steps = NETWORKS[name]
    model = start(lambda other: load(folder / f"{other}.safetensors"), seed)
    learn(model, **{"steps": steps, "seed": seed} | settings)
    return decode(model)


def main(name: str, folder: Path, seed: int) -> None:
    """Train one of `NETWORKS` into `folder`, or go on where it was stopped."""
    place = folder / str(seed)
    place.mkdir(exist_ok=True)
    made = train(name, place, seed, batch=BATCH, checkpoint=place / f"{name}.run")
    save(made, place / f"{name}.safetensors")


if __name__ == "__main__":
    parser = argparse.ArgumentParser("python -m facecourse.ladder.students")
    parser.add_argument("folder", type=Path, help="which exists")
    parser.add_argument("names", nargs="+", choices=NETWORKS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    asked = parser.parse_args()
    if not asked.folder.is_dir():
        parser.error(f"there is no folder {asked.folder}")
    for seed in asked.seeds:
        for each in asked.names:
            main(each, asked.folder, seed)
