"""Lesson 03: one first layer three ways, trained and frozen; mouths to find; codebooks."""

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from facecourse.kit import orl
from facecourse.kit.orl import STILL, to_half
from facecourse.kit.seeds import build_seeded
from facelib.data import Augment, FaceSet, corrupt, resize
from facelib.models import FaceCNN
from facelib.models.local import LocallyConnected2d
from facelib.synth import identities, nuisances, render
from facelib.training import fit

SIZE = 28, 23  # pixels: a quarter of ORL's in each direction, so that full connection is affordable
CHANNELS, KERNEL, STRIDE = 16, 5, 2
MAP = 12, 10  # places of the 5 x 5 window, two pixels apart
SHIFTS = (0, 1, 2, 3)
VALUES = (2, 4, 8, 16)
# Best of 0.001, 0.002, 0.004, 0.008 and 0.016, mean of 1 and 3 photographs, on splits 100 to 103
# and photographs that are neither learnt nor tested. FaceCNN has fit's own.
RATES = {"Linear": 0.002, "locally connected": 0.002, "Conv2d": 0.008}

SIDE, FACE = 48, 32  # pixels of a picture with a mouth, and of the face somewhere in it
REACH = 3  # pixels from the mouth's middle that an answer may be off
# The best of 0.01, 0.03, 0.1 and 0.3 for 30 faces, on other people than those reported on.
FINDER_RATES = {"locally connected": 0.03, "Conv2d": 0.1}


def to_quarter(images: Tensor) -> Tensor:
    """112 x 92 -> 28 x 23."""
    return resize(images, *SIZE)


LAYERS: dict[str, Callable[[], nn.Module]] = {
    # Every output sees every pixel with weights of its own (the articles' "weight allocation").
    "Linear": lambda: nn.Sequential(
        nn.Flatten(),
        nn.Linear(SIZE[0] * SIZE[1], CHANNELS * MAP[0] * MAP[1]),
        nn.Unflatten(1, (CHANNELS, *MAP)),
    ),
    # Every output sees a window, with weights of its own.
    "locally connected": lambda: LocallyConnected2d(1, CHANNELS, SIZE, KERNEL, STRIDE),
    # Every output of a channel sees its window with the *same* weights.
    "Conv2d": lambda: nn.Conv2d(1, CHANNELS, KERNEL, STRIDE),
}
DEEP = ("FaceCNN, places kept", "FaceCNN")


class Standardise(nn.Module):
    """Each image to mean 0 and spread 1, as FaceCNN does it."""

    def forward(self, images: Tensor) -> Tensor:
        spread, mean = torch.std_mean(images, dim=(1, 2, 3), keepdim=True)
        return (images - mean) / (spread + 1e-3)


