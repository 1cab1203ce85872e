"""Lesson 03: tables of stored runs and of times; edit a kernel, shift a face, choose a codebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from ipywidgets import BoundedFloatText, Dropdown, GridBox, IntSlider, Layout, VBox
from torch import Tensor, nn
from torch.nn.functional import conv2d, unfold

from facecourse.kit.charts import draw_lines, draw_panels, tabulate
from facecourse.kit.explore import Explorer, explore
from facecourse.lesson03_sharing import experiment
from facecourse.lesson03_sharing.experiment import KERNEL, LAYERS, SHIFTS, SIZE, STRIDE, VALUES
from facelib.compress import decode
from facelib.data import FaceSet, corrupt
from facelib.figures import COLOURS, Table, show, subplots
from facelib.measure import latency_ratio, mean_interval, paired_interval

KERNELS = {
    "vertical edges": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "horizontal edges": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "spots": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "blur": [[1 / 9] * 3] * 3,
    "nothing but copy": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
}


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
    """Mean top-1 by how far the test faces were moved, and at the farthest the lead over Linear;
    `runs` is top-1 by network and shift, as stored."""
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
    books = [stored[str(values)] for values in VALUES]
    curves = {
        name: [mean_interval(book[name], "splits") for book in books if name in book]
        for name in ("k-means", "fine-tuned", "all but codebooks")
    }
    draw_lines([values.bit_length() - 1 for values in VALUES], curves, "bits of a code", "top-1")


@torch.inference_mode()
def time_layers(model: nn.Module, small: nn.Module, pairs: int = 30) -> Table:
    """How many times as long a layer or network takes as its rival, on 40 faces at a time, by so
    many pairs of calls; `model` is a FaceCNN, `small` the same with codebooks."""
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


def kernel(name: str) -> Tensor:
    """One of `KERNELS`, (1, 1, 3, 3)."""
    return torch.tensor(KERNELS[name], dtype=torch.float32).view(1, 1, 3, 3)


def kernel_editor(face: Tensor) -> VBox:
    """A menu and nine fields for a 3 x 3 kernel; the feature map of `face`, float (1, 1, H, W) in
    [0, 1], follows."""
    start = kernel("spots").flatten().tolist()
    fields = [
        BoundedFloatText(
            value, min=-9, max=9, step=0.5, layout=Layout(width="70px"),
            tooltip=f"row {place // 3 + 1}, column {place % 3 + 1}",
        )
        for place, value in enumerate(start)
    ]  # fmt: skip
    menu = Dropdown(options=list(KERNELS), value="spots", description="kernel")
    grid = GridBox(fields, layout=Layout(grid_template_columns="repeat(3, 80px)"))

    def draw() -> Table:
        edited = torch.tensor([field.value for field in fields]).view(1, 1, 3, 3)
        feature_map = conv2d(face, edited)
        draw_panels(
            {"face": 2 * face - 1, "kernel": edited, "feature map": feature_map},
            "A face, the 3 x 3 kernel, and the feature map that the kernel makes of the face.",
        )
        head = ["sum of the kernel", "lowest response", "highest response"]
        values = edited.sum(), feature_map.min(), feature_map.max()
        return Table(head, [[float(value) for value in values]])

    def choose(change: dict) -> None:
        for field, value in zip(fields, kernel(change["new"]).flatten().tolist(), strict=True):
            field.unobserve(editor.redraw, "value")  # one drawing for all nine
            field.value = value
            field.observe(editor.redraw, "value")
        editor.redraw()

    editor = Explorer([menu, grid], draw)
    for field in fields:
        field.observe(editor.redraw, "value")
    menu.observe(choose, "value")
    return editor


def shift_slider(face: Tensor, stacks: Mapping[str, nn.Sequential]) -> VBox:
    """A slider that moves `face`, float (1, 1, H, W), to the right; what each layer makes of it
    follows. A stack, trained, is a layer with a stride of `STRIDE`, ReLU, and pooling by 2."""
    face = experiment.Standardise()(face)

    @torch.no_grad()
    def departure(part: nn.Module, moved: Tensor, places: int) -> float:
        still, now = part(face), part(moved)
        off = now[..., places:] - still[..., : still.shape[3] - places]
        return float(off.abs().max() / still.std())

    @torch.no_grad()
    def draw(pixels: int) -> Table:
        moved, step = corrupt.shift(face, pixels), STRIDE
        rows = [
            [name, pixels, departure(stack[0], moved, pixels // step),
             departure(stack, moved, pixels // (2 * step))]
            for name, stack in stacks.items()
        ]  # fmt: skip
        draw_panels(
            {"face": moved} | {name: stack[0](moved)[:, :1] for name, stack in stacks.items()},
            f"A face moved {pixels} pixels to the right, and a map of each: {', '.join(stacks)}.",
        )
        return Table(["layer", "pixels", "its map is off by", "after pooling"], rows)

    slider = IntSlider(2, min=0, max=8, description="shift")
    return explore(draw, pixels=slider)


def codebook_slider(model: nn.Module, test: FaceSet, layer: str) -> VBox:
    """A slider for the bits of a code: the weights of `layer`, a name from `model.named_modules()`,
    and the whole network's size and its score on `test`. The model stays as it is."""
    weights = model.get_submodule(layer).weight.detach().flatten()

    def draw(bits: int) -> Table:
        small, report, size = experiment.share_to_file(model, 2**bits)
        values = small.get_submodule(layer).parametrizations.weight.original.detach()
        figure, axis = subplots(figsize=(6.4, 2.4))
        axis.hist(weights, 200, color=COLOURS[5])
        for value in values:
            axis.axvline(float(value), color=COLOURS[1], linewidth=0.7, alpha=0.6)
        axis.set(xlabel=f"weights of {layer}", ylabel="how many")
        show(figure, f"A histogram of weights; lines mark the codebook's {len(values)} values.")
        score = experiment.top1_shifted(small, test)
        head = ["values", "bits a weight", "with the best names", "bytes of the file", "top-1"]
        return Table(head, [[len(values), report.bits, report.entropy, f"{size:,}", score]])

    slider = IntSlider(4, min=1, max=8, description="bits")
    return explore(draw, bits=slider)
