"""Lesson 01: the steps of a recogniser, a guessing game, intervals over splits, a time line."""

import torch
from IPython.display import HTML
from ipywidgets import Button, HBox, IntSlider, SelectionSlider
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import PercentFormatter
from torch import Tensor

from facecourse.kit.charts import draw_interval
from facecourse.kit.compare import judge
from facecourse.kit.explore import Explorer, explore
from facelib.figures import COLOURS, Table, show, subplots
from facelib.measure import Interval, mean_share, paired_interval, share_interval

HISTORY = (  # year, what, above or below the line
    (1980, "shared kernels\n(Neocognitron)", 1),
    (1989, "first trained CNN", -1),
    (1991, "eigenfaces", 2),
    (1993, "Gabor jets", -2),
    (1996, "LBP", -1),
    (1997, "Fisherfaces;\nCNN on ORL", 1),
    (2004, "LBP of faces", -1),
    (2005, "HOG; twin nets\nof faces", 2),
    (2014, "DeepFace", -2),
    (2015, "FaceNet,\nVGGFace", 1),
)


def draw_pipeline(photo: Tensor, codes: Tensor) -> None:
    """Draw the five steps from a photograph, uint8 (1, H, W), to a decision.

    `codes` are float (2, D), what is compared; the first twelve numbers of each are drawn.
    """
    figure, axes = subplots(1, 5, figsize=(9, 2.2))
    figure.get_layout_engine().set(wspace=0.12)
    detect, align, embed, compare, decide = axes
    height, width = photo.shape[1:]
    names = ("1 detect", "2 align", "3 embed", "4 compare", "5 decide")
    for axis, name in zip(axes, names, strict=True):
        axis.set(xticks=[], yticks=[])
        axis.grid(False)
        axis.set_title(name, fontsize=10)
    detect.imshow(photo[0].numpy(), cmap="gray")
    box = {"fill": False, "edgecolor": COLOURS[1], "linewidth": 2}
    corner = (0.2 * width, 0.18 * height)
    detect.add_patch(Rectangle(corner, 0.6 * width, 0.7 * height, **box))
    cut = photo[0, int(0.18 * height) : int(0.88 * height), int(0.2 * width) : int(0.8 * width)]
    align.imshow(cut.numpy(), cmap="gray")
    first, second = ((code[:12] / code[:12].abs().max()).tolist() for code in codes)
    embed.barh(range(12), first, color=COLOURS[0])
    compare.barh(range(12), first, 0.4, color=COLOURS[0])
    compare.barh([place + 0.45 for place in range(12)], second, 0.4, color=COLOURS[4])
    score = float(torch.cosine_similarity(*codes, dim=0))
    compare.set_xlabel(f"with another photograph\nscore {score:.2f}", fontsize=9)
    decide.set(xlim=(0, 1), ylim=(0, 1))
    decide.plot([0.5, 0.5], [0.15, 0.75], "k--")
    decide.text(0.5, 0.83, "threshold", ha="center")
    decide.plot(0.77, 0.28, "o", color=COLOURS[0])
    decide.text(0.24, 0.42, "reject", ha="center")
    decide.text(0.77, 0.42, "accept", ha="center")
    arrow = {"arrowstyle": "-|>", "color": "black"}
    for axis in axes[:-1]:
        axis.annotate("", (1.13, 0.5), (1.02, 0.5), "axes fraction", arrowprops=arrow)
    show(
        figure,
        "Five steps: a box around the face in a photograph, the face cut out upright, a row of "
        "numbers, two such rows compared by a score, and a threshold that accepts or rejects.",
    )


