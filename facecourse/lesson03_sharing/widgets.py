"""Lesson 03: edit a kernel, shift a face, choose a codebook."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from ipywidgets import BoundedFloatText, Dropdown, GridBox, IntSlider, Layout, VBox
from torch import Tensor, nn
from torch.nn.functional import conv2d

from facecourse.kit.charts import Table, draw_panels
from facecourse.kit.explore import Explorer, explore
from facecourse.lesson03_sharing import experiment
from facelib.data import FaceSet, corrupt
from facelib.figures import COLOURS, show, subplots

KERNELS = {
    "vertical edges": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "horizontal edges": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "spots": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "blur": [[1 / 9] * 3] * 3,
    "nothing but copy": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
}


def kernel(name: str) -> Tensor:
    """One of `KERNELS`, (1, 1, 3, 3)."""
    return torch.tensor(KERNELS[name], dtype=torch.float32).view(1, 1, 3, 3)


def kernel_editor(face: Tensor) -> VBox:
    """A menu and nine fields for a 3 x 3 kernel; the feature map of `face` follows.

    Args:
        face: float (1, 1, H, W) in [0, 1].
    """
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
        responses = [float(v) for v in (edited.sum(), feature_map.min(), feature_map.max())]
        head = ["sum of the kernel", "lowest response", "highest response"]
        return Table(head, [responses])

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
    """A slider that moves `face` to the right; what each layer makes of it follows.

    Args:
        face: float (1, 1, H, W).
        stacks: trained, each a layer with a stride of `experiment.STRIDE`, ReLU, and pooling by 2.
    """
    face = experiment.Standardise()(face)

    @torch.no_grad()
    def departure(part: nn.Module, moved: Tensor, places: int) -> float:
        still, now = part(face), part(moved)
        off = now[..., places:] - still[..., : still.shape[3] - places]
        return float(off.abs().max() / still.std())

    @torch.no_grad()
    def draw(pixels: int) -> Table:
        moved, step = corrupt.shift(face, pixels), experiment.STRIDE
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

    slider = IntSlider(2, min=0, max=8, description="shift", continuous_update=False)
    return explore(draw, pixels=slider)


def codebook_slider(model: nn.Module, test: FaceSet, layer: str) -> VBox:
    """A slider for the bits of a code; one layer's weights, and the whole network's size and score.

    Args:
        model: trained; not changed.
        test: faces to name.
        layer: whose weights to draw, a name from `model.named_modules()`.
    """
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

    slider = IntSlider(4, min=1, max=8, description="bits", continuous_update=False)
    return explore(draw, bits=slider)
