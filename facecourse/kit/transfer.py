"""Transfer learning: a network from elsewhere, its features centred, and a new head.

Lesson 04 writes these steps out and measures them; lesson 06 takes its teachers from here.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from facecourse.kit.protocol import open_people
from facelib.data import Augment, FaceSet, resize, to_square
from facelib.models import embed, face_embedding
from facelib.models.backbones import efficientnet_lite0

BATCH, STEPS = 20, 80  # photographs a step, and steps, of fine-tuning
SMOOTHING = 0.1  # of the names
LOOKS = 400  # augmented views a new head learns from, however many photographs there are
HEAD_RATE, BASE_RATE = 3e-3, 1e-3  # of learning

SOURCES: dict[str, Callable[[], nn.Module]] = {
    "synthetic faces": face_embedding,
    "ImageNet": lambda: efficientnet_lite0(stages=6),
}


class Recogniser(nn.Module):
    """A network from elsewhere and a new head that tells so many people apart.

    Args:
        base: float images in [0, 1] -> features (N, D).
        centre: float (D,), taken away from features of unit length: the mean of other people's.
        people: how many the head names.
    """

    def __init__(self, base: nn.Module, centre: Tensor, people: int) -> None:
        super().__init__()
        self.base, self.head = base, nn.Linear(len(centre), people)
        self.register_buffer("centre", centre)

    def embed(self, images: Tensor) -> Tensor:
        """Float images in [0, 1] -> centred features of unit length (N, D)."""
        return normalize(normalize(self.base(images)) - self.centre)

    def forward(self, images: Tensor) -> Tensor:
        """Images -> logits (N, people)."""
        return self.head(10 * self.embed(images))


def build_recogniser(base: nn.Module, faces: FaceSet, seed: int) -> Recogniser:
    """An untrained head on a frozen base, centred by s1 to s20 in the size of `faces`."""
    size = tuple(faces.images.shape[2:])
    others = open_people().map(lambda images: resize(to_square(images), *size))
    centre = embed(base, others.images, flip=False).mean(0)
    torch.manual_seed(seed)
    return Recogniser(base, centre, faces.people).requires_grad_(False).eval()


def train_head(model: Recogniser, faces: FaceSet, seed: int, smoothing: float = SMOOTHING) -> None:
    """Train the head alone. Nothing below it changes, so every view is embedded once."""
    generator = torch.Generator().manual_seed(seed)
    times = max(1, LOOKS // len(faces))
    views = Augment()(faces.images.repeat(times, 1, 1, 1), generator)
    with torch.no_grad():
        features = 10 * torch.cat([model.eval().embed(part) for part in views.split(40)])
    model.head.requires_grad_(True)
    optimizer = torch.optim.AdamW(model.head.parameters(), HEAD_RATE, weight_decay=0.05)
    for _ in range(100):
        logits = model.head(features)
        loss = cross_entropy(logits, faces.person.repeat(times), label_smoothing=smoothing)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def tune_groups(
    model: nn.Module, groups: list[dict[str, Any]], faces: FaceSet, seed: int, steps: int = STEPS,
    after: Callable[[nn.Module, int], None] | None = None, smoothing: float = SMOOTHING,
) -> None:  # fmt: skip
    """Train some parameters, each group at a rate of its own; all others are frozen.

    The network stays in the mode it is in: batch norm in evaluation mode keeps its statistics.

    Args:
        groups: as PyTorch's optimisers take them, {"params": ..., "lr": ...}.
        steps: of 20 photographs, or all if there are fewer.
        after: is called with the network and the number of steps after each; it may embed and name.
        smoothing: of the names, 0 to 1.
    """
    model.requires_grad_(False)
    optimizer = torch.optim.AdamW(groups, weight_decay=0.05)
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.requires_grad_(True)
    generator, augment = torch.Generator().manual_seed(seed), Augment()
    for step in range(steps):
        some = torch.randperm(len(faces), generator=generator)[:BATCH]
        logits = model(augment(faces.images[some], generator))
        loss = cross_entropy(logits, faces.person[some], label_smoothing=smoothing)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if after is not None:
            after(model, step + 1)


def make_groups(model: Recogniser) -> list[dict[str, Any]]:
    """The base at its rate and the head at its own."""
    return [
        {"params": list(model.base.parameters()), "lr": BASE_RATE},
        {"params": list(model.head.parameters()), "lr": HEAD_RATE},
    ]


def adapt(
    source: str, method: str, faces: FaceSet, seed: int, steps: int = STEPS,
    smoothing: float = SMOOTHING,
) -> Recogniser:  # fmt: skip
    """A network of `SOURCES`, taught to name the people in `faces`.

    Args:
        source: one of `SOURCES`.
        method: "frozen", a new head alone; or "all", which is then fine-tuned.
        faces: to learn from; their size is the size that test faces come in.
        seed: of the head, the order and the augmentation.
        steps: of fine-tuning.
        smoothing: of the names, 0 to 1; a teacher should have none.

    Raises:
        KeyError: another source or method.
    """
    further = {"frozen": 0, "all": steps}[method]
    model = build_recogniser(SOURCES[source](), faces, seed)
    train_head(model, faces, seed, smoothing)
    tune_groups(model, make_groups(model), faces, seed, further, smoothing=smoothing)
    return model
