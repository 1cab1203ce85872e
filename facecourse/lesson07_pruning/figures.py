"""The figures, tables and the widget of lesson 07."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from ipywidgets import FloatSlider, VBox
from torch import Tensor, nn

from facecourse.kit.charts import Table, explore, signed
from facecourse.kit.compare import over_seeds
from facecourse.ladder.student import tar_drop
from facelib.compress import decode, sparsify
from facelib.compress.layers import find_layers
from facelib.figures import COLOURS, show, subplots
from facelib.measure import Interval, paired_interval
from facelib.models import face_student
from facelib.models.faceresnet import SHAPE

# Heads of columns: what their intervals are over.
OVER_PEOPLE, OVER_SEEDS = "at once [over people]", "trained on [over seeds]"


def sparsity_slider(people: int = 100) -> VBox:
    """Takes a share of the student's weights out: what is left of weights, file and TAR.

    Args:
        people: who don't exist, to count lost points on.
    """

    def draw(share: float) -> Table:
        model = face_student()
        if share:
            model = decode(sparsify(model, share)[0])
        weights = flatten_weights(model)
        left = weights[weights != 0]
        figure, axis = subplots(figsize=(6.4, 2.2))
        axis.hist(left.numpy(), np.linspace(-0.3, 0.3, 121), color=COLOURS[0])
        axis.set(xlabel="weight", ylabel="how many are left")
        show(figure, f"Histogram of the {len(left):,} weights that are left of {len(weights):,}.")
        whole, packed = measure_file(model)
        lost = tar_drop(model, people)
        head = ["zeros", "weights left", "TAR lost, points", "file", "compressed"]
        cells = [f"{share:.0%}", f"{len(left):,}", signed(lost)]
        return Table(head, [[*cells, f"{whole / 1e3:,.0f} kB", f"{packed / 1e3:,.0f} kB"]])

    slider = FloatSlider(0.5, min=0, max=0.95, step=0.05, description="zeros", readout_format=".0%",
                         continuous_update=False)  # fmt: skip
    return explore(draw, share=slider)


def flatten_weights(model: nn.Module) -> Tensor:
    """The weights of every convolution and linear layer, as one vector."""
    return torch.cat([layer.weight.detach().flatten() for layer in find_layers(model).values()])


def measure_file(model: nn.Module) -> tuple[int, int]:
    """Bytes of all weights as they are, and after zlib has compressed them."""
    content = b"".join(t.numpy().tobytes() for t in model.state_dict().values())
    return len(content), len(zlib.compress(content, 9))


def tabulate_weights(found: Mapping[str, Mapping], control: Sequence[float]) -> Table:
    """Points of TAR lost by the share of single weights that went, at once and trained on.

    Args:
        found: the evidence's "weights": [share] "at once", an interval; "trained on" and "in
            rounds", one value a seed.
        control: lost by the whole network trained on as long, one value a seed.
    """
    rows = [["0%", "-", over_seeds(control), "-", "-"]]
    for share, runs in found.items():
        gain = paired_interval(runs["trained on"], runs["in rounds"], of="seeds")
        after = (over_seeds(runs[name]) for name in ("trained on", "in rounds"))
        at_once = signed(Interval(**runs["at once"]))
        rows.append([f"{float(share):.0%}", at_once, *after, signed(gain)])
    head = ["zeros", OVER_PEOPLE, OVER_SEEDS, "in rounds", "trained on - in rounds"]
    return Table(head, rows)


def tabulate_channels(found: Mapping[str, Mapping[str, Mapping]]) -> Table:
    """Points of TAR lost by the share of MACs that went in channels, and how these were chosen.

    Args:
        found: the evidence's "channels", [ratio][importance].
    """
    rows = []
    for ratio, ways in found.items():
        first, *_ = ways
        for importance, runs in ways.items():
            after, beside = runs["trained on"], ways[first]["trained on"]
            more = "-" if importance == first else signed(paired_interval(after, beside, "seeds"))
            nothing = over_seeds(runs.get("from nothing", ()))
            rows.append([f"{float(ratio):.0%}", importance, f"{runs['macs'] / 1e6:.1f} million",
                         f"{runs['parameters']:,}", signed(Interval(**runs["at once"])),
                         over_seeds(after), more, nothing])  # fmt: skip
    head = ["to go", "by", "MACs left", "parameters", OVER_PEOPLE, OVER_SEEDS, f"more than {first}",
            "same from nothing"]  # fmt: skip
    return Table(head, rows)


def speed_table(found: Mapping[str, Mapping]) -> Table:
    """How many times faster onnxruntime is with this share of zeros.

    Args:
        found: the evidence's "zeros".
    """
    rows = [[f"{float(share):.0%}", Interval(**faster)] for share, faster in found.items()]
    return Table(["zeros", "times faster [95 % CI]"], rows)


def draw_layer_groups(model: nn.Module) -> Table:
    """Draws which layers must shrink together, as torch-pruning's dependency graph has it.

    Args:
        model: a FaceResNet, or another network for grey images of 64 x 64 pixels.

    Returns:
        A row a group: its channels, and the layers whose outputs and whose inputs they are.
    """
    import torch_pruning

    layers = list(find_layers(model))
    graph = torch_pruning.DependencyGraph().build_dependency(model, torch.zeros(1, *SHAPE))
    kinds, rows = [type(layer) for layer in find_layers(model).values()], []
    figure, axis = subplots(figsize=(7, 2.8))
    found = list(graph.get_all_groups([], list(dict.fromkeys(kinds))))[::-1]
    for number, group in enumerate(found):
        parts = {"prune_out_channels": set(), "prune_in_channels": set()}
        for item in group:
            place = item.dep.target.name.split(" ")[0]
            if place in layers:
                parts[item.dep.handler.__name__].add(layers.index(place))
        outputs, inputs = (sorted(part) for part in parts.values())
        axis.plot(outputs, [number] * len(outputs), "o-", color=COLOURS[0], markersize=8)
        axis.plot(inputs, [number] * len(inputs), "s", color=COLOURS[1], markersize=8, mfc="none")
        width = find_layers(model)[layers[outputs[0]]].weight.shape[0]
        names = (", ".join(str(place + 1) for place in part) or "-" for part in (outputs, inputs))
        rows.append([number + 1, width, *names])
    axis.set(xlabel="layer", ylabel="group")
    axis.set_xticks(range(len(layers)), range(1, len(layers) + 1))
    axis.set_yticks(range(len(rows)), range(1, len(rows) + 1))
    show(figure, "Groups of layers that shrink together: dots lose outputs, open squares inputs.")
    return Table(["group", "channels", "outputs of layers", "inputs of layers"], rows)


def widths_table(found: Mapping[str, Mapping]) -> Table:
    """Half of the MACs gone with widths in steps: what is left, and how much faster that is.

    Args:
        found: the evidence's "widths", by the step.
    """
    rows = []
    for step, row in found.items():
        widths = " ".join(map(str, row["widths"]))
        rows.append([step, widths, f"{row['macs'] / 1e6:.2f} million",
                     Interval(**row["times faster"])])  # fmt: skip
    return Table(["multiples of", "channels left", "MACs", "times faster [95 % CI]"], rows)


def draw_sensitivity(found: Mapping[str, Mapping]) -> Table:
    """Points of TAR lost where one layer alone is pruned, as bars and as a table.

    Args:
        found: the evidence's "sensitivity", by layer.
    """
    lost = {name: Interval(**value) for name, value in found.items()}
    sizes = {name: layer.weight.numel() for name, layer in find_layers(face_student()).items()}
    figure, axis = subplots(figsize=(6.4, 2.6))
    axis.bar(range(1, len(lost) + 1), [value.value for value in lost.values()], color=COLOURS[0])
    axis.set(xlabel="layer", ylabel="points of TAR lost", xticks=range(1, len(lost) + 1))
    most = max(lost, key=lambda name: lost[name].value)
    show(figure, f"Bars of the points lost by the layer that is pruned; {most} loses most.")
    rows = [[place, name, f"{sizes[name]:,}", signed(value)]
            for place, (name, value) in enumerate(lost.items(), 1)]  # fmt: skip
    return Table(["layer", "", "weights", "TAR lost, points"], rows)


def blocks_table(found: Mapping[str, Mapping]) -> Table:
    """Points of TAR lost without one residual block.

    Args:
        found: the evidence's "blocks", by name.
    """
    rows = [[name, f"{row['macs'] / 1e6:.1f} million", signed(Interval(**row["at once"])),
             over_seeds(row["trained on"])] for name, row in found.items()]  # fmt: skip
    return Table(["without", "MACs", OVER_PEOPLE, OVER_SEEDS], rows)
