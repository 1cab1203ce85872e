"""Lesson 09: gradients through time, recall, and letters."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, linear, one_hot

from facecourse.kit.seeds import build_seeded
from facelib.models.recurrent import CELLS, Elman, open_gate

INPUTS, HIDDEN = 5, 32
LENGTHS = (1, 2, 4, 8, 16, 32, 64)  # steps between the first input and the state that is asked
STEPS, BATCH, RATE = 400, 64, 5e-3
SYMBOLS = 4  # one of which comes first and is asked for at the end


STARTS = (
    "RNN", "RNN, orthogonal", "RNN, orthogonal times 1.5",
    "GRU", "GRU, gate open", "LSTM", "LSTM, gate open",
)  # fmt: skip


def build_cell(start: str, seed: int) -> nn.RNNBase:
    """A cell that begins as one of `STARTS` says: the same seed, the same weights.

    Orthogonal: Saxe et al. 2014 (https://arxiv.org/abs/1312.6120).
    """
    kind, _, way = start.partition(", ")

    def build() -> nn.RNNBase:
        cell = CELLS[kind](INPUTS, HIDDEN, batch_first=True)
        if way == "gate open":
            open_gate(cell)
        elif way:
            nn.init.orthogonal_(cell.weight_hh_l0, 1.5 if way.endswith("1.5") else 1.0)
        return cell

    return build_seeded(seed, build)


def copy_to_library(model: Elman) -> nn.RNN:
    """PyTorch's own recurrent network with the same weights; it has two biases, one of them 0."""
    inputs, hidden = model.read.in_features, model.read.out_features
    library = nn.RNN(inputs, hidden, batch_first=True)
    parts = {"weight_ih_l0": model.read.weight, "bias_ih_l0": model.read.bias,
             "weight_hh_l0": model.remember.weight, "bias_hh_l0": torch.zeros(hidden)}  # fmt: skip
    library.load_state_dict(parts)
    return library


def split_gradient(model: Elman, sequences: Tensor) -> Tensor:
    """The gradient of the last state's sum with respect to W_hh, as used at each single step.

    Args:
        sequences: float (N, T, inputs).

    Returns:
        float (T, hidden, hidden). Added up over the steps: the gradient of the shared weight.
    """
    copies = [model.remember.weight.detach().clone() for _ in range(sequences.shape[1])]
    state = sequences.new_zeros(len(sequences), len(copies[0]))
    for step, weight in zip(sequences.unbind(1), copies, strict=True):
        state = torch.tanh(linear(state, weight.requires_grad_()) + model.read(step))
    return torch.stack(torch.autograd.grad(state.sum(), copies))


def measure_gradient(start: str, length: int, seed: int) -> float:
    """The length of the gradient that a state of an untrained cell sends back to the first input,
    so many steps before, both counted; the inputs are small."""
    generator = torch.Generator().manual_seed(seed)
    inputs = (0.1 * torch.randn(8, length, INPUTS, generator=generator)).requires_grad_()
    states, _ = build_cell(start, seed)(inputs)
    (states[:, -1] * torch.randn(8, HIDDEN, generator=generator)).sum().backward()
    return float(inputs.grad[:, 0].norm())


def _asked(count: int, length: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Sequences that begin with a symbol and go on with noise; and which symbol it was."""
    symbol = torch.randint(SYMBOLS, (count,), generator=generator)
    inputs = 0.3 * torch.randn(count, length, INPUTS, generator=generator)
    inputs[:, 0] = one_hot(symbol, INPUTS)
    return inputs, symbol


def measure_recall(
    start: str, length: int, seed: int = 0, steps: int = STEPS, most: float = 1.0
) -> tuple[float, list[float]]:
    """How often a trained cell still knows the first symbol; chance is 1 / SYMBOLS.

    Gradients longer than `most` are clipped to it.

    Returns:
        The share of 500 new sequences, and the length of each step's gradient before it was
        clipped.
    """
    reader, generator = build_cell(start, seed), torch.Generator().manual_seed(seed)
    say = build_seeded(seed, lambda: nn.Linear(HIDDEN, SYMBOLS))
    weights = [*reader.parameters(), *say.parameters()]
    optimizer, lengths = torch.optim.Adam(weights, RATE), []
    for _ in range(steps):
        inputs, symbol = _asked(BATCH, length, generator)
        loss = cross_entropy(say(reader(inputs)[0][:, -1]), symbol)
        optimizer.zero_grad()
        loss.backward()
        lengths.append(float(nn.utils.clip_grad_norm_(weights, most)))
        optimizer.step()
    inputs, symbol = _asked(500, length, generator)
    with torch.inference_mode():
        right = say(reader(inputs)[0][:, -1]).argmax(1) == symbol
    return float(right.double().mean()), lengths


def encode_letters(text: str) -> tuple[Tensor, str]:
    """A text as one row of zeros and a one for each letter, float (1, T, letters); the alphabet."""
    alphabet = "".join(sorted(set(text)))
    places = torch.tensor([alphabet.index(letter) for letter in text])
    return one_hot(places, len(alphabet)).float()[None], alphabet


def train_speller(text: str) -> Elman:
    """An Elman network that has learnt to say the next letter of `text` after each."""
    letters, alphabet = encode_letters(text)
    model = build_seeded(0, lambda: Elman(len(alphabet), 8, len(alphabet)))
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    for _ in range(300):
        said, _ = model(letters[:, :-1])
        loss = cross_entropy(said[0], letters[0, 1:].argmax(1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model