def build_kind(kind: str, people: int = 40, pooled: bool = True) -> nn.Module:
    """One of `LAYERS`, `pooled` or all its places, and a classifier that is the same for all three;
    "FaceCNN"; or "FaceCNN, places kept", which doesn't average over its last 3 x 3 places."""
    if kind.startswith("FaceCNN"):
        model = FaceCNN(width=24, embedding=128, people=people)
        if kind == "FaceCNN, places kept":
            *features, _, flatten = model.features
            model.features = nn.Sequential(*features, flatten)
            model.embedding[0] = nn.Linear(96 * 3 * 3, 128, bias=False)
        return model
    side = 2 if pooled else 1
    maps = CHANNELS * (MAP[0] // side) * (MAP[1] // side)
    return nn.Sequential(
        Standardise(), LAYERS[kind](), nn.ReLU(),
        nn.MaxPool2d(side), nn.Flatten(), nn.Linear(maps, people),
    )  # fmt: skip


def train_kind(
    kind: str, faces: FaceSet, photos: int, seed: int, steps: int,
    augmented: bool = False, frozen: bool = False, pooled: bool = True,
) -> tuple[nn.Module, FaceSet, FaceSet]:  # fmt: skip
    """A network that learnt from `photos` of each person, those, and five others of each; frozen,
    the first layer of one of `LAYERS` stays as it was drawn, and only the classifier learns, from
    the layer's maps `pooled` or as they are."""
    rank = faces.rank_within_person(seed)
    train, test = faces.take(rank < photos), faces.take(rank >= 5)
    torch.manual_seed(seed)
    model = build_kind(kind, faces.people, pooled)
    if frozen:
        model[1].requires_grad_(False)
    fit(
        model, train, epochs=max(1, steps * 40 // len(train)), lr=RATES.get(kind, 0.004),
        seed=seed, augment=Augment() if augmented else STILL, progress=False,
    )  # fmt: skip
    return model, train, test


def top1_shifted(model: nn.Module, faces: FaceSet, shift: int) -> float:
    """The share of faces named rightly, moved to the right by `shift` pixels."""
    return orl.top1(model, faces.map(lambda images: corrupt.shift(images, shift)))


def render_mouths(people: int, seed: int) -> tuple[Tensor, Tensor]:
    """Faces of people who don't exist, mouths open, each somewhere in its picture, and the mouths'
    places.

    Everybody is rendered a second time with a closed mouth: the mouth is where the two differ most.

    Returns:
        float (people, 1, SIDE, SIDE), each of mean 0 and spread 1; int64 (people,), row * SIDE +
        column of the mouth's middle.
    """
    who = identities(people, seed, beard=0.0, moustache=0.0)
    photos = nuisances(
        people, seed + 2**31, yaw=(-15.0, 15.0), pitch=(-5.0, 5.0), roll=(-5.0, 5.0),
        scale=(1.0, 1.2), shift_x=(-0.25, 0.25), shift_y=(-0.2, 0.2), smile=(-0.3, 0.3),
        glasses=-1.0, azimuth=(-40.0, 40.0), ambient=(0.5, 0.8),
    )  # fmt: skip
    shut, wide = (
        F.avg_pool2d(render(who, photos.set(mouth_open=amount)).float(), 2) for amount in (0, 1)
    )
    place = F.avg_pool2d((wide - shut).square(), 5, 1, 2).flatten(1).argmax(1)
    room = SIDE - FACE
    corner = torch.randint(room + 1, (people, 2), generator=torch.Generator().manual_seed(seed))
    pictures = [
        F.pad(face[None], (left, room - left, top, room - top), mode="replicate")
        for face, (top, left) in zip(wide, corner.tolist(), strict=True)
    ]
    row, column = place // FACE + corner[:, 0], place % FACE + corner[:, 1]
    return Standardise()(torch.cat(pictures)), row * SIDE + column


def answer(kernel: Tensor, faces: Tensor) -> Tensor:
    """What a kernel (H, W), of odd height and width, says at each pixel of faces (N, 1, SIDE,
    SIDE), whose border is repeated outwards; of the same shape."""
    height, width = kernel.shape
    around = (width // 2, width // 2, height // 2, height // 2)
    return F.conv2d(F.pad(faces, around, mode="replicate"), kernel.view(1, 1, height, width))


def are_near(found: Tensor, places: Tensor) -> Tensor:
    """Which places, row * SIDE + column, are at most REACH pixels from others: float64, 1 or 0."""
    down, right = found // SIDE - places // SIDE, found % SIDE - places % SIDE
    return ((down**2 + right**2) <= REACH**2).double()


def score_answers(answers: Tensor, places: Tensor) -> float:
    """The share of faces whose largest answer, (N, 1, SIDE, SIDE), is near the mouth, (N,)."""
    return are_near(answers.flatten(1).argmax(1), places).mean().item()


def find_best_place(places: Tensor) -> Tensor:
    """The one place that is near the most of these mouths, (N,)."""
    return are_near(torch.arange(SIDE**2)[:, None], places).sum(1).argmax()


FINDERS: dict[str, Callable[[], nn.Module]] = {
    "locally connected": lambda: nn.Sequential(
        nn.ReplicationPad2d(2), LocallyConnected2d(1, 1, (SIDE + 4, SIDE + 4), 5)
    ),
    "Conv2d": lambda: nn.Sequential(nn.ReplicationPad2d(2), nn.Conv2d(1, 1, 5)),
}


def train_finder(
    kind: str, faces: Tensor, places: Tensor, seed: int, steps: int = 100
) -> tuple[nn.Module, Tensor]:
    """One of `FINDERS`, taught to answer most where the mouths are, and its weight beforehand."""
    model = build_seeded(seed, FINDERS[kind])
    start = next(model.parameters()).detach().clone()
    optimiser = torch.optim.Adam(model.parameters(), FINDER_RATES[kind])
    for _ in range(steps):
        optimiser.zero_grad()
        F.cross_entropy(model(faces).flatten(1), places).backward()
        optimiser.step()
    return model, start


def train_dense(faces: FaceSet, seed: int, steps: int) -> tuple[nn.Module, FaceSet, FaceSet]:
    """FaceCNN trained on two photographs of each person, those two, and five others of each."""
    return train_kind("FaceCNN", faces.map(to_half), 2, seed, steps, augmented=True)


def fine_tune(model: nn.Module, faces: FaceSet, seed: int, steps: int = 100) -> nn.Module:
    """A copy trained a little longer, at a quarter of the learning rate, without weight decay."""
    model = copy.deepcopy(model)
    epochs = max(1, steps * 40 // len(faces))
    fit(model, faces, epochs=epochs, lr=1e-3, weight_decay=0, seed=seed, progress=False)
    return model
