"""Lesson 09: its figures and widgets."""

from collections.abc import Callable, Mapping, Sequence

import torch
from ipywidgets import FloatSlider, IntSlider, VBox
from torch import Tensor, nn

from facecourse.kit.charts import draw_intervals
from facecourse.kit.compare import Shares, paired_points
from facecourse.kit.explore import explore
from facecourse.lesson09_recurrent import experiment
from facecourse.lesson09_recurrent.experiment import SOLVED, Clips, build_cell
from facelib.figures import show, subplots

SEEDS = range(10)  # of untrained cells
ROOM = 0.92  # of a frame's place that its picture takes


def draw_unrolled(frames: Tensor) -> None:
    """Draw a cell that reads a clip, uint8 (T, 1, 64, 64), frame by frame, and the clip backwards
    below it."""
    count, (figure, axis) = len(frames), subplots(figsize=(9, 3.3))
    arrow = {"arrowstyle": "->", "color": "0.3"}
    box = {"ha": "center", "va": "center", "bbox": {"fc": "#cfe6f5", "ec": "0.4"}}
    look = {"cmap": "gray", "vmin": 0, "vmax": 255}
    for step, (frame, back) in enumerate(zip(frames, frames.flip(0), strict=True)):
        for face, y in ((frame, 0), (back, -1.3)):
            axis.imshow(face[0].numpy(), extent=(step, step + ROOM, y, y + ROOM), **look)
        middle = step + ROOM / 2
        axis.annotate("", (middle, 1.35), (middle, 0.95), arrowprops=arrow)
        axis.text(middle, 1.55, "cell", **box)
        axis.annotate("", (middle + 0.72, 1.55), (middle + 0.24, 1.55), arrowprops=arrow)
        axis.text(middle + 0.5, 1.68, f"$h_{step + 1}$", ha="center", fontsize=9)
        axis.text(middle + 0.1, 1.1, f"$x_{step + 1}$", fontsize=9)
    axis.text(count + 0.25, 1.55, "which way\nfirst?", va="center")
    for y, name in ((0.45, "one way"), (-0.85, "backwards")):
        axis.text(count + 0.1, y, name, va="center")
    axis.set(xlim=(0, count + 1.3), ylim=(-1.35, 1.95), aspect="equal")
    axis.set_axis_off()
    show(
        figure,
        f"{count} frames of a turning head, each read by the same cell, which hands a state on to "
        "the next step; below them the same frames backwards.",
    )


def gate_slider(send_back: Callable[[nn.RNNBase], Tensor]) -> VBox:
    """A slider for the bias of a GRU's gate: how much of a gradient comes back through how many
    steps (median of ten untrained cells), beside cells without a gate and a rule of thumb.

    `send_back` is the lesson's function: a cell -> (steps,), 1 at the first.
    """

    def find_median(start: str, bias: float = 0.0) -> Tensor:
        found = []
        for seed in SEEDS:
            cell = build_cell(start, seed)
            if start == "GRU":
                with torch.no_grad():
                    cell.bias_hh_l0[experiment.STATE : 2 * experiment.STATE] += bias
            torch.manual_seed(seed)
            found.append(send_back(cell))
        return torch.stack(found).median(0).values

    plain = {start: find_median(start) for start in ("RNN", "RNN, orthogonal")}
    plain["GRU, half open (bias 0)"] = find_median("GRU")

    def draw(bias: float) -> None:
        lines = plain | {f"GRU, gate's bias {bias:g}": find_median("GRU", bias)}
        steps = torch.arange(len(lines["RNN"]))
        figure, axis = subplots(figsize=(6.8, 3))
        for (name, line), style in zip(lines.items(), ("--", "-.", ":", "-"), strict=True):
            axis.semilogy(steps, line, style, label=name)
        kept = torch.sigmoid(torch.tensor(bias))
        axis.semilogy(steps, kept**steps, color="black", linewidth=0.7, label="rule: gate^t")
        reach = float(1 / (1 - kept))
        axis.axvline(reach, color="0.6", linewidth=1)
        axis.set(xlabel="steps back, t", xlim=(0, len(steps) - 1))
        axis.set(ylabel="gradient's norm (log)", ylim=(1e-8, 3))
        axis.set_title(
            f"ten untrained cells (median); by the rule a gate of bias {bias:g}\n"
            f"reaches {reach:.0f} steps (grey line)", fontsize=10,
        )  # fmt: skip
        axis.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
        told = ", ".join(f"{name} {float(line[-1]):.0e}" for name, line in lines.items())
        show(figure, f"Gradients by steps back, 1 at the first; after {len(steps) - 1}: {told}.")

    return explore(draw, bias=FloatSlider(3, min=-1, max=5, step=0.5, description="gate's bias"))


