"""Lesson 10: a few people have five photographs, most have one. Who pays, and what is to be done?

ORL's faces at 32 x 32 pixels, named by the course's small network. Batches hold 20 photographs.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from facecourse.kit import orl
from facecourse.kit.orl import STILL
from facecourse.kit.seeds import build_seeded
from facelib.data import Augment, FaceSet, resize
from facelib.models import FaceCNN
from facelib.training.embedding import fit_embedding

SIDE, BATCH, STEPS = 32, 20, 300
PARTS = {"head": (5, 4), "middle": (2, 6), "tail": (1, 10)}  # photographs of each, and people


def split_at_32(photos: int, seed: int, chosen_on: bool = False) -> list[FaceSet]:
    """As `orl.split_photos`, 32 x 32."""
    parts = orl.split_photos(photos, seed, chosen_on)
    return [part.map(lambda images: resize(images, SIDE, SIDE)) for part in parts]


def build_classifier(seed: int) -> FaceCNN:
    """An untrained network for twenty people, 71 thousand weights."""
    return build_seeded(seed, lambda: FaceCNN(16, 128, 20))


def make_long_tail(seed: int, chosen_on: bool = False) -> tuple[FaceSet, FaceSet, FaceSet]:
    """As many photographs unevenly and evenly spread over 20 people, and five others of each.

    Args:
        seed: of which photographs are whose, and of who is in head, middle and tail.
        chosen_on: of s1 to s20, by whom settings were chosen; else of s21 to s40.
    """
    train, test = split_at_32(5, seed, chosen_on)
    order = torch.randperm(20, generator=torch.Generator().manual_seed(seed))
    uneven = torch.cat([torch.full((people,), photos) for photos, people in PARTS.values()])[order]
    each, more = divmod(int(uneven.sum()), 20)
    even = each + (order < more)
    rank = train.rank_within_person(seed)
    uneven, even = (train.take(rank < counts[train.person]) for counts in (uneven, even))
    return uneven, even, test


class WeightedBatches:
    """Batches of photographs, drawn with replacement.

    Args:
        faces: to draw from.
        chance: float (N,), above 0, how often each photograph comes, in any unit.
        augment: as in `fit`.
    """

    images_each = 1

    def __init__(self, faces: FaceSet, chance: Tensor, augment: Augment) -> None:
        self.faces, self.chance, self.augment = faces, chance, augment

    def __call__(
        self, n: int, generator: torch.Generator, device: torch.device
    ) -> tuple[Tensor, Tensor]:
        """n images, float (n, 1, H, W) in [0, 1], and whom they show, int64 (n,)."""
        drawn = self.faces.take(torch.multinomial(self.chance, n, True, generator=generator))
        return self.augment(drawn.images.to(device), generator), drawn.person.to(device)


class AdjustedLoss(nn.Module):
    """Cross-entropy of logits to which the log of each person's share is added while training.

    Who is seen often must win by more (Menon et al. 2021, https://arxiv.org/abs/2007.07314).

    Args:
        share: float (people,), of the training photographs, to the power wanted.
    """

    def __init__(self, share: Tensor) -> None:
        super().__init__()
        self.register_buffer("head_start", share.log())

    def forward(self, logits: Tensor, person: Tensor) -> Tensor:
        return cross_entropy(logits + self.head_start, person)


# Each person's share of the photographs -> how often one of theirs comes, loss, augmentation.
SAME = torch.ones(20)
METHODS: dict[str, Callable[[Tensor], tuple[Tensor, nn.Module, Augment]]] = {
    "plain": lambda share: (SAME, nn.CrossEntropyLoss(), STILL),
    "drawn evenly": lambda share: (1 / share, nn.CrossEntropyLoss(), STILL),
    "loss weighted": lambda share: (SAME, nn.CrossEntropyLoss(1 / share), STILL),
    "logits adjusted": lambda share: (SAME, AdjustedLoss(share), STILL),
    "augmented": lambda share: (SAME, nn.CrossEntropyLoss(), Augment()),
    "augmented, logits adjusted": lambda share: (SAME, AdjustedLoss(share), Augment()),
}
WEIGHED = ("drawn evenly", "loss weighted", "logits adjusted")


def train_by_method(
    method: str, faces: FaceSet, seed: int, steps: int = STEPS, strength: float = 1.0
) -> FaceCNN:
    """A network that has learnt people's names by one of `METHODS`, in steps of 20 photographs.

    Args:
        faces: of 20 people, at least one photograph of each.
        strength: power of the shares; at 1 everybody counts alike.

    Raises:
        ValueError: there is no such method, or somebody has no photograph.
    """
    if method not in METHODS or len(faces.counts) != 20 or not faces.counts.all():
        raise ValueError(
            f"want one of {', '.join(METHODS)}, and photographs of each of 20 people, got "
            f"{method!r} and {int(faces.counts.count_nonzero())} people with photographs"
        )
    chance, loss, augment = METHODS[method]((faces.counts / len(faces)) ** strength)
    model, drawn = build_classifier(seed), WeightedBatches(faces, chance[faces.person], augment)
    fit_embedding(model, drawn, loss, steps=steps, batch=BATCH, lr=4e-3, seed=seed, progress=False)
    return model
