"""Lesson 03: slide a kernel, choose a codebook; figures of layers, stored runs and answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from statistics import fmean

import torch
from IPython.display import HTML
from ipywidgets import Dropdown, HBox, IntSlider, Play, VBox, jslink
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor, nn
from torch.nn.functional import conv2d, cosine_similarity, unfold

from facecourse.kit import orl
from facecourse.kit.charts import draw_band, draw_interval
from facecourse.kit.compare import subtract_points
from facecourse.kit.explore import Explorer, explore
from facecourse.kit.protocol import count_file_bytes
from facecourse.ladder.student import renew_statistics
from facecourse.lesson03_sharing import experiment
from facecourse.lesson03_sharing.experiment import KERNEL, LAYERS, SIDE, SIZE, STRIDE
from facelib.compress import save_shared, share
from facelib.data import FaceSet
from facelib.figures import COLOURS, show, subplots
from facelib.measure import latency_ratio, macs, mean_share, parameters

KERNELS = {
    "vertical edges": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "horizontal edges": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "spots": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "blur": [[1 / 9] * 3] * 3,
}
Runs = Mapping[str, Sequence[float]]  # by what was tried: a value a seed
Stored = Mapping[str, Runs]  # by a size


def kernel_slider(picture: Tensor) -> VBox:
    """A kernel slides over `picture`, float (H, W) in [0, 1]: a menu, a slider for the place, and a
    button that plays all places."""
    rows, columns = picture.shape[0] - 2, picture.shape[1] - 2
    middle, last = rows // 2 * columns + columns // 2, rows * columns - 1
    menu = Dropdown(options=list(KERNELS), description="kernel")
    place = IntSlider(middle, min=0, max=last, description="place")
    play = Play(value=middle, min=0, max=last, interval=400)
    jslink((play, "value"), (place, "value"))

    def draw() -> HTML:
        weights = torch.tensor(KERNELS[menu.value]).float()
        row, column = divmod(place.value, columns)
        full = conv2d(picture[None, None], weights[None, None])[0, 0]
        done = torch.where(torch.arange(last + 1) <= place.value, full.flatten(), torch.nan)
        window = picture[row : row + 3, column : column + 3]
        figure, axes = subplots(1, 4, figsize=(9, 2.6))
        panels = {
            "picture": (picture, 0, 1),
            "nine pixels": (window, 0, 1),
            "times nine weights": (weights, -8, 8),
            "the sums so far": (done.view_as(full), -full.abs().max(), full.abs().max()),
        }
        for axis, (title, (panel, low, high)) in zip(axes, panels.items(), strict=True):
            axis.imshow(panel.numpy(), cmap="gray", vmin=low, vmax=high)
            axis.set(xticks=[], yticks=[], title=title)
            axis.grid(visible=False)
        for axis, values in zip(axes[1:3], (window, weights), strict=True):
            for y, x in torch.cartesian_prod(torch.arange(3), torch.arange(3)).tolist():
                text = axis.text(x, y, f"{float(values[y, x]):.2g}", ha="center", va="center")
                text.set(bbox={"facecolor": "white", "edgecolor": "none", "pad": 1}, fontsize=8)
        for axis, side in ((axes[0], 3), (axes[3], 1)):
            look = {"fill": False, "color": COLOURS[1], "linewidth": 2}
            axis.add_patch(Rectangle((column - 0.5, row - 0.5), side, side, **look))
        total = f"{float(full[row, column]):.2f}"
        show(
            figure,
            f"A window of 3 x 3 pixels at row {row}, column {column}; its nine products with the "
            f"kernel's weights add up to {total}, the last number of the feature map so far.",
        )
        products = " ".join(f"{float(value):+.2f}" for value in (window * weights).flatten())
        return HTML(f"<p>{products} = <b>{total}</b></p>")

    box = Explorer([menu, HBox([play, place])], draw)
    for control in (menu, place):
        control.observe(box.redraw, "value")
    return box


@torch.inference_mode()
def draw_layers(layers: Mapping[str, nn.Module], pairs: int = 30) -> None:
    """Draw which of seven pixels each of five outputs sees, a colour a weight, in three layers.

    Below stand the weights and multiplications of `layers`, named as `LAYERS`, for a face of SIZE,
    and how many times as long as Conv2d they take for 40 faces, by so many pairs of calls; the
    convolution computed as the locally connected layer is, too.
    """
    figure, axes = subplots(1, 3, figsize=(9, 3))
    figure.suptitle("one colour: one weight", fontsize=9)
    faces, conv = torch.rand(40, 1, *SIZE), layers["Conv2d"]
    kernels, said = conv.weight.flatten(1), []

    def by_hand(images: Tensor) -> Tensor:
        return kernels @ unfold(images, KERNEL, stride=STRIDE)

    for axis, (kind, layer) in zip(axes, layers.items(), strict=True):
        _draw_weights(axis, kind)
        rival, how = (by_hand, "by unfold ") if layer is conv else (layer, "")
        ratio = latency_ratio(partial(rival, faces), partial(conv, faces), pairs=pairs)
        took = f"{how}{ratio.value:.1f} times as long"
        counts = parameters(layer), macs(layer, (1, *SIZE))
        words = "{:,} weights\n{:,} multiplications".format(*counts)
        axis.text(3, -0.15, f"{words}\n{took}", ha="center", va="top", fontsize=9)
        said.append(f"{kind}: {words}, {took}.".replace("\n", ", "))
    show(
        figure,
        "Seven pixels below, five outputs above. Linear: each output is joined to all pixels by "
        "weights of its own. Locally connected: to three neighbours. Conv2d: to the same three, "
        f"and the same three colours come back at every output. In the lesson: {' '.join(said)}",
    )


def _draw_weights(axis: Axes, kind: str) -> None:
    count = {"Linear": 35, "locally connected": 15, "Conv2d": 3}[kind]
    colours = colormaps["tab10" if count == 3 else "gist_rainbow"]
    for out in range(5):
        seen = range(7) if kind == "Linear" else range(out, out + 3)
        for place, pixel in enumerate(seen):
            weight = place if kind == "Conv2d" else out * len(seen) + place
            colour = colours(weight if count == 3 else weight * 8 % count / count)
            axis.plot([pixel, out + 1], [0, 1], color=colour, linewidth=1.8, zorder=1)
    axis.scatter(range(7), [0] * 7, marker="s", color="black", zorder=2)
    axis.scatter(range(1, 6), [1] * 5, color="black", zorder=2)
    axis.set(title=kind, ylim=(-0.75, 1.1))
    axis.set_axis_off()


def draw_rivals(stored: Mapping[str, Stored]) -> None:
    """Draw top-1 over the number of photographs, and by how much sharing is better than the same
    windows unshared: first layers trained, frozen, and frozen without the max pooling behind them;
    `stored` is the evidence's "top-1"."""
    figure, (left, right) = subplots(1, 2, figsize=(9, 3.2), width_ratios=(3, 2))
    photos = list(stored)
    for colour, kind in zip(COLOURS, LAYERS, strict=False):
        for name, style, fill in ((kind, "o-", colour), (f"{kind}, frozen", "o:", "white")):
            means = [fmean(stored[count][name]["test"]) for count in photos]
            look = {"color": colour, "markerfacecolor": fill, "label": name}
            left.plot(range(len(photos)), means, style, **look)
    left.set(xlabel="photographs a person", ylabel="top-1, mean over splits")
    left.legend(frameon=False, fontsize=8)
    said = []
    endings = "", ", frozen", ", frozen, not pooled"
    for offset, ending, colour in zip((-0.12, 0, 0.12), endings, COLOURS[3:], strict=False):
        for place, count in enumerate(photos):
            pair = (stored[count][f"{k}{ending}"]["test"] for k in ("Conv2d", "locally connected"))
            lead = subtract_points(*pair, "splits")
            label = None if place else ending.removeprefix(", ") or "trained"
            draw_interval(right, place + offset, lead, colour, upright=True, label=label)
            said.append(f"{count} photographs{ending}: {lead:+.1f}")
    right.axhline(0, color="black", linewidth=1)
    right.set(xlabel="photographs a person", ylabel="points, 95 % CI over splits")
    right.set_title("Conv2d less locally connected", fontsize=10)
    right.legend(frameon=False, fontsize=8)
    for axis in (left, right):
        axis.set_xticks(range(len(photos)), photos)
    show(
        figure,
        "Left: top-1 rises with the photographs a person, and a frozen first layer does nearly as "
        f"well as a trained one. Right: the lead of sharing, {'; '.join(said)} points.",
    )