def draw_recall(found: Mapping[str, Mapping[str, Sequence[float]]]) -> None:
    """Draw how many runs have learnt to recall the first symbol; `found` is the evidence's
    "recall", [start][steps], one share a seed."""
    counts = [
        [sum(run > SOLVED for run in runs) for runs in row.values()] for row in found.values()
    ]
    lengths, most = list(found["RNN"]), len(next(iter(found["RNN"].values())))
    figure, axis = subplots(figsize=(4.6, 2.9))
    axis.imshow(counts, cmap="Blues", vmin=0, vmax=most, aspect="auto")
    for row, line in enumerate(counts):
        for column, count in enumerate(line):
            colour = "white" if count > 0.6 * most else "black"
            axis.text(column, row, f"{count} of {most}", ha="center", va="center", color=colour)
    axis.set_yticks(range(len(found)), found)
    axis.set_xticks(range(len(lengths)), lengths)
    axis.set(xlabel="steps until it is asked")
    axis.set_title(
        f"runs that name over {SOLVED:.0%} rightly (stored),\nafter {experiment.BATCHES} batches "
        f"or fewer; chance: {1 / experiment.SYMBOLS:.0%}", fontsize=10,
    )  # fmt: skip
    axis.grid(False)
    told = "; ".join(f"{name} {line}" for name, line in zip(found, counts, strict=True))
    show(figure, f"Runs of {most} that recall after {', '.join(lengths)} steps: {told}.")


def state_slider(clips: Clips, model: nn.Module, row: int) -> VBox:
    """Moves through one of the clips: the frame, all states up to it, and what the reader, with a
    `cell` and a `say`, would answer now."""
    with torch.inference_mode():
        states = model.cell(clips.flatten()[[row]])[0][0]
        right = torch.softmax(model.say(states), 1)[:, 1]
    steps = len(states)

    def draw(frame: int) -> None:
        figure, axes = subplots(1, 3, figsize=(9, 2.4), width_ratios=(1, 2.2, 1.6))
        axes[0].imshow(clips.images[row, frame - 1, 0].numpy(), cmap="gray", vmin=0, vmax=255)
        axes[0].set(xticks=[], yticks=[], title=f"frame {frame}")
        seen = torch.full((steps, states.shape[1]), torch.nan)
        seen[:frame] = states[:frame]
        axes[1].imshow(seen.T.numpy(), cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto",
                       extent=(0.5, steps + 0.5, states.shape[1], 0))  # fmt: skip
        axes[1].set(xlabel="frame", ylabel="number of the state")
        axes[1].grid(False)
        axes[2].plot(range(1, frame + 1), right[:frame], "o-")
        axes[2].set(xlabel="frame", ylim=(0, 1), xlim=(0.5, steps + 0.5), title="right first?")
        told = f"the states so far as colours; right first: {float(right[frame - 1]):.2f}"
        show(figure, f"Frame {frame} of {steps}, {told}.")

    return explore(draw, frame=IntSlider(steps, min=1, max=steps, description="frame"))


def draw_gains(found: Mapping[str, Mapping]) -> None:
    """Draw how many points of TAR each way to pool frames has more than their mean; its TAR stands
    beside its name. `found` is the evidence's "people"."""
    tars = found["TAR"]
    gains = {f"{name}, {tars[name]:.1%}": gain for name, gain in found["gains"].items()}
    told = "; ".join(f"{name} {gain:+.1f}" for name, gain in gains.items())
    label = (
        f"points of TAR more than the mean of the frames, {tars['mean of the frames']:.1%}\n"
        "(stored; 95 % CI over people and trainings)"
    )
    draw_intervals(gains, label, f"Points of TAR against the mean of the frames: {told}.")


def draw_rows(
    stored: Mapping[str, Mapping[str, Shares]], learnt: Mapping[str, Mapping[str, float]]
) -> None:
    """Draw how many points of top-1 each reader of rows has more than FaceCNN, with an interval
    over people, and beside the name how many of the photographs learnt from it names rightly.

    Args:
        stored, learnt: the evidence's "rows" and "rows_learnt", [photographs][network].
    """
    found = {
        f"{name}, {photos} of each (learnt {learnt[photos][name]:.0%})": paired_points(
            runs[name], runs["FaceCNN"]
        )
        for photos, runs in stored.items()
        for name in ("RNN", "GRU")
    }
    told = "; ".join(f"{name} {points:+.1f}" for name, points in found.items())
    label = "points of top-1 more than FaceCNN (stored; 95 % CI over people)"
    draw_intervals(found, label, f"Readers of rows against FaceCNN, in points: {told}.")
