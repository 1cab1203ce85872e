"""Lesson 09: its figures, tables and widget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

import torch
from ipywidgets import IntSlider, VBox
from torch import Tensor

from facecourse.kit.charts import tabulate
from facecourse.kit.compare import subtract_points
from facecourse.kit.explore import explore
from facecourse.lesson09_recurrent.clips import CODE, HIDDEN, ClipClassifier, Clips, flatten_frames
from facelib.figures import COLOURS, Table, show, subplots
from facelib.measure import latency
from facelib.models import embed, face_embedding, face_student
from facelib.models.faceresnet import SHAPE

Runs = Mapping[str, Sequence[float]]


def scrubber(clips: Clips, model: ClipClassifier) -> VBox:
    """Moves through the first clip: the frame, all states up to it, and what the network, with a
    cell that reads `clips.flatten_frames`, would say now."""
    with torch.inference_mode():
        states = model.cell(flatten_frames(clips.images[:1]))[0][0]
        right = torch.softmax(model.say(states), 1)[:, 1]
    steps = len(states)

    def draw(frame: int) -> Table:
        figure, axes = subplots(1, 2, figsize=(7, 2.4), width_ratios=(1, 2.2))
        axes[0].imshow(clips.images[0, frame - 1, 0].numpy(), cmap="gray", vmin=0, vmax=255)
        axes[0].set(xticks=[], yticks=[])
        seen = torch.full((steps, states.shape[1]), torch.nan)
        seen[:frame] = states[:frame]
        axes[1].imshow(seen.T.numpy(), cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto",
                       extent=(0.5, steps + 0.5, states.shape[1], 0))  # fmt: skip
        axes[1].set(xlabel="frame", ylabel="number of the state")
        show(figure, f"Frame {frame} of {steps} and, as columns of colours, the states up to it.")
        change = (states[frame - 1] - (states[frame - 2] if frame > 1 else 0)).norm()
        yaw, said = clips.yaw[0, frame - 1], right[frame - 1]
        head = ["frame", "degrees to the right", "change of the state", "right first, it says"]
        return Table(head, [[frame, f"{yaw:+.0f}", f"{change:.2f}", f"{said:.1%}"]])

    slider = IntSlider(1, min=1, max=steps, description="frame")
    return explore(draw, frame=slider)


def draw_uses(each: Tensor) -> Table:
    """How much of a shared weight's gradient comes from its use at each step, given
    `memory.split_gradient`, (T, hidden, hidden)."""
    lengths = each.flatten(1).norm(dim=1).tolist()
    figure, axis = subplots(figsize=(5, 2.2))
    axis.bar(range(1, len(lengths) + 1), lengths, color=COLOURS[0])
    axis.set(xlabel="step at which the weight is used", ylabel="length of its gradient")
    show(figure, "Bars of the gradient's length by step: the later a use, the more it counts.")
    steps = [f"step {number}" for number in range(1, len(lengths) + 1)]
    return Table(steps, [[f"{length:.3f}" for length in lengths]])


def draw_gradients(found: Mapping[str, Runs]) -> Table:
    """How much of a gradient reaches the first input, by the steps it goes back; `found` is the
    evidence's "gradients", [start][length]."""
    figure, axis = subplots(figsize=(6.4, 3))
    rows = []
    for number, (start, by_length) in enumerate(found.items()):
        means = [fmean(values) for values in by_length.values()]
        style = "-" if number < len(COLOURS) else "--"
        axis.loglog(list(map(int, by_length)), means, style, marker=".", label=start)
        rows.append([start, *(f"{mean:.1e}" for mean in means)])
    axis.set(xlabel="steps", ylabel="length of the gradient")
    axis.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
    show(figure, "Lines of the gradient's length by steps: most fall, one stays, one rises.")
    return Table(["", *(f"{length} steps" for length in by_length)], rows)


def time_frames(repeats: int) -> Table:
    """How many frames the shipped networks embed here, and a cell reads, one by one, on one thread,
    the median of so many calls."""
    frame, code, rows = torch.zeros(1, *SHAPE, dtype=torch.uint8), torch.zeros(1, 1, CODE), []
    big, small, cell = face_embedding(), face_student(), torch.nn.GRU(CODE, HIDDEN)
    for name, call in {
        "face embedding": lambda: embed(big, frame, flip=False),
        "its student": lambda: embed(small, frame, flip=False),
        "a GRU's step, on an embedding": torch.inference_mode()(lambda: cell(code)),
    }.items():
        took = latency(call, repeats=repeats)
        rows.append([name, f"{took.median_ms:.3g}", f"{1000 / took.median_ms:,.0f}"])
    return Table(["", "ms a frame", "frames a second"], rows)


def tabulate_recall(found: Mapping[str, Runs]) -> Table:
    """How often a trained cell still knows the first symbol; `found` is the evidence's "recall",
    [start][length]."""
    rows = {
        start: {
            f"{length} steps": f"{fmean(runs):.0%} ({min(runs):.0%} to {max(runs):.0%})"
            for length, runs in by_length.items()
        }
        for start, by_length in found.items()
    }
    return tabulate(rows, "", "{:}")


def compare_clipping(found: Mapping[str, Mapping[str, Runs]]) -> Table:
    """What is recalled with gradients clipped and as they come, paired over seeds; `found` is the
    evidence's "clipped", [start][how gradients are taken]."""
    rows = {}
    for start, ways in found.items():
        recalled = {way: runs["recalled"] for way, runs in ways.items()}
        rows[start] = {
            **{way: f"{fmean(values):.0%}" for way, values in recalled.items()},
            "points of difference": f"{subtract_points(*recalled.values()):+.1f}",
            **{f"longest gradient, {way}": f"{max(runs['longest gradient']):,.0f}"
               for way, runs in ways.items()},
        }  # fmt: skip
    return tabulate(rows, "", "{:}")


def compare_readers(found: Mapping[str, Mapping[str, Sequence]]) -> Table:
    """Readers of clips and of sets: how well, and by how much better than the plain mean; `found`
    is the evidence's "people", by reader."""
    plain = "mean of the frames"

    def take(name: str, part: str) -> list[float]:
        return [run if part == "ORL sets" else run["TAR at 1 % FAR"] for run in found[name][part]]

    def gain(name: str, part: str) -> str:
        if name == plain:
            return "-"
        values, base = take(name, part), take(plain, part)
        if len(set(values) | set(base)) == 2:  # neither has anything that a seed would change
            return f"{100 * (values[0] - base[0]):+.1f}"
        return f"{subtract_points(values, base):+.1f}"

    rows = [
        [name, f"{fmean(take(name, 'clips')):.1%}", gain(name, "clips"),
         f"{fmean(take(name, 'shuffled')):.1%}",
         f"{fmean(take(name, 'ORL sets')):.1%}", gain(name, "ORL sets")]
        for name in found
    ]  # fmt: skip
    more = "more than the mean"
    return Table(["", "TAR of clips", more, "frames shuffled", "ORL sets, top-1", more], rows)
