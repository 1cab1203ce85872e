"""Lesson 07: its figures and its widget, and the table of channels."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import numpy as np
import torch
from ipywidgets import FloatSlider, VBox
from torch import Tensor, nn

from facecourse.kit.charts import in_millions, tabulate
from facecourse.kit.explore import explore
from facecourse.ladder.student import tar_drop
from facelib.compress import decode, sparsify
from facelib.compress.layers import find_layers
from facelib.figures import COLOURS, Table, show, subplots
from facelib.measure import Interval, paired_interval
from facelib.models import face_student
from facelib.models.faceresnet import SHAPE


def sparsity_slider(people: int = 100) -> VBox:
    """Takes a share of the student's weights out: what is left of weights, file and TAR.

    Args:
        people: who don't exist, to count lost points on.
    """

    def draw(share: float) -> Table:
        model = decode(sparsify(face_student(), share)[0]) if share else face_student()
        weights = flatten_weights(model)
        left = weights[weights != 0]
        figure, axis = subplots(figsize=(6.4, 2.2))
        axis.hist(left.numpy(), np.linspace(-0.3, 0.3, 121), color=COLOURS[0])
        axis.set(xlabel="weight", ylabel="how many are left")
        show(figure, f"Histogram of the {len(left):,} weights that are left of {len(weights):,}.")
        sizes = [f"{size / 1e3:,.0f} kB" for size in measure_file(model)]
        head = ["zeros", "weights left", "TAR lost, points", "file", "compressed"]
        cells = [f"{share:.0%}", f"{len(left):,}", f"{tar_drop(model, people):+.1f}"]
        return Table(head, [[*cells, *sizes]])

    slider = FloatSlider(0.5, min=0, max=0.95, step=0.05, description="zeros", readout_format=".0%")
    return explore(draw, share=slider)


def flatten_weights(model: nn.Module) -> Tensor:
    """The weights of every convolution and linear layer, as one vector."""
    return torch.cat([layer.weight.detach().flatten() for layer in find_layers(model).values()])


def measure_file(model: nn.Module) -> tuple[int, int]:
    """Bytes of all weights as they are, and after zlib has compressed them."""
    content = b"".join(t.numpy().tobytes() for t in model.state_dict().values())
    return len(content), len(zlib.compress(content, 9))


def draw_layer_groups(model: nn.Module) -> Table:
    """Draws which layers must shrink together, as torch-pruning's dependency graph has it.

    Args:
        model: a FaceResNet, or another network for grey images of 64 x 64 pixels.

    Returns:
        A row a group: its channels, and the layers whose outputs and whose inputs they are.
    """
    import torch_pruning

    layers, rows = find_layers(model), []
    names, kinds = list(layers), list(dict.fromkeys(map(type, layers.values())))
    graph = torch_pruning.DependencyGraph().build_dependency(model, torch.zeros(1, *SHAPE))
    figure, axis = subplots(figsize=(7, 2.8))
    for number, group in enumerate(list(graph.get_all_groups([], kinds))[::-1]):
        parts = {"prune_out_channels": set(), "prune_in_channels": set()}
        for item in group:
            place = item.dep.target.name.split(" ")[0]
            if place in layers:
                parts[item.dep.handler.__name__].add(names.index(place))
        outputs, inputs = (sorted(part) for part in parts.values())
        axis.plot(outputs, [number] * len(outputs), "o-", color=COLOURS[0], markersize=8)
        axis.plot(inputs, [number] * len(inputs), "s", color=COLOURS[1], markersize=8, mfc="none")
        width = len(layers[names[outputs[0]]].weight)
        places = (", ".join(str(place + 1) for place in part) or "-" for part in (outputs, inputs))
        rows.append([number + 1, width, *places])
    axis.set(xlabel="layer", ylabel="group")
    axis.set_xticks(range(len(layers)), range(1, len(layers) + 1))
    axis.set_yticks(range(len(rows)), range(1, len(rows) + 1))
    show(figure, "Groups of layers that shrink together: dots lose outputs, open squares inputs.")
    return Table(["group", "channels", "outputs of layers", "inputs of layers"], rows)


def draw_sensitivity(found: Mapping[str, Interval]) -> Table:
    """Points of TAR lost where one layer alone is pruned, as bars and as a table; `found` is the
    evidence's "sensitivity", by layer."""
    sizes = {name: layer.weight.numel() for name, layer in find_layers(face_student()).items()}
    figure, axis = subplots(figsize=(6.4, 2.6))
    places = range(1, len(found) + 1)
    axis.bar(places, [lost.value for lost in found.values()], color=COLOURS[0])
    axis.set(xlabel="layer", ylabel="points of TAR lost", xticks=places)
    most = max(found, key=lambda name: found[name].value)
    show(figure, f"Bars of the points lost by the layer that is pruned; {most} loses most.")
    rows = [
        [n, name, f"{sizes[name]:,}", f"{found[name]:+.1f}"]
        for n, name in zip(places, found, strict=True)
    ]
    return Table(["layer", "", "weights", "TAR lost, points"], rows)


def tabulate_channels(found: Mapping[str, Mapping[str, Mapping]]) -> Table:
    """Points of TAR lost by the share of MACs that went in channels, and how these were chosen;
    `found` is the evidence's "channels", [ratio][importance]."""
    rows = {}
    for ratio, ways in found.items():
        first, *others = ways
        beside = {way: paired_interval(ways[way]["trained on"], ways[first]["trained on"])
                  for way in others}  # fmt: skip
        rows |= {(f"{float(ratio):.0%}", way): runs | {"more": beside.get(way)}
                 for way, runs in ways.items()}  # fmt: skip
    return tabulate(rows, ("to go", "by"), {
        "MACs left": in_millions("macs"), "parameters": "{parameters:,}",
        "at once [over people]": "{at once:+.1f}", "trained on [over seeds]": "{trained on:+.1f}",
        f"more than {first}": lambda row: f"{row['more']:+.1f}" if row["more"] else "-",
        "same from nothing": "{from nothing:+.1f}",
    })  # fmt: skip
