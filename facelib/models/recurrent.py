"""Recurrent networks: one set of weights, used at every step of a sequence.

The cells are PyTorch's own; lesson 09 writes two of them out.
"""

import torch
from torch import Tensor, nn

CELLS: dict[str, type[nn.RNNBase]] = {"RNN": nn.RNN, "GRU": nn.GRU, "LSTM": nn.LSTM}
OPEN = 3.0  # added to the bias of a gate that keeps the state


def open_gate(cell: nn.GRU | nn.LSTM) -> None:
    """Let the gate that keeps the state begin nearly open; it has the same place in both cells.

    After Gers et al. 2000 (https://doi.org/10.1162/089976600300015015).
    """
    hidden = cell.hidden_size
    with torch.no_grad():
        cell.bias_hh_l0[hidden : 2 * hidden] += OPEN


class FaceRNN(nn.Module):
    """Face image -> embedding -> one score a person, reading a row of pixels at each step.

    The embedding is the state after the lowest row, `hidden` numbers. So that it can remember the
    highest, gates begin open, and a plain RNN's recurrent weights orthogonal. `columns` is the
    images' width, `people` how many the head tells apart, and `cell` is of `CELLS`.
    """

    def __init__(self, columns: int, hidden: int, people: int, cell: str = "GRU") -> None:
        super().__init__()
        if cell not in CELLS:
            raise ValueError(f"want a cell {' or '.join(CELLS)}, got {cell!r}")
        if min(columns, hidden, people) < 1:
            raise ValueError(
                "columns, hidden and people must be at least 1, got "
                f"{columns}, {hidden} and {people}"
            )
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
        if images.ndim != 4 or images.shape[1::2] != (1, self.config["columns"]):
            raise ValueError(
                f"want grey images (N, 1, H, {self.config['columns']}), got {tuple(images.shape)}"
            )
        spread, mean = torch.std_mean(images, dim=(1, 2, 3), keepdim=True)
        states, _ = self.reader(((images - mean) / (spread + 1e-3))[:, 0])
        return self.embedding(states[:, -1])

    def forward(self, images: Tensor) -> Tensor:
        """Images float (N, 1, H, columns) in [0, 1] -> logits (N, people)."""
        return self.head(self.embed(images))
