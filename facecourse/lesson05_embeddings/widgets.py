"""Lesson 05: turn a margin, turn a threshold."""

from __future__ import annotations

import torch
from ipywidgets import Dropdown, FloatLogSlider, FloatSlider, VBox
from matplotlib.patches import Wedge
from torch import Tensor

from facecourse.kit import verify
from facecourse.kit.explore import explore
from facecourse.lesson05_embeddings import experiment
from facecourse.lesson05_embeddings.figures import draw_people
from facelib.data import FaceSet
from facelib.figures import COLOURS, Table, show, subplots
from facelib.measure import Verification
from facelib.training.losses import MARGINS


def margin_slider(steps: int = 200) -> VBox:
    """Trains a network on a circle for each margin; its regions, points and angles follow."""

    def draw(kind: str, margin: float) -> None:
        loss = experiment.build_flat(margin, kind)
        points = experiment.train_points(loss, steps)
        towards = torch.atan2(*loss.weight.detach().flip(1).unbind(1)).rad2deg()
        order = towards.argsort()
        apart = (towards[order].roll(-1) - towards[order]) % 360  # to the next one, anticlockwise
        rooms = [experiment.measure_room(min(a, 180.0), margin, kind) for a in apart.tolist()]
        figure, axis = subplots(figsize=(3.4, 3.4))
        for place, person in enumerate(order.tolist()):
            start, end = towards[person] - rooms[place - 1], towards[person] + rooms[place]
            look = {"color": COLOURS[person], "alpha": 0.25, "linewidth": 0}
            axis.add_patch(Wedge((0, 0), 1.15, float(start), float(end), **look))
        draw_people(axis, points)
        found, share = experiment.measure_angles(points), 2 * sum(rooms) / 360
        told = f"{found.within:.1f}° inside, {found.between:.1f}° apart"
        figure.supxlabel(f"{told}\n{share:.0%} of the circle is coloured", fontsize=9)
        show(
            figure,
            f"Six people on a circle, {told}; coloured regions, {share:.0%} of the circle, are "
            "where a face satisfies the loss, white lies in the margin.",
        )

    kinds = Dropdown(options=list(MARGINS), description="kind")
    slider = FloatSlider(0.35, min=0, max=0.8, step=0.05, description="margin")
    return explore(draw, kind=kinds, margin=slider)


def far_slider(chosen_on: Verification, embeddings: Tensor, faces: FaceSet) -> VBox:
    """A threshold for a FAR, chosen on some people, and what it does to others."""
    slider = FloatLogSlider(0.01, min=-3, max=-1, step=0.1, description="FAR wanted",
                            readout_format=".4f")  # fmt: skip
    others = verify.verify_pairs(embeddings, faces)

    def draw(far: float) -> Table:
        threshold = chosen_on.threshold_at(far)
        figure, axes = subplots(1, 2, figsize=(7.5, 2.4), sharex=True, sharey=True)
        for axis, pairs, who in zip(axes, (chosen_on, others), ("s1-s20", "s21-s40"), strict=True):
            for same, colour, label in ((False, 1, "impostor"), (True, 0, "genuine")):
                scores = pairs.scores[pairs.same == same].numpy()
                look = {"alpha": 0.6, "color": COLOURS[colour], "label": label}
                axis.hist(scores, 60, density=True, **look)
            axis.axvline(threshold, color="black", linestyle="--")
            axis.set(title=who, xlabel="score (cosine)")
        axes[0].legend(frameon=False)
        show(
            figure,
            "Impostor scores (orange) and genuine scores (blue), which lie higher, of s1-s20 and "
            f"of s21-s40; a dashed line at the threshold {threshold:.3f}.",
        )
        return verify.carry_over(chosen_on, embeddings, faces, far)

    return explore(draw, far=slider)