def play_pairs(pairs: Tensor, same: Tensor, machine: Tensor) -> Explorer:
    """Two buttons under a pair of faces, one pair after the other; at the end, whose errors.

    Args:
        pairs: uint8 (N, 2, 1, H, W).
        same: bool (N,), do they show one person?
        machine: bool (N,), what a machine says to them.
    """
    answers: list[bool] = []
    buttons = Button(description="one person"), Button(description="two people")

    def count(wrong: Tensor) -> tuple[int, str]:
        return int(wrong.sum()), f"{share_interval(wrong, 'pairs'):.0%}"

    def draw() -> Table | HTML:
        if len(answers) == len(pairs):
            rows = [
                [name, *count(said[~same]), *count(~said[same])]
                for name, said in (("you", torch.tensor(answers)), ("Gabor filters", machine))
            ]
            return Table(["", "false accepts", "FAR", "false rejects", "FRR"], rows)
        figure, axes = subplots(1, 2, figsize=(3.6, 2))
        for axis, face in zip(axes, pairs[len(answers), :, 0], strict=True):
            axis.imshow(face.numpy(), cmap="gray", vmin=0, vmax=255)
            axis.set_axis_off()
        figure.suptitle(f"pair {len(answers) + 1} of {len(pairs)}", fontsize=9)
        show(figure, f"Pair {len(answers) + 1}: one person or two?")
        return HTML("&nbsp;")

    box = Explorer([HBox(buttons)], draw)

    def answer(button: Button) -> None:
        if len(answers) < len(pairs):
            answers.append(button is buttons[0])
            box.redraw()

    for button in buttons:
        button.on_click(answer)
    return box


def interval_slider(first: Tensor, second: Tensor, names: tuple[str, str]) -> Explorer:
    """Sliders for how many splits are drawn and for which draw; below, two methods' top-1 on them.

    `first` and `second` are float64 (N,), on the same N splits.
    """
    splits = SelectionSlider(options=[5, 20, 80], description="splits")
    deal = IntSlider(1, min=1, max=20, description="draw")

    def draw(splits: int, deal: int) -> None:
        order = torch.randperm(len(first), generator=torch.Generator().manual_seed(deal))
        figure, (left, right) = subplots(1, 2, figsize=(8, 2.4), width_ratios=(3, 2))
        some = [run[order[:splits]] for run in (first, second)]
        for row, (values, run) in enumerate(zip(some, (first, second), strict=True)):
            _draw_runs(left, row, values, mean_share(values, "splits"), run.mean())
        left.xaxis.set_major_formatter(PercentFormatter(1, 1, ""))
        left.set_yticks((0, 1), names)
        left.set(xlabel="top-1, %", ylim=(1.5, -0.5))
        apart = [100 * values for values in some]
        difference = paired_interval(*apart, "splits")
        _draw_runs(right, 0, apart[0] - apart[1], difference, 100 * (first - second).mean())
        right.axvline(0, color="black", linewidth=1)
        right.set(yticks=[], xlabel="difference within each split, points", ylim=(0.6, -0.6))
        verdict = judge(difference, "better", "worse")
        right.set_title(f"{names[0]} less {names[1]} {difference:+.1f}: {verdict}", fontsize=10)
        show(
            figure,
            f"Top-1 of {names[0]} and {names[1]} on {splits} splits, a dot each, with mean and "
            f"interval; on the right their difference {difference:+.1f}: {verdict}.",
        )

    return explore(draw, splits=splits, deal=deal)


def _draw_runs(axis: Axes, row: float, values: Tensor, interval: Interval, truth: Tensor) -> None:
    """A dot a run, below them their mean with its bar, and a tick at the mean of all runs."""
    jitter = torch.rand(len(values), generator=torch.Generator().manual_seed(0)) * 0.3 - 0.35
    axis.plot(values, row + jitter, "o", color=COLOURS[5], alpha=0.6, markersize=4)
    draw_interval(axis, row + 0.2, interval, COLOURS[0])
    axis.plot([truth, truth], [row + 0.05, row + 0.35], color=COLOURS[1], linewidth=2)


def draw_timeline() -> None:
    """Draw when each method came."""
    figure, axis = subplots(figsize=(9, 2.6))
    axis.axhline(0, color="black", linewidth=1)
    for year, what, height in HISTORY:
        axis.plot([year, year], [0, 0.8 * height], color="0.7", linewidth=1)
        axis.plot(year, 0, "o", color=COLOURS[0])
        side = "bottom" if height > 0 else "top"
        axis.text(year, 0.8 * height, f"{what}\n{year}", ha="center", va=side, fontsize=8)
    axis.set(xlim=(1976, 2019), ylim=(-2.9, 2.9))
    axis.set_axis_off()
    said = "; ".join(f"{year} {what}" for year, what, _ in HISTORY).replace("\n", " ")
    show(figure, f"A time line: {said}.")
