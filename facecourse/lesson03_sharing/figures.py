"""Lesson 03: its figure and tables, from stored runs and from a clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import unfold

from facecourse.kit.charts import Table, draw_lines, tabulate
from facecourse.lesson03_sharing.experiment import KERNEL, LAYERS, SHIFTS, SIZE, STRIDE, VALUES
from facelib.compress import decode
from facelib.measure import latency_ratio, mean_interval, paired_interval


def compare_layers(stored: Mapping[str, Mapping]) -> Table:
    """What locality alone, sharing alone and both bring, in top-1, paired within each split;
    `stored` is the evidence's "top-1"."""
    rows = {}
    for training, runs in stored.items():
        for photos, kinds in runs.items():
            full, local, conv = (kinds[kind]["0"] for kind in LAYERS)
            rows[f"{photos}, {training}"] = {
                **{kind: _mean(kinds[kind]["0"]) for kind in LAYERS},
                "local - Linear": paired_interval(local, full, "splits"),
                "Conv2d - local": paired_interval(conv, local, "splits"),
                "Conv2d - Linear": paired_interval(conv, full, "splits"),
            }
    return tabulate(rows, "photographs", "{:.3f}")


def compare_shifts(runs: Mapping[str, Mapping[str, Sequence[float]]]) -> Table:
    """Mean top-1 by how far the test faces were moved, and at the farthest the lead over Linear.

    Args:
        runs: top-1 by network and shift, as stored.
    """
    last, rows = str(SHIFTS[-1]), {}
    for kind, shifts in runs.items():
        rows[kind] = {f"{shift} px": _mean(shifts[str(shift)]) for shift in SHIFTS}
        if kind != "Linear":
            lead = paired_interval(shifts[last], runs["Linear"][last], "splits")
            rows[kind][f"{last} px, less Linear"] = lead
    return tabulate(rows, "top-1, moved by", "{:.3f}")


def tabulate_codebooks(stored: Mapping[str, Mapping[str, Sequence[float]]]) -> Table:
    """For each size of codebook its size, and top-1 less that of 32 bits trained for as long;
    `stored` is the evidence's "codebook"."""
    dense = stored["32 bits"]
    rivals = {"k-means": "top-1", "all but codebooks": "trained on", "fine-tuned": "trained on"}
    rows = {}
    for values in VALUES:
        runs = stored[str(values)]
        rows[str(values)] = {name: _mean(runs[name]) for name in ("bits", "entropy", "bytes")} | {
            name: paired_interval(runs[name], dense[rival], "splits")
            for name, rival in rivals.items()
            if name in runs
        }
    columns = {
        "bits a weight": "{bits:.2f}", "best names": "{entropy:.2f}", "bytes": "{bytes:,.0f}",
        "k-means": "{k-means:.3f}", "all but codebooks tuned": "{all but codebooks:.3f}",
        "fine-tuned": "{fine-tuned:.3f}",
    }  # fmt: skip
    return tabulate(rows, "values", columns)


def draw_codebooks(stored: Mapping[str, Mapping[str, Sequence[float]]]) -> None:
    """Draw top-1 over the bits of a code, as k-means leaves the network and tuned; `stored` is the
    evidence's "codebook"."""
    curves = {
        name: [
            mean_interval(stored[str(values)][name], "splits")
            for values in VALUES
            if name in stored[str(values)]
        ]
        for name in ("k-means", "fine-tuned", "all but codebooks")
    }
    draw_lines([values.bit_length() - 1 for values in VALUES], curves, "bits of a code", "top-1")


@torch.inference_mode()
def time_layers(model: nn.Module, small: nn.Module, pairs: int = 30) -> Table:
    """How many times as long a layer or network takes as its rival, on 40 faces at a time.

    Args:
        model: a FaceCNN.
        small: the same with codebooks.
        pairs: timed pairs of calls.
    """
    faces, halves = torch.rand(40, 1, *SIZE), torch.rand(40, 1, 56, 46)
    layers = {name: layer() for name, layer in LAYERS.items()}
    conv, model, small = layers["Conv2d"], model.eval(), small.eval()
    kernels = conv.weight.flatten(1)

    def by_hand(images: Tensor) -> Tensor:
        return kernels @ unfold(images, KERNEL, stride=STRIDE)

    rivals = {
        "Conv2d by hand (unfold, matmul) / Conv2d": (by_hand, conv, faces),
        "locally connected / Conv2d": (layers["locally connected"], conv, faces),
        "Linear / Conv2d": (layers["Linear"], conv, faces),
        "codebook read at each call / 32 bits": (small, model, halves),
        "codebook read once / 32 bits": (decode(small), model, halves),
    }
    rows = [
        [name, latency_ratio(lambda a=a, x=x: a(x), lambda b=b, x=x: b(x), pairs=pairs)]
        for name, (a, b, x) in rivals.items()
    ]
    return Table(["time of one over the other", "median ratio [95 % CI]"], rows)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
