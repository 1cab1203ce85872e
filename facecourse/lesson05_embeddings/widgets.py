"""Lesson 05: turn a margin, turn a threshold."""

import torch
from ipywidgets import Dropdown, FloatLogSlider, FloatSlider, VBox
from matplotlib.patches import Wedge
from torch import Tensor

from facecourse.kit import protocol, verify
from facecourse.kit.explore import explore
from facecourse.lesson05_embeddings import experiment
from facecourse.lesson05_embeddings.figures import draw_people
from facelib.figures import COLOURS, show, subplots
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
        share = 2 * sum(rooms) / 360
        told = "{:.1f}° inside, {:.1f}° apart".format(*experiment.measure_angles(points))
        figure.supxlabel(
            f"{told}\ncoloured ({share:.0%} of the circle): named rightly\nin spite of the margin",
            fontsize=9,
        )
        show(
            figure,
            f"Six people on a circle, {told}; coloured regions, {share:.0%} of the circle, are "
            "where a face satisfies the loss, white lies in the margin.",
        )

    kinds = Dropdown(options=list(MARGINS), description="kind")
    slider = FloatSlider(0.35, min=0, max=0.8, step=0.05, description="margin")
    return explore(draw, kind=kinds, margin=slider)


def far_slider(known: Tensor, unseen: Tensor) -> VBox:
    """A threshold for a FAR, chosen on one half of ORL's people, and what it does to both.

    The embeddings are float (200, D), of s1 to s20 and of s21 to s40.
    """
    faces = protocol.unseen_people()  # both halves have the same labels
    halves = {"s1-s20": known, "s21-s40": unseen}
    halves = {name: verify.verify_pairs(codes, faces) for name, codes in halves.items()}

    def draw(chosen: str, far: float) -> None:
        threshold = halves[chosen].threshold_at(far)
        figure, axes = subplots(1, 2, figsize=(7.5, 2.6), sharex=True, sharey=True)
        told = []
        for axis, (who, pairs) in zip(axes, halves.items(), strict=True):
            for same, colour, label in ((False, 1, "impostor"), (True, 0, "genuine")):
                scores = pairs.scores[pairs.same == same].numpy()
                look = {"alpha": 0.6, "color": COLOURS[colour], "label": label}
                axis.hist(scores, 60, density=True, **look)
            axis.axvline(threshold, color="black", linestyle="--")
            rates = f"FAR {pairs.far_at(threshold):.2%}, TAR {1 - pairs.frr_at(threshold):.1%}"
            told.append(f"{who}{', chosen on' if who == chosen else ''}: {rates}")
            axis.set_xlabel("score (cosine)")
            axis.set_title(told[-1], fontsize=10)
        axes[0].set_ylabel("density")
        axes[0].legend(frameon=False)
        show(
            figure,
            "Impostor scores (orange) and genuine scores (blue), which lie higher; a dashed line "
            f"at the threshold {threshold:.3f}. {'; '.join(told)}.",
        )

    slider = FloatLogSlider(0.01, min=-3, max=-1, step=0.1, description="FAR wanted",
                            readout_format=".4f")  # fmt: skip
    return explore(draw, chosen=Dropdown(options=list(halves), description="chosen on"), far=slider)
