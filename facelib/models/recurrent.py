"""Recurrent networks: one set of weights, used at every step of a sequence.

`Elman` is written out; `FaceRNN` and whatever else is trained uses PyTorch's own cells.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

CELLS: dict[str, type[nn.RNNBase]] = {"RNN": nn.RNN, "GRU": nn.GRU, "LSTM": nn.LSTM}
OPEN = 3.0  # added to the bias of a gate that keeps the state


class Elman(nn.Module):
    """h_t = tanh(W_hh h_{t-1} + W_xh x_t + b_h), o_t = W_ho h_t + b_o.

    After Elman 1990 (https://doi.org/10.1207/s15516709cog1402_1). softmax(o_t) makes probabilities
    of o_t; losses of PyTorch take o_t itself.

    Args:
        inputs, hidden, outputs: lengths of x, h and o.
    """

    def __init__(self, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.read = nn.Linear(inputs, hidden)  # W_xh and b_h
        self.remember = nn.Linear(hidden, hidden, bias=False)  # W_hh
        self.say = nn.Linear(hidden, outputs)  # W_ho and b_o

    def forward(self, sequences: Tensor) -> tuple[Tensor, Tensor]:
        """Sequences (N, T, inputs) -> what it says (N, T, outputs), and its states (N, T, hidden).

        Raises:
            ValueError: not (N, T, inputs), or no step.
        """
        if sequences.ndim != 3 or not sequences.shape[1]:
            raise ValueError(
                f"want sequences (N, T, inputs) of 1 step or more, got {tuple(sequences.shape)}"
            )
        state, states = sequences.new_zeros(len(sequences), self.remember.in_features), []
        for step in sequences.unbind(1):
            state = torch.tanh(self.remember(state) + self.read(step))
            states.append(state)
        states = torch.stack(states, 1)
        return self.say(states), states


def open_gate(cell: nn.GRU | nn.LSTM) -> None:
    """Let the gate that keeps the state begin nearly open; it has the same place in both cells.

    After Gers et al. 2000 (https://doi.org/10.1162/089976600300015015).
    """
    hidden = cell.hidden_size
    with torch.no_grad():
        cell.bias_hh_l0[hidden : 2 * hidden] += OPEN


class FaceRNN(nn.Module):
    """Face image -> embedding -> one score a person, reading a row of pixels at each step.

    The embedding is the state after the lowest row. So that it can remember the highest, gates
    begin open, and a plain RNN's recurrent weights orthogonal.

    Args:
        columns: width of the images.
        hidden: length of the state, and of the embedding.
        people: how many people the head tells apart.
        cell: of `CELLS`.
    """

    def __init__(self, columns: int, hidden: int, people: int, cell: str = "GRU") -> None:
        super().__init__()
        if cell not in CELLS:
            raise ValueError(f"want a cell {' or '.join(CELLS)}, got {cell!r}")
        self.config = {"columns": columns, "hidden": hidden, "people": people, "cell": cell}
        self.reader = CELLS[cell](columns, hidden, batch_first=True)
        if cell == "RNN":
            nn.init.orthogonal_(self.reader.weight_hh_l0)
        else:
            open_gate(self.reader)
        self.embedding = nn.BatchNorm1d(hidden)
        self.head = nn.Linear(hidden, people)

    def embed(self, images: Tensor) -> Tensor:
        """Images float (N, 1, H, columns) in [0, 1] -> embeddings (N, hidden), any length."""
        if images.shape[1:2] != (1,) or images.shape[-1] != self.config["columns"]:
            raise ValueError(
                f"want grey images (N, 1, H, {self.config['columns']}), got {tuple(images.shape)}"
            )
        spread, mean = torch.std_mean(images, dim=(1, 2, 3), keepdim=True)
        states, _ = self.reader(((images - mean) / (spread + 1e-3))[:, 0])
        return self.embedding(states[:, -1])

    def forward(self, images: Tensor) -> Tensor:
        """Images float (N, 1, H, columns) in [0, 1] -> logits (N, people)."""
        return self.head(self.embed(images))
