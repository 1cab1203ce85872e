"""Lesson 02: two layers on tiny ORL faces, quick enough to train in a blink, and optimisers on a
surface of two weights.

What had to be chosen was chosen on splits with seeds from 100, by their validation images; no such
split is reported.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

import torch
from sklearn.decomposition import PCA
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot

from facecourse.kit.faces import load_faces
from facecourse.kit.orl import HEIGHT, WIDTH, to_half, to_tiny
from facecourse.kit.seeds import build_seeded
from facelib.data import FaceSet, Split

PEOPLE = 40
STEPS = 300
LOOKS = 25, 50, 100, 200, 300  # steps after a correction of names, when to look
MOMENTUM = 0.9


class Part(NamedTuple):
    """Tiny faces as rows of numbers: x float (N, 168), person int64 (N,)."""

    x: Tensor
    person: Tensor


class Parts(NamedTuple):
    """The three parts of a split, as numbers."""

    train: Part
    validation: Part
    test: Part


def hold_out(faces: FaceSet, images: int, seed: int) -> Split:
    """`images` photographs a person to learn from; one to choose by and four to test, the same
    whatever `images` is, so that one photograph a person and five are tested alike."""
    rank = faces.rank_within_person(seed)
    return Split(faces.take(rank < images), faces.take(rank == 5), faces.take(rank > 5))


def split_half_faces(images: int, seed: int) -> Split:
    """ORL at half its size, 56 x 46, held out as by `hold_out`."""
    return hold_out(load_faces().map(to_half), images, seed)


def load_tiny_faces(seed: int) -> Parts:
    """ORL at 14 x 12 pixels, five a person to learn from, scaled by the training part alone."""
    faces = load_faces().map(to_tiny)
    parts = [(part.images.flatten(1) / 255, part.person) for part in hold_out(faces, 5, seed)]
    mean, spread = parts[0][0].mean(0), parts[0][0].std()
    return Parts(*(Part((x - mean) / spread, person) for x, person in parts))


def build_two_layers(seed: int) -> nn.Sequential:
    """Two layers, 168 pixels -> 64 neurons -> 40 logits; the seed draws the weights."""
    return build_seeded(
        seed, lambda: nn.Sequential(nn.Linear(HEIGHT * WIDTH, 64), nn.ReLU(), nn.Linear(64, PEOPLE))
    )


def score(model: nn.Module, part: Part) -> float:
    """The share of `part` that the model names rightly."""
    with torch.inference_mode():
        return float((model(part.x).argmax(1) == part.person).double().mean())


Loss = Callable[[Tensor, Tensor], Tensor]


def squared_error(logits: Tensor, person: Tensor) -> Tensor:
    """Squared distance of the softmax output from 1 for the person and 0 for all others."""
    wanted = one_hot(person, logits.shape[1])
    return (logits.softmax(1) - wanted).square().sum(1).mean()


# The rate of each: best validation top-1 of 0.003, 0.01, ... 10 over splits 100 to 103.
LOSSES: dict[str, tuple[Loss, float]] = {
    "cross-entropy": (cross_entropy, 0.03),
    "squared error": (squared_error, 0.3),
}


def train_two_layers(seed: int, part: Part, name: str) -> nn.Sequential:
    """What 300 steps with momentum on all of `part` at once make of two layers, by one of `LOSSES`
    at its own rate."""
    model, (loss, rate) = build_two_layers(seed), LOSSES[name]
    optimiser = torch.optim.SGD(model.parameters(), rate, MOMENTUM)
    for _ in take_steps(model, part, loss, optimiser, STEPS):
        pass
    return model


def take_steps(
    model: nn.Module, part: Part, loss: Loss, optimiser: torch.optim.Optimizer, steps: int
) -> Iterator[float]:
    """Step on all of `part` at once; after each step, the loss before it."""
    for _ in range(steps):
        value = loss(model(part.x), part.person)
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
        yield value.item()


def compare_losses(seed: int) -> dict[str, float]:
    """Test top-1 after 300 steps with each loss, each at its own learning rate."""
    train, _, test = load_tiny_faces(seed)
    return {name: score(train_two_layers(seed, train, name), test) for name in LOSSES}


def correct_names(seed: int, name: str, faster: float, looks: Sequence[int]) -> list[float]:
    """Test top-1 so many steps after the names were corrected: first everybody is learnt under the
    next person's name, until the network is sure of it.

    Args:
        seed: of split and network.
        name: of the loss, as in `LOSSES`.
        faster: the rate after the correction, as a multiple of the loss's own.
        looks: the steps after which to look, in order.
    """
    (train, _, test), (loss, rate) = load_tiny_faces(seed), LOSSES[name]
    misnamed = train._replace(person=(train.person + 1) % PEOPLE)
    model = train_two_layers(seed, misnamed, name)
    optimiser = torch.optim.SGD(model.parameters(), rate * faster, MOMENTUM)
    steps = take_steps(model, train, loss, optimiser, looks[-1])
    return [score(model, test) for step, _ in enumerate(steps, 1) if step in looks]


START = torch.tensor([0.1, 0.9])


class Valley(NamedTuple):
    """Half the mean squared error of a neuron with two weights, x @ w, that tells two people apart.

    Attributes: x, (N, 2), each photograph's coordinates along two eigenfaces; sign, (N,), what the
    neuron should say: +1 for one person, -1 for the other.
    """

    x: Tensor
    sign: Tensor

    def loss(self, weights: Tensor) -> Tensor:
        """Weights (..., 2) -> loss (...)."""
        return (weights @ self.x.T - self.sign).square().mean(-1) / 2

    def gradient(self, weights: Tensor) -> Tensor:
        """Weights (2,) -> gradient (2,), by the chain rule."""
        return (self.x @ weights - self.sign) @ self.x / len(self.x)

    @property
    def curvature(self) -> Tensor:
        """(2,): of the flattest and of the steepest direction."""
        return torch.linalg.eigvalsh(self.x.T @ self.x / len(self.x))

    @property
    def minimum(self) -> Tensor:
        """(2,): the weights with the lowest loss."""
        return torch.linalg.lstsq(self.x, self.sign[:, None]).solution[:, 0]


@cache
def load_valley() -> Valley:
    """s33 against s6 by the first eigenface and the tenth, along which faces differ far less."""
    faces = load_faces()
    pca, pixels = PCA(10, svd_solver="arpack", random_state=0), faces.images.flatten(1).numpy()
    coordinates = pca.fit_transform(pixels / 255)
    x = torch.tensor(coordinates[:, [0, 9]], dtype=torch.float32)
    shown = torch.isin(faces.person, torch.tensor([32, 5]))
    sign = torch.where(faces.person[shown] == 32, 1.0, -1.0)
    return Valley(x[shown] - x[shown].mean(0), sign)


OPTIMISERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "gradient descent": torch.optim.SGD,
    "momentum": lambda weights, lr: torch.optim.SGD(weights, lr, MOMENTUM),
    "Adam": torch.optim.Adam,
}


def follow_optimiser(surface: Valley, optimiser: str, lr: float) -> Tensor:
    """Where an optimiser of torch.optim goes on the surface from START in 40 steps: (41, 2)."""
    weights, path = START.clone().requires_grad_(), [START]
    step = OPTIMISERS[optimiser]([weights], lr=lr)
    for _ in range(40):
        step.zero_grad()
        surface.loss(weights).backward()
        step.step()
        path.append(weights.detach().clone())
    return torch.stack(path)


def try_rate(lr: float, steps: int = 100) -> dict[str, list[float]]:
    """The loss of two layers before each step, by optimiser, all at this learning rate."""
    train, runs = load_tiny_faces(seed=0).train, {}
    for name, make in OPTIMISERS.items():
        model = build_two_layers(0)
        optimiser = make(model.parameters(), lr=lr)
        runs[name] = list(take_steps(model, train, cross_entropy, optimiser, steps))
    return runs
