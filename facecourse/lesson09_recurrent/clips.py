"""Lesson 09: what a recurrent network reads out of a clip, a set, an order.

A clip is a head that turns, of somebody who doesn't exist, with some frames blurred or hidden. What
is read are the shipped embedding's 128 numbers of each frame.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from facecourse.kit import orl, verify
from facecourse.kit.protocol import unseen_people
from facecourse.kit.seeds import build_seeded
from facelib.data import FaceSet, resize
from facelib.measure import Verification, similarity
from facelib.measure.histogram import verify_all
from facelib.models import FaceCNN, embed, face_embedding
from facelib.models.recurrent import CELLS, FaceRNN
from facelib.synth import identities, nuisances, render
from facelib.synth.people import pick_seed
from facelib.training import fit
from facelib.training.embedding import fit_embedding
from facelib.training.losses import ContrastiveLoss

FRAMES, DEGREES = 8, (20.0, 40.0)  # of a clip; how far the head turns to either side
SPOILT = 0.75  # of the frames
CODE, HIDDEN = 128, 64  # numbers of a frame, and of a state
BATCH, STEPS = 64, 300
LEARN, TRY = pick_seed("clips learnt"), pick_seed("clips tried")


@dataclass(frozen=True)
class Clips:
    """Clips in order of the person, two of each.

    Attributes:
        images: uint8 (N, T, 1, 64, 64).
        right_first: bool (N,), the head turns to the right of the image and then to the left; else
            the other way round.
        spoilt: bool (N, T), frames that are blurred or hidden.
        yaw: degrees (N, T), to the right.
    """

    images: Tensor
    right_first: Tensor
    spoilt: Tensor
    yaw: Tensor

    def codes(self) -> Tensor:
        """What the shipped embedding says of each frame, float (N, T, 128)."""
        codes = embed(face_embedding(), self.images.flatten(0, 1), flip=False)
        return codes.view(*self.images.shape[:2], -1)


def take_frames(some: Clips, count: int) -> FaceSet:
    """The frames of the first clips, one clip a person."""
    images = some.images[:count].flatten(0, 1)
    person = torch.arange(count).repeat_interleave(FRAMES)
    return FaceSet(images, person, tuple(f"clip {number}" for number in range(1, count + 1)))


def render_clips(people: int, seed: int, spoilt: float = SPOILT) -> Clips:
    """Two clips of each, under different light: heads that turn to one side and to the other and
    end where they began; `spoilt` is a frame's chance to be blurred or, as often, hidden in part.

    Both orders show the same poses, so that no frame, and no average of them, tells which it was.
    """
    count, generator = 2 * people, torch.Generator().manual_seed(seed + 1)

    def between(low: float, high: float, *size: int) -> Tensor:
        return low + (high - low) * torch.rand(*size, generator=generator)

    right_first = torch.rand(count, generator=generator) < 0.5
    bad = torch.rand(count, FRAMES, generator=generator) < spoilt
    hidden = torch.rand(count, FRAMES, generator=generator) < 0.5
    swing = torch.sin(2 * torch.pi * torch.linspace(0, 1, FRAMES))
    yaw = between(*DEGREES, count, 1) * swing
    yaw = torch.where(right_first[:, None], yaw, -yaw)
    photo = nuisances(count, generator, pitch=(-8.0, 8.0), roll=(-4.0, 4.0)).repeat(FRAMES)
    photo = photo.set(
        yaw=yaw.flatten(), noise_place=between(0, 1, count * FRAMES),
        blur=torch.where(bad & ~hidden, between(2.5, 4, count, FRAMES), 0.4).flatten(),
        block=torch.where(bad & hidden, between(0.4, 0.7, count, FRAMES), 0).flatten(),
        block_x=between(-0.4, 0.4, count * FRAMES), block_y=between(-0.4, 0.4, count * FRAMES),
    )  # fmt: skip
    faces = identities(people, seed).repeat(2 * FRAMES)
    images = render(faces, photo).view(count, FRAMES, 1, 64, 64)
    return Clips(images, right_first, bad, yaw)


class ClipEmbedder(nn.Module):
    """Frames -> one embedding of the clip: the mean of the frames, and what a cell adds to it.

    Args:
        kind: of `CELLS`; or "weighted mean", by a weight for each frame that depends on it alone
            (Yang et al. 2017, https://doi.org/10.1109/CVPR.2017.554).
    """

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        if kind in CELLS:
            self.cell = CELLS[kind](CODE, HIDDEN, batch_first=True)
            self.add = nn.Linear(HIDDEN, CODE)
            nn.init.zeros_(self.add.weight)
        else:
            self.weigh = nn.Sequential(nn.Linear(CODE, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, 1))

    def forward(self, frames: Tensor) -> Tensor:
        """Float (N, T, 128) -> (N, 128), any length."""
        if self.kind in CELLS:
            return frames.mean(1) + self.add(self.cell(frames)[0][:, -1])
        return (torch.softmax(self.weigh(frames), 1) * frames).sum(1)


@torch.inference_mode()
def verify_clips(reader: Callable[[Tensor], Tensor], codes: Tensor) -> Verification:
    """All pairs of clips, two of each person in a row, read (N, T, 128) -> (N, 128), compared."""
    return verify_all(reader(codes), torch.arange(len(codes)) // 2)


@dataclass(frozen=True, repr=False)
class SequenceBatches:
    """Batches of sequences; `images_each` of them, one after the other, belong together.

    Attributes:
        sequences: float (N, T, D).
        target: int64 (N,): whom they show, or which class they are of.
        images_each: how many of one person a batch has.
    """

    sequences: Tensor
    target: Tensor
    images_each: int

    def __call__(
        self, n: int, generator: torch.Generator, device: torch.device
    ) -> tuple[Tensor, Tensor]:
        """n sequences and their targets."""
        groups = len(self.sequences) // self.images_each
        first = torch.randperm(groups, generator=generator)[: n // self.images_each, None]
        rows = (first * self.images_each + torch.arange(self.images_each)).flatten()
        return self.sequences[rows].to(device), self.target[rows].to(device)


def train_clip_embedder(
    kind: str, codes: Tensor, seed: int = 0, steps: int = STEPS
) -> ClipEmbedder:
    """A reader that has learnt which two clips show one person."""
    model = build_seeded(seed, lambda: ClipEmbedder(kind))
    faces = SequenceBatches(codes, torch.arange(len(codes)) // 2, 2)
    fit_embedding(model, faces, ContrastiveLoss(), steps=steps, batch=BATCH, seed=seed,
                  bf16=False, progress=False)  # fmt: skip
    return model


def flatten_frames(images: Tensor) -> Tensor:
    """uint8 (N, T, 1, 64, 64) -> float (N, T, 256), every clip to mean 0 and spread 1."""
    small = resize(images.flatten(0, 1), 16, 16).view(*images.shape[:2], -1).float()
    spread, mean = torch.std_mean(small, dim=(1, 2), keepdim=True)
    return (small - mean) / (spread + 1e-3)


class ClipClassifier(nn.Module):
    """Frames -> which of two things happened.

    Args:
        kind: of `CELLS`; or "mean" of the frames, or "last" of them, and a small network behind it.
        width: numbers of a frame.
    """

    def __init__(self, kind: str, width: int) -> None:
        super().__init__()
        self.kind, self.say = kind, nn.Linear(HIDDEN, 2)
        if kind in CELLS:
            self.cell = CELLS[kind](width, HIDDEN, batch_first=True)
        else:
            self.layer = nn.Sequential(nn.Linear(width, HIDDEN), nn.ReLU())

    def forward(self, frames: Tensor) -> Tensor:
        """Float (N, T, width) -> logits (N, 2)."""
        if self.kind in CELLS:
            return self.say(self.cell(frames)[0][:, -1])
        return self.say(self.layer(frames.mean(1) if self.kind == "mean" else frames[:, -1]))


def train_clip_classifier(
    kind: str, frames: Tensor, label: Tensor, seed: int = 0, steps: int = STEPS
) -> ClipClassifier:
    """A `ClipClassifier` that has learnt this label, bool (N,), of frames, float (N, T, width)."""
    model = build_seeded(seed, lambda: ClipClassifier(kind, frames.shape[2]))
    fit_embedding(model, SequenceBatches(frames, label.long(), 1), nn.CrossEntropyLoss(),
                  steps=steps, batch=BATCH, seed=seed, bf16=False, progress=False)  # fmt: skip
    return model


def shuffle_frames(frames: Tensor, seed: int = 0) -> Tensor:
    """Every clip's frames in an order of its own, (N, T, D)."""
    generator = torch.Generator().manual_seed(seed)
    order = torch.rand(frames.shape[:2], generator=generator).argsort(1)
    return frames.gather(1, order[..., None].expand_as(frames))


@torch.inference_mode()
def score_labels(model: ClipClassifier, frames: Tensor, label: Tensor) -> float:
    """The share of clips of which the label is told rightly."""
    return float((model(frames).argmax(1) == label.long()).double().mean())


# Networks of 151 thousand weights that name twenty people, and the rate that suits each: the best
# of those tried with two photographs on s1 to s20 ("choices" of rows.json).
CLASSIFIERS: Mapping[str, Callable[[], nn.Module]] = {
    "FaceCNN": lambda: FaceCNN(24, 128, 20),
    "RNN": lambda: FaceRNN(orl.SIDE, 347, 20, "RNN"),
    "GRU": lambda: FaceRNN(orl.SIDE, 190, 20, "GRU"),
    "LSTM": lambda: FaceRNN(orl.SIDE, 162, 20, "LSTM"),
}
RATE, RATES = 4e-3, {"RNN": 1e-3, "GRU": 1.6e-2}


def train_row_classifier(
    name: str, train: FaceSet, seed: int, epochs: int = 60, rate: float | None = None
) -> nn.Module:
    """One of `CLASSIFIERS` that has learnt twenty people's names from these photographs."""
    model = build_seeded(seed, CLASSIFIERS[name])
    rate = RATES.get(name, RATE) if rate is None else rate
    fit(model, train, epochs=epochs, batch=orl.BATCH, lr=rate, seed=seed, progress=False)
    return model


def embed_orl_sets(seed: int) -> tuple[Tensor, Tensor]:
    """Of ORL's s21 to s40: the code of one photo each, float (20, 128), and those of a set of four
    others, (20, 4, 128), which has no order."""
    faces = unseen_people()
    codes, rank = verify.embed_at_64(face_embedding(), faces.images), faces.rank_within_person(seed)
    order = (faces.person * 10 + rank).argsort()
    codes = codes[order].view(20, 10, -1)
    return codes[:, 0], codes[:, 1:5]


@torch.inference_mode()
def score_sets(reader: Callable[[Tensor], Tensor], one: Tensor, sets: Tensor) -> float:
    """The share of sets, read (N, T, 128) -> (N, 128), that are named rightly by one enrolled photo
    each; `one` and `sets` as `embed_orl_sets` gives them."""
    named = similarity(reader(sets), one).argmax(1)
    return float((named == torch.arange(len(one))).double().mean())
