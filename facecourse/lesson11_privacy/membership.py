"""Lesson 10: was this photograph among those a network has learnt from? Its loss may tell.

Faces, network and steps are those of `imbalance`.
"""

from __future__ import annotations

from typing import Any

import torch
from facecourse.lesson10_harm import imbalance
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from facecourse.kit import orl
from facecourse.kit.orl import BARE
from facelib.data import Augment, FaceSet
from facelib.measure import Verification
from facelib.training import fit

EPOCHS = 60  # 300 steps with five photographs of each
# What is done against over-fitting; the settings are `fit`'s own, none of them chosen here.
REMEDIES: dict[str, dict[str, Any]] = {
    "none": BARE,
    "weight decay": BARE | {"weight_decay": 0.05},
    "label smoothing": BARE | {"label_smoothing": 0.1},
    "augmentation": BARE | {"augment": Augment()},
    "all three": {},
    "all three, a third as long": {},
}


def train_with_remedy(remedy: str, train: FaceSet, seed: int, epochs: int = EPOCHS) -> nn.Module:
    """A network that has learnt the names of 20 people.

    Raises:
        ValueError: there is no such remedy.
    """
    if remedy not in REMEDIES:
        raise ValueError(f"want one of {', '.join(REMEDIES)}, got {remedy!r}")
    model = imbalance.build_classifier(seed)
    epochs = epochs // 3 if remedy.endswith("a third as long") else epochs
    fit(model, train, epochs=epochs, batch=imbalance.BATCH, seed=seed, progress=False,
        **REMEDIES[remedy])  # fmt: skip
    return model


@torch.inference_mode()
def measure_losses(model: nn.Module, faces: FaceSet) -> Tensor:
    """The cross-entropy of each photograph, as it is, with its person's name, float64 (N,)."""
    device = next(model.parameters()).device
    logits = model(faces.images.to(device).float() / 255).cpu()
    # A float32 softmax calls many losses 0 that still differ.
    return cross_entropy(logits.double(), faces.person, reduction="none")


def attack_members(members: Tensor, others: Tensor) -> Verification:
    """Who guesses that a low loss means a member (Yeom et al. 2018,
    https://doi.org/10.1109/CSF.2018.00027): the rates of that guess at every threshold.

    A FAR is the share of others taken for members, a TAR the share of members found. An AUC of 0.5
    is a coin; what counts is how many are found at a low FAR (Carlini et al. 2022,
    https://doi.org/10.1109/SP46214.2022.9833649), and a hundred others can't show one below 0.01.

    Args:
        members, others: losses (N,) of photographs that were learnt from and of some that weren't.
    """
    member = torch.arange(len(members) + len(others)) < len(members)
    return Verification(-torch.cat([members, others]), member)


def run_attack(remedy: str, seed: int, epochs: int) -> dict[str, float]:
    """Train, name and attack.

    Args:
        remedy: one of `REMEDIES`.
        seed: of the network and the photographs of s21 to s40: five each to learn from, five not.
        epochs: passes over the photographs, three or more.

    Returns:
        Top-1 on photographs that were not learnt from, and the attack's AUC and TAR.
    """
    train, test = imbalance.split_at_32(5, seed)
    model = train_with_remedy(remedy, train, seed, epochs)
    found = attack_members(measure_losses(model, train), measure_losses(model, test))
    named = orl.top1(model, test)
    return {"top-1": named, "AUC": found.auc, "found at 5 % FAR": found.tar_at(0.05)}
