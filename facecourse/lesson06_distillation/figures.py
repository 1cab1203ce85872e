"""Lesson 06: the idea drawn, a temperature to turn, and a student beside its teacher."""

from collections.abc import Mapping

import torch
from IPython.display import HTML
from ipywidgets import Dropdown, FloatLogSlider, FloatSlider, IntSlider, VBox
from torch import Tensor
from torch.nn.functional import softmax

from facecourse.kit.charts import LEARNS, STILL, draw_box, draw_differences, draw_intervals
from facecourse.kit.compare import Shares, paired_points, top1_intervals
from facecourse.kit.explore import explore
from facecourse.lesson06_distillation.experiment import MORE
from facelib.figures import COLOURS, show, subplots
from facelib.measure import Verification

PAIRS = 3000  # that are drawn of each kind
ONE, FOUR = "asked, same photograph", f"asked, {MORE}"
LEADS = (  # what is said to be better, and than what
    (ONE, "names"), (ONE, "smoothed names"), (FOUR, "names"), (FOUR, ONE),
    (FOUR, "names of all five"),
)  # fmt: skip


def draw_idea(face: Tensor) -> None:
    """Draw who is shown what in a distillation, and who learns from it; `face` is uint8 (H, W)."""
    figure, axis = subplots(figsize=(7.6, 2.5))
    axis.set(xlim=(0, 10), ylim=(-0.4, 3.1))
    axis.set_axis_off()
    look = {"cmap": "gray", "vmin": 0, "vmax": 255, "aspect": "auto"}
    axis.imshow(face.numpy(), extent=(0, 1.5, 0.6, 2.4), **look)
    draw_box(axis, (2.4, 5.9), (1.7, 2.9), STILL, "teacher: large, stays as it is")
    draw_box(axis, (2.4, 4.6), (0.2, 0.9), LEARNS, "student: small, learns")
    for words, height in (("what the teacher says", 2.3), ("what the student says", 0.55)):
        axis.text(6.6, height, words, va="center", fontsize=9)
    axis.text(9.2, 1.42, "loss: how far\nthey differ", ha="center", va="center", fontsize=9)
    arrows = [
        ((2.3, 2.3), (1.6, 1.8)), ((2.3, 0.55), (1.6, 1.2)), ((6.5, 2.3), (6, 2.3)),
        ((6.5, 0.55), (4.7, 0.55)), ((9.2, 1.8), (9, 2.2)), ((9.2, 1.05), (9, 0.65)),
    ]  # fmt: skip
    for end, start in arrows:
        axis.annotate("", end, start, arrowprops={"arrowstyle": "->"})
    back = {"color": COLOURS[1]}
    axis.plot([9.9, 9.9, 3.5], [1.42, -0.25, -0.25], **back)
    axis.annotate("", (3.5, 0.2), (3.5, -0.29), arrowprops={"arrowstyle": "->"} | back)
    axis.text(6.6, -0.2, "gradient", fontsize=8, ha="center", va="bottom", **back)
    show(
        figure,
        "A photograph goes into a large teacher, which stays as it is, and into a small student. "
        "The loss says how far apart their answers are; its gradient reaches the student alone.",
    )


def temperature_slider(logits: Tensor, enrolled: Tensor, probes: Tensor) -> VBox:
    """What a teacher says of one photograph at a temperature, above the faces it may name.

    Args:
        logits: float (N, N), of each photograph for each person; the diagonal is right.
        enrolled, probes: uint8 (N, 1, H, W), a photograph each of these people and another one.
    """
    strip = torch.cat(list(enrolled[:, 0]), 1).numpy()
    people = range(len(enrolled))

    def draw(face: int, temperature: float) -> HTML:
        said = softmax(logits[face] / temperature, 0)
        second = int(said.masked_fill(torch.arange(len(said)) == face, -1).argmax())
        look = {"width_ratios": [1.4, len(people)], "height_ratios": [2.4, 1]}
        figure, axes = subplots(2, 2, figsize=(8.2, 2.7), gridspec_kw=look)
        (asked, chances), (empty, known) = axes
        grey, edges = {"cmap": "gray", "vmin": 0, "vmax": 255}, (-0.5, len(people) - 0.5)
        asked.imshow(probes[face, 0].numpy(), **grey)
        asked.set_title("who is this?", fontsize=9)
        chances.bar(people, said.numpy(), color=[COLOURS[who == face] for who in people])
        chances.set(xlim=edges, ylim=(0, 1), ylabel="probability", xticks=[])
        chances.grid(False)
        known.imshow(strip, extent=(*edges, 0, 1), aspect="auto", **grey)
        empty.set_axis_off()
        for axis in (asked, known):
            axis.set(xticks=[], yticks=[])
        words = f"At temperature {temperature:.2f} the right person has {said[face]:.3f}, the most "
        words += f"like of the others, number {second + 1} from the left, {said[second]:.3f}."
        show(figure, f"Probabilities as bars above {len(people)} faces. {words}")
        return HTML(f"<p>{words}</p>")

    faces = IntSlider(0, max=len(logits) - 1, description="face")
    slider = FloatLogSlider(1, min=-0.5, max=1.5, step=0.1, description="temperature",
                            readout_format=".2f")  # fmt: skip
    return explore(draw, face=faces, temperature=slider)


