"""Transfer learning: three sources, what is learnt anew, and how fast.

Every network sees the same grey faces of 64 x 64 pixels. Training batches hold 20 photographs.
Lesson 04 compares them; lessons 06 and 09 take their networks from here.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from facecourse.kit.orl import BATCH, SIDE
from facelib.data import Augment, FaceSet
from facelib.models import FaceResNet, face_embedding
from facelib.models.backbones import efficientnet_lite0
from facelib.training.device import choose_device, has_fast_bf16

STEPS = 80
LOOKS = 400  # augmented views that a new layer learns from, however many photographs there are

# Where a network comes from. Stages and side of the ImageNet network: the best one photograph a
# person, nearest neighbour, of 4 to 7 stages and 96 or 128 pixels, on s1 to s20.
SOURCES: dict[str, Callable[[], nn.Module]] = {
    "nothing": FaceResNet,
    "synthetic faces": face_embedding,
    "ImageNet": lambda: efficientnet_lite0(stages=6, side=96),
}


NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


Part = tuple[Sequence[nn.Module], float]  # layers that learn, and their learning rate


class Recogniser(nn.Module):
    """A network from elsewhere, with `embed(float images in [0, 1]) -> (N, D)`, and a new layer
    that tells so many people apart.
    """

    def __init__(self, base: nn.Module, people: int) -> None:
        super().__init__()
        with torch.no_grad():
            features = base.eval().embed(torch.zeros(1, 1, SIDE, SIDE)).shape[1]
        self.base, self.head = base, nn.Linear(features, people)

    def embed(self, images: Tensor) -> Tensor:
        """Images float (N, 1, 64, 64) in [0, 1] -> what the base makes of them (N, D)."""
        return self.base.embed(images)

    def forward(self, images: Tensor) -> Tensor:
        """Images -> logits (N, people)."""
        features = self.base.embed(images)
        # Length sqrt(D), whatever the source's features are like: one rate suits all sources.
        return self.head(normalize(features) * features.shape[1] ** 0.5)


def list_layers(model: nn.Module) -> list[nn.Module]:
    """The innermost modules with weights, in order."""
    return [module for module in model.modules() if module._parameters]


def split_thirds(base: nn.Module) -> list[list[nn.Module]]:
    """The layers of a network: early, middle and late ones, equally many."""
    found = list_layers(base)
    size = -(-len(found) // 3)
    return [found[:size], found[size : 2 * size], found[2 * size :]]


def train_new_layer(model: Recogniser, faces: FaceSet, seed: int) -> None:
    """Train the new layer alone. Nothing below it changes, so every view is embedded once."""
    generator = torch.Generator().manual_seed(seed)
    copies = max(1, LOOKS // len(faces))
    views = Augment()(faces.images.repeat(copies, 1, 1, 1), generator)
    device = next(model.parameters()).device
    with torch.no_grad():
        features = torch.cat([model.eval().embed(part.to(device)) for part in views.split(100)])
    features = normalize(features) * features.shape[1] ** 0.5
    person = faces.person.repeat(copies).to(device)
    optimizer = torch.optim.AdamW(model.head.parameters(), 3e-3, weight_decay=0.05)
    for _ in range(100):
        optimizer.zero_grad()
        cross_entropy(model.head(features), person, label_smoothing=0.1).backward()
        optimizer.step()


def tune(
    model: nn.Module, faces: FaceSet, parts: Sequence[Part], seed: int, steps: int = STEPS
) -> None:
    """Train some layers, each part with a rate of its own; `fit` has one rate for all.

    The other layers are frozen whole: no gradient, and their batch norm in evaluation mode.
    """
    device = choose_device()
    model.to(device).eval().requires_grad_(False)
    for modules, _ in parts:
        for module in modules:
            module.train().requires_grad_(True)
    groups = [
        {"params": [p for module in modules for p in module.parameters()], "lr": rate}
        for modules, rate in parts
    ]
    rates = [rate for _, rate in parts]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rates, total_steps=steps)
    generator, augment = torch.Generator().manual_seed(seed), Augment()
    for step in range(steps):
        place = step % max(1, len(faces) // BATCH)  # a last batch that is not full is left out
        if place == 0:
            order = torch.randperm(len(faces), generator=generator).split(BATCH)
        now = order[place]
        images = augment(faces.images[now], generator).to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=has_fast_bf16(device)):
            logits = model(images)
        loss = cross_entropy(logits.float(), faces.person[now].to(device), label_smoothing=0.1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    model.eval().requires_grad_(True)


# Learning rates tried for one photograph a person on s1 to s20 (the evidence's "choices"), and the
# best of them; what is not listed takes RATE.
TRIED = {
    ("nothing", "at once"): (1e-3, 3e-3, 1e-2),
    ("synthetic faces", "at once"): (3e-4, 1e-3, 3e-3),
    ("synthetic faces", "all"): (3e-4, 1e-3, 3e-3),
    ("synthetic faces", "all, rates rising with depth"): (1e-3, 3e-3, 1e-2),
    ("synthetic faces", "batch norm"): (1e-3, 3e-3, 1e-2, 3e-2),
}


RATE = 1e-3


RATES = {
    ("nothing", "at once"): 3e-3,
    ("synthetic faces", "all, rates rising with depth"): 3e-3,
    ("synthetic faces", "batch norm"): 3e-3,
}


METHODS: dict[str, Callable[[Recogniser, float], list[Part]]] = {
    "frozen": lambda model, rate: [],
    "last third": lambda model, rate: [(split_thirds(model.base)[2], rate)],
    "two thirds": lambda model, rate: [(part, rate) for part in split_thirds(model.base)[1:]],
    "all": lambda model, rate: [(list_layers(model.base), rate)],
    "all, rates rising with depth": lambda model, rate: [
        (part, rate / factor)
        for part, factor in zip(split_thirds(model.base), (9, 3, 1), strict=True)
    ],
    "batch norm": lambda model, rate: [
        ([layer for layer in list_layers(model.base) if isinstance(layer, NORMS)], rate)
    ],
}


DEPTHS = ("frozen", "last third", "two thirds", "all")


def build_recogniser(source: str, people: int, seed: int = 0) -> Recogniser:
    """A base from one of `SOURCES` with a new layer, untrained."""
    torch.manual_seed(seed)
    return Recogniser(SOURCES[source](), people)


def adapt(
    source: str, method: str, faces: FaceSet, seed: int, steps: int = STEPS,
    rate: float | None = None,
) -> Recogniser:  # fmt: skip
    """A network from a source, taught to name the people in `faces`.

    Args:
        source: one of `SOURCES`.
        method: "at once" trains everything from the first step, as many tutorials do (from
            "nothing" that is training from scratch); those in `METHODS` train the new layer first.
        faces: as `split` gives them.
        seed: of the new layer, the order and the augmentation.
        steps: of 20 photographs. Training the new layer first takes the time of some ten.
        rate: of learning; None takes the one chosen.
    """
    model = build_recogniser(source, faces.people, seed)
    rate = rate or RATES.get((source, method), RATE)
    if method == "at once":
        tune(model, faces, [(list_layers(model), rate)], seed, steps)
        return model
    train_new_layer(model, faces, seed)
    return adapt_further(model, method, faces, seed, steps, rate)


def adapt_further(
    model: Recogniser, method: str, faces: FaceSet, seed: int, steps: int = STEPS,
    rate: float | None = None,
) -> Recogniser:  # fmt: skip
    """A copy whose new layer is trained already, trained on by one of `METHODS`.

    Without a rate it takes the one chosen for the synthetic source.
    """
    rate = rate or RATES.get(("synthetic faces", method), RATE)
    model = copy.deepcopy(model)
    if parts := METHODS[method](model, rate):
        tune(model, faces, [*parts, ([model.head], rate)], seed, steps)
    return model.eval()


def count_moved(model: Recogniser, method: str) -> int:
    """How many numbers of the base one of `METHODS` moves."""
    parts = METHODS[method](model, RATE)
    return sum(p.numel() for part, _ in parts for module in part for p in module.parameters())