def draw_finders(
    stored: Stored, unlearnt: Runs, kernels: Mapping[str, Tensor], faces: Tensor, places: Tensor
) -> None:
    """Draw a face with a ring at its mouth, a kernel before and after it learnt to find mouths, and
    the share found over the number of faces learnt from, with lines for what learns nothing;
    `stored` and `unlearnt` are the evidence's "mouths" and "mouths without learning"."""
    figure, axes = subplots(1, 4, figsize=(10, 2.8), width_ratios=(1, 1, 1, 2.4))
    _draw_mouth(axes[0], faces[0], int(places[0]))
    cosine = float(cosine_similarity(*(weights.flatten() for weights in kernels.values()), dim=0))
    axes[0].set_title("the mouth is ringed", fontsize=10)
    for axis, (title, weights) in zip(axes[1:], kernels.items(), strict=False):
        limit = float(weights.abs().max())
        axis.imshow(weights[0, 0].numpy(), cmap="gray", vmin=-limit, vmax=limit)
        axis.set_title(title, fontsize=10)
        axis.set_axis_off()
    counts = [int(count) for count in stored]
    for kind, style in (("Conv2d", "o-"), ("locally connected", "s--")):
        points = [mean_share(runs[kind], "seeds") for runs in stored.values()]
        draw_band(axes[3], counts, points, style, label=kind)
    means = {name: fmean(shares) for name, shares in unlearnt.items()}
    for (name, mean), style in zip(means.items(), (":", "-."), strict=True):
        axes[3].axhline(mean, color="black", linestyle=style, linewidth=1, label=name)
    axes[3].set(xscale="log", xlabel="faces learnt from (log)", ylim=(0, 1))
    axes[3].set_xticks(counts, counts)
    axes[3].set_title("new mouths found, 95 % CI over seeds (stored)", fontsize=10)
    axes[3].legend(frameon=False, fontsize=8, loc="upper left", ncols=2)
    show(
        figure,
        f"A face; a kernel of 5 x 5 at random and what it became, of cosine {cosine:.2f}; and "
        "the share of mouths found, for Conv2d high from ten faces on, for locally connected low. "
        f"Without learning: {', '.join(f'{name} {mean:.2f}' for name, mean in means.items())}.",
    )


