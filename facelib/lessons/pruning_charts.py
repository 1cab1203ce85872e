"""The figures, tables and the widget of lesson 07."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from ipywidgets import FloatSlider, VBox
from torch import Tensor, nn

from facelib.compress import decoded, sparsify
from facelib.compress.codebook import weighted
from facelib.figures import COLOURS, show, subplots
from facelib.lessons import pruning
from facelib.lessons.charts import Table, explore, signed
from facelib.measure import Interval, mean_interval, paired_interval
from facelib.models import face_student


def sparsity_slider(people: int = 100) -> VBox:
    """Takes a share of the student's weights out: what is left of weights, file and TAR.

    Args:
        people: who don't exist, to count lost points on.
    """

    def draw(share: float) -> Table:
        model = face_student()
        if share:
            model = decoded(sparsify(model, share)[0])
        weights = all_weights(model)
        left = weights[weights != 0]
        figure, axis = subplots(figsize=(6.4, 2.2))
        axis.hist(left.numpy(), np.linspace(-0.3, 0.3, 121), color=COLOURS[0])
        axis.set(xlabel="weight", ylabel="how many are left")
        show(figure, f"Histogram of the {len(left):,} weights that are left of {len(weights):,}.")
        whole, packed = file_sizes(model)
        lost = pruning.lost(model, people)
        head = ["zeros", "weights left", "TAR lost, points", "file", "compressed"]
        cells = [f"{share:.0%}", f"{len(left):,}", signed(lost)]
        return Table(head, [[*cells, f"{whole / 1e3:,.0f} kB", f"{packed / 1e3:,.0f} kB"]])

    slider = FloatSlider(0.5, min=0, max=0.95, step=0.05, description="zeros", readout_format=".0%",
                         continuous_update=False)  # fmt: skip
    return explore(draw, share=slider)


def all_weights(model: nn.Module) -> Tensor:
    """The weights of every convolution and linear layer, as one vector."""
    return torch.cat([layer.weight.detach().flatten() for layer in weighted(model).values()])


def file_sizes(model: nn.Module) -> tuple[int, int]:
    """Bytes of all weights as they are, and after zlib has compressed them."""
    content = b"".join(t.numpy().tobytes() for t in model.state_dict().values())
    return len(content), len(zlib.compress(content, 9))


def weights_table(found: Mapping[str, Mapping], control: Sequence[float]) -> Table:
    """Points of TAR lost by the share of single weights that went, at once and trained on.

    Args:
        found: the evidence's "weights": [share] "at once", an interval; "trained on" and "in
            rounds", one value a seed.
        control: lost by the whole network trained on as long, one value a seed.
    """
    rows = [["0%", "-", _mean(control), "-", "-"]]
    for share, runs in found.items():
        gain = paired_interval(runs["trained on"], runs["in rounds"], of="seeds")
        after = (_mean(runs[name]) for name in ("trained on", "in rounds"))
        at_once = signed(Interval(**runs["at once"]))
        rows.append([f"{float(share):.0%}", at_once, *after, signed(gain)])
    head = ["zeros", "at once", "trained on", "in rounds", "trained on - in rounds"]
    return Table(head, rows)


def channels_table(found: Mapping[str, Mapping[str, Mapping]]) -> Table:
    """Points of TAR lost by the share of MACs that went in channels, and how these were chosen.

    Args:
        found: the evidence's "channels", [ratio][importance].
    """
    rows = []
    for ratio, ways in found.items():
        for importance, runs in ways.items():
            rows.append([f"{float(ratio):.0%}", importance, f"{runs['parameters']:,}",
                         signed(Interval(**runs["at once"])), _mean(runs["trained on"]),
                         _mean(runs.get("from nothing", ()))])  # fmt: skip
    head = ["MACs gone", "by", "parameters", "at once", "trained on", "same from nothing"]
    return Table(head, rows)


def _mean(values: Sequence[float]) -> str:
    return signed(mean_interval(values, "seeds")) if values else "-"