def draw_students(names: Mapping[str, Shares], live: Mapping[str, float]) -> None:
    """Draw the top-1 of teacher and students, stored (`names` of the evidence) and as crosses what
    was measured here."""
    found = top1_intervals(names)
    told = "; ".join(f"{name} {interval.value:.1%}" for name, interval in found.items())
    label = "top-1 on s21 to s40, 95 % CI over people; x = this run"
    draw_intervals(found, label, f"Top-1 of a teacher and its students: {told}.", live, True)


def draw_by_names(names: Mapping[str, Shares]) -> None:
    """Draw the paired differences of `LEADS`; `names` is the evidence's."""
    rows = {
        f"({first}) less ({second})": paired_points(names[first], names[second])
        for first, second in LEADS
    }
    draw_differences({"": rows}, "points of top-1, 95 % CI over people")


def agreement_slider(networks: Mapping[str, Tensor], teacher: Tensor, person: Tensor) -> VBox:
    """Pairs of faces by the teacher's cosine and by a network's, and what both decide at a
    threshold.

    Args:
        networks: unit embeddings (N, D) by name.
        teacher: the teacher's, (N, D).
        person: whom the faces show, int64 (N,).
    """
    left, right = torch.triu_indices(len(person), len(person), 1)
    same = person[left] == person[right]
    theirs = (teacher @ teacher.T)[left, right]
    some = torch.randperm(len(left), generator=torch.Generator().manual_seed(0))
    kinds = {"impostor": some[~same[some]][:PAIRS], "genuine": some[same[some]][:PAIRS]}

    def draw(network: str, threshold: float) -> HTML:
        codes = networks[network]
        mine = (codes @ codes.T)[left, right]
        figure, axis = subplots(figsize=(4.6, 3.8))
        for (kind, rows), colour in zip(kinds.items(), (COLOURS[1], COLOURS[0]), strict=True):
            look = {"markersize": 2, "alpha": 0.4, "color": colour}
            axis.plot(theirs[rows], mine[rows], "o", label=kind, **look)
        axis.plot([-0.5, 1], [-0.5, 1], color="black", linewidth=1)
        axis.axvline(threshold, color="0.4", linestyle="--")
        axis.axhline(threshold, color="0.4", linestyle="--")
        axis.set(xlabel="the teacher's cosine", ylabel=f"cosine, {network}")
        axis.set(xlim=(-0.5, 1.02), ylim=(-0.5, 1.02))
        axis.legend(frameon=False, markerscale=3, loc="upper left")
        agree = [float(((theirs > threshold) == (mine > threshold))[kind].double().mean())
                 for kind in (same, ~same)]  # fmt: skip
        words = f"{network}: AUC {Verification(mine, same).auc:.3f}; at the threshold "
        words += f"{threshold:.2f} it decides as the teacher does for {agree[0]:.1%} of genuine "
        words += f"pairs and {agree[1]:.1%} of impostor pairs."
        show(figure, f"Pairs of faces by two networks' cosines, with the line of equality. {words}")
        return HTML(f"<p>{words}</p>")

    menu = Dropdown(options=list(networks), value=list(networks)[-1], description="network")
    slider = FloatSlider(0.5, min=0, max=1, step=0.02, description="threshold")
    return explore(draw, network=menu, threshold=slider)
