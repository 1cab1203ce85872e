"""Lesson 09: what cells remember, what clips tell in order and out of it, faces read row by row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from facecourse.kit import orl
from facecourse.kit.seeds import build_seeded
from facelib.data import FaceSet, resize
from facelib.models import FaceCNN, face_embedding
from facelib.models.recurrent import CELLS, FaceRNN, open_gate
from facelib.synth import identities, nuisances, render
from facelib.synth.people import pick_seed
from facelib.training import fit

# Memory: the first of some steps shows one of four symbols, noise follows.
STARTS = "RNN", "RNN, orthogonal", "GRU", "GRU, gate open", "LSTM", "LSTM, gate open"
SYMBOLS, INPUTS, STATE = 4, 5, 32
BATCHES, KNOWN = 400, 0.01  # of training; the loss at which it ends, for the symbol is known
SOLVED = 0.9  # share of right answers of a run that has learnt to recall

# Clips: a head that turns.
FRAMES, DEGREES, SPOILT = 8, (20.0, 40.0), 0.75
CODE, HIDDEN = 128, 16  # numbers of a frame's embedding, and of a state
LEARN, TRY = pick_seed("clips learnt"), pick_seed("clips tried")
STEPS, BATCH = 300, 64


def build_cell(start: str, seed: int) -> nn.RNNBase:
    """A cell of 32 numbers that begins as one of `STARTS` says.

    Orthogonal weights: Henaff et al. 2016 (https://arxiv.org/abs/1602.06662); open gates: Gers et
    al. 2000 (https://doi.org/10.1162/089976600300015015).
    """
    kind, _, way = start.partition(", ")

    def build() -> nn.RNNBase:
        cell = CELLS[kind](INPUTS, STATE, batch_first=True)
        if way == "orthogonal":
            nn.init.orthogonal_(cell.weight_hh_l0)
        elif way:
            open_gate(cell)
        return cell

    return build_seeded(seed, build)


def draw_symbols(count: int, steps: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Sequences (count, steps, INPUTS) that begin with a symbol and go on with noise; which it was,
    int64 (count,)."""
    symbol = torch.randint(SYMBOLS, (count,), generator=generator)
    inputs = 0.3 * torch.randn(count, steps, INPUTS, generator=generator)
    inputs[:, 0] = F.one_hot(symbol, INPUTS)
    return inputs, symbol


def measure_recall(start: str, steps: int, seed: int, rate: float, batches: int = BATCHES) -> float:
    """The share of 500 sequences of which a cell knows the first symbol at the end, after so many
    batches or fewer; chance is 1 / SYMBOLS."""
    cell, generator = build_cell(start, seed), torch.Generator().manual_seed(seed)
    say = build_seeded(seed, lambda: nn.Linear(STATE, SYMBOLS))
    weights = [*cell.parameters(), *say.parameters()]
    optimizer = torch.optim.Adam(weights, rate)
    for _ in range(batches):
        inputs, symbol = draw_symbols(BATCH, steps, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(say(cell(inputs)[0][:, -1]), symbol)
        if loss < KNOWN:
            break
        loss.backward()
        nn.utils.clip_grad_norm_(weights, 1.0)  # it may explode
        optimizer.step()
    inputs, symbol = draw_symbols(500, steps, generator)
    with torch.inference_mode():
        return (say(cell(inputs)[0][:, -1]).argmax(1) == symbol).double().mean().item()


@dataclass(frozen=True)
class Clips:
    """Clips in order of the person, two of each.

    Attributes:
        images: uint8 (N, T, 1, 64, 64).
        right_first: bool (N,), the head turns to the right of the image and then to the left; else
            the other way round.
        spoilt: bool (N, T), frames that are blurred or hidden in part.
        yaw: degrees (N, T), to the right.
    """

    images: Tensor
    right_first: Tensor
    spoilt: Tensor
    yaw: Tensor

    def flatten(self) -> Tensor:
        """Frames of 16 x 16 pixels, float (N, T, 256), every clip to mean 0 and spread 1."""
        small = resize(self.images.flatten(0, 1), 16, 16).view(*self.spoilt.shape, -1).float()
        spread, mean = torch.std_mean(small, dim=(1, 2), keepdim=True)
        return (small - mean) / (spread + 1e-3)

    @torch.inference_mode()
    def encode(self) -> Tensor:
        """What the shipped network says of each frame, float (N, T, 128); it is longer, the better
        the face can be seen."""
        model, frames = face_embedding(), self.images.flatten(0, 1)
        codes = torch.cat([model.embed(part.float() / 255) for part in frames.split(32)])
        return codes.view(*self.spoilt.shape, -1)

    def embed(self) -> Tensor:
        """The same at unit length."""
        return F.normalize(self.encode(), dim=2)


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


def shuffle_frames(frames: Tensor, seed: int = 0) -> Tensor:
    """Every clip's frames in an order of its own, (N, T, D)."""
    generator = torch.Generator().manual_seed(seed)
    order = torch.rand(frames.shape[:2], generator=generator).argsort(1)
    return frames.gather(1, order[..., None].expand_as(frames))


def train_reader(
    model: nn.Module, frames: Tensor, target: Tensor, loss: nn.Module,
    rate: float = 2e-3, steps: int = STEPS, seed: int = 0,
) -> nn.Module:  # fmt: skip
    """Teach a reader of clips, in place, from batches that hold both clips of whom they show.

    Args:
        model: frames (N, T, D) -> what `loss` takes.
        frames: float (N, T, D), two clips of each person in a row.
        target: int64 (N,), whom a clip shows or which class it is of.
    """
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), rate)
    for _ in range(steps):
        first = torch.randperm(len(frames) // 2, generator=generator)[: BATCH // 2, None]
        rows = (2 * first + torch.arange(2)).flatten()
        optimizer.zero_grad()
        loss(model(frames[rows]), target[rows]).backward()
        optimizer.step()
    return model.eval()


@torch.inference_mode()
def score_labels(model: nn.Module, frames: Tensor, label: Tensor) -> float:
    """The share of clips of which the label is told rightly."""
    return (model(frames).argmax(1) == label).double().mean().item()


class Weigher(nn.Module):
    """A clip as a mean of its frames, weighted by the softmax of a score of each."""

    def weigh(self, frames: Tensor) -> Tensor:
        """Float (N, T, width) -> weights (N, T) that add up to 1."""
        return torch.softmax(self.score(frames), dim=1)

    def forward(self, frames: Tensor) -> Tensor:
        """Float (N, T, width) -> (N, width)."""
        return (self.weigh(frames)[..., None] * frames).sum(1)


class Attention(Weigher):
    """Scores each frame alone, by how well it agrees with what was learnt to be asked: the first of
    the two attention blocks of Yang et al. 2017 (https://doi.org/10.1109/CVPR.2017.554). It begins
    as the plain mean."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query = nn.Parameter(torch.zeros(width))

    def score(self, frames: Tensor) -> Tensor:
        """Float (N, T, width) -> (N, T)."""
        return frames @ self.query


class WeighingCell(Weigher):
    """Scores each frame by the state of a GRU, its gate open, that has read the clip so far, after
    Gong et al. 2019 (https://arxiv.org/abs/1904.12019). It begins as the plain mean."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.cell, self.say = nn.GRU(width, HIDDEN, batch_first=True), nn.Linear(HIDDEN, 1)
        open_gate(self.cell)
        nn.init.zeros_(self.say.weight)

    def score(self, frames: Tensor) -> Tensor:
        """Float (N, T, width) -> (N, T)."""
        return self.say(self.cell(frames)[0])[..., 0]


# Networks of 150 to 151 thousand weights that name twenty people.
CLASSIFIERS: Mapping[str, Callable[[], nn.Module]] = {
    "FaceCNN": lambda: FaceCNN(24, 128, 20),
    "RNN": lambda: FaceRNN(orl.SIDE, 347, 20, "RNN"),
    "GRU": lambda: FaceRNN(orl.SIDE, 190, 20, "GRU"),
}


def train_row_classifier(
    name: str, train: FaceSet, seed: int, rate: float, steps: int = STEPS
) -> nn.Module:
    """One of `CLASSIFIERS` that has learnt twenty people's names from these photographs, in as many
    steps however few they are."""
    model = build_seeded(seed, CLASSIFIERS[name])
    for weight in model.parameters():  # a cell's gradient may explode
        weight.register_hook(lambda gradient: gradient / gradient.norm().clamp(min=1))
    epochs = steps * orl.BATCH // len(train)
    fit(model, train, epochs=epochs, batch=orl.BATCH, lr=rate, seed=seed, progress=False)
    return model
