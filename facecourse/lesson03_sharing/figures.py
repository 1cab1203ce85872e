"""The tables of lesson 03, from stored runs and from a clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import unfold

from facecourse.kit.charts import Table, draw_lines
from facecourse.lesson03_sharing.experiment import KERNEL, LAYERS, SHIFTS, SIZE, STRIDE, VALUES
from facelib.compress import decode
from facelib.measure import latency_ratio, macs, mean_interval, paired_interval, parameters


def count_costs() -> Table:
    """Parameters and multiplications of each of `LAYERS`."""
    layers = {name: layer() for name, layer in LAYERS.items()}
    rows = [
        [name, f"{parameters(layer):,}", f"{macs(layer, (1, *SIZE)):,}"]
        for name, layer in layers.items()
    ]
    return Table(["layer", "parameters", "multiplications (MACs) a face"], rows)


def compare_layers(stored: Mapping[str, Mapping]) -> Table:
    """What locality alone, sharing alone and both bring, in top-1, paired within each split.

    Args:
        stored: the evidence's "top-1".
    """
    full, local, conv = LAYERS
    rows = []
    for training, runs in stored.items():
        for photos, kinds in runs.items():
            top = {kind: kinds[kind]["0"] for kind in LAYERS}
            pairs = ((local, full), (conv, local), (conv, full))
            changes = [paired_interval(top[a], top[b], "splits") for a, b in pairs]
            means = [sum(top[kind]) / len(top[kind]) for kind in LAYERS]
            rows.append([f"{photos}, {training}", *means, *changes])
    head = ["photographs", *LAYERS, "local - Linear", "Conv2d - local", "Conv2d - Linear"]
    return Table(head, rows)


def compare_shifts(runs: Mapping[str, Mapping[str, Sequence[float]]]) -> Table:
    """Mean top-1 by how far the test faces were moved, and at the farthest the lead over Linear.

    Args:
        runs: top-1 by network and shift, as stored.
    """
    last = str(SHIFTS[-1])
    rows = []
    for kind, shifts in runs.items():
        means = [sum(values) / len(values) for values in shifts.values()]
        lead = paired_interval(shifts[last], runs["Linear"][last], "splits")
        rows.append([kind, *means, lead if kind != "Linear" else "-"])
    head = ["top-1, moved by", *(f"{shift} px" for shift in SHIFTS), f"{last} px: less Linear"]
    return Table(head, rows)


def draw_codebooks(stored: Mapping[str, Mapping[str, Sequence[float]]]) -> None:
    """Draw top-1 over the bits of a code, as k-means leaves the network and tuned.

    Args:
        stored: the evidence's "codebook".
    """
    curves = {
        name: [
            mean_interval(stored[str(values)][name], "splits")
            for values in VALUES
            if name in stored[str(values)]
        ]
        for name in ("k-means", "fine-tuned", "all but codebooks")
    }
    draw_lines([values.bit_length() - 1 for values in VALUES], curves, "bits of a code", "top-1")


def tabulate_codebooks(stored: Mapping[str, Mapping[str, Sequence[float]]]) -> Table:
    """For each size of codebook its size, and top-1 less that of 32 bits trained for as long.

    Args:
        stored: the evidence's "codebook".
    """
    rows, dense = [], stored["32 bits"]
    for values in VALUES:
        runs = stored[str(values)]
        bits, entropy, size = (sum(runs[k]) / len(runs[k]) for k in ("bits", "entropy", "bytes"))
        lost = [
            paired_interval(runs[ours], dense[theirs], "splits") if ours in runs else "-"
            for ours, theirs in (
                ("k-means", "top-1"), ("all but codebooks", "trained on"),
                ("fine-tuned", "trained on"),
            )
        ]  # fmt: skip
        rows.append([values, f"{bits:.2f}", f"{entropy:.2f}", f"{size:,.0f}", *lost])
    head = ["values", "bits a weight", "best names", "bytes", "k-means", "all but codebooks tuned"]
    return Table([*head, "fine-tuned"], rows)


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