def draw_answers(weights: Tensor, faces: Tensor, places: Tensor) -> None:
    """Draw six faces as `experiment.render_mouths` gives them: a ring where the mouth is, a cross
    where a kernel (H, W) answers most."""
    figure, axes = subplots(1, 6, figsize=(9, 1.7))
    found = experiment.answer(weights, faces[:6]).flatten(1).argmax(1)
    for axis, face, true, most in zip(axes, faces, places.tolist(), found.tolist(), strict=False):
        _draw_mouth(axis, face, true)
        axis.plot(most % SIDE, most // SIDE, "x", color=COLOURS[5], markeredgewidth=2)
    show(figure, "Faces with a ring around each mouth and a cross where the kernel answers most.")


def _draw_mouth(axis: Axes, face: Tensor, place: int) -> None:
    axis.imshow(face[0].numpy(), cmap="gray")
    axis.plot(place % SIDE, place // SIDE, "o", color=COLOURS[4], fillstyle="none", markersize=12)
    axis.set_axis_off()


def codebook_slider(
    model: nn.Module, train: FaceSet, test: FaceSet, layer: str, stored: Stored
) -> VBox:
    """A slider for the bits of a code: the weights of `layer`, a name from `model.named_modules()`,
    the size of the file, and the score on `test`, at once and with statistics of `train`, beside
    those of other splits; `stored` is the evidence's "codebook"."""
    weights = model.get_submodule(layer).weight.detach().flatten()

    def draw(bits: int) -> HTML:
        small, report = share(model, 2**bits)
        size = count_file_bytes(small, save_shared)
        values = small.get_submodule(layer).parametrizations.weight.original.detach()
        figure, (left, right) = subplots(1, 2, figsize=(9, 2.8))
        left.hist(weights.numpy(), 200, color=COLOURS[5])
        for value in values:
            left.axvline(float(value), color=COLOURS[1], linewidth=0.7, alpha=0.6)
        left.locator_params("x", nbins=5)
        left.set(xlabel=f"weights of {layer}", ylabel="how many")
        said = _draw_codebooks(right, stored)
        right.axvline(bits, color="black", linewidth=0.7)
        show(
            figure,
            f"A histogram of weights; lines mark the codebook's {len(values)} values. The file has "
            f"{size:,} bytes. Beside it {said}",
        )
        renewed = renew_statistics(small, train.images)
        scores = [orl.top1(network, test) for network in (small, renewed)]
        return HTML(
            f"<p>{len(values)} values, {report.bits:.2f} bits a weight, {size:,} bytes of file; "
            f"top-1 {scores[0]:.1%}, with new statistics of batch norm {scores[1]:.1%}.</p>"
        )

    slider = IntSlider(2, min=1, max=8, description="bits")
    return explore(draw, bits=slider)


def _draw_codebooks(axis: Axes, stored: Stored) -> str:
    """Top-1 over the bits of a code, as k-means leaves the network, with new statistics, and
    fine-tuned; lines for 32 bits. Returns what it shows in words."""
    books = {int(values): runs for values, runs in stored.items() if values.isdecimal()}
    bits = [values.bit_length() - 1 for values in books]
    arms = "k-means", "statistics", "fine-tuned"
    for name, style in zip(arms, ("o-", "s--", "^:"), strict=True):
        label = "new statistics" if name == "statistics" else name
        points = [mean_share(runs[name], "splits") for runs in books.values()]
        draw_band(axis, bits, points, style, label=label)
    full = [fmean(stored["32 bits"][name]) for name in ("top-1", "statistics")]
    for mean, style, label in zip(full, ("-", "--"), ("", " and new statistics"), strict=True):
        axis.axhline(mean, color="gray", linestyle=style, linewidth=1, label=f"32 bits{label}")
    axis.set_xticks(bits)
    axis.set(xlabel="bits of a code (stored)", ylabel="top-1, 95 % CI over splits", ylim=(0, 1.02))
    axis.legend(frameon=False, fontsize=8, loc="lower right")
    return (
        "stored curves of top-1 over the bits: k-means rises from near nothing, new statistics and "
        f"fine-tuning stay high; 32 bits {full[0]:.3f}, with new statistics {full[1]:.3f}."
    )
