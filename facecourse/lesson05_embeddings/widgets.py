"""Lesson 05: margins, triplets, thresholds, faces that change."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import torch
from ipywidgets import Dropdown, FloatLogSlider, FloatSlider, VBox
from matplotlib.patches import Wedge
from torch import Tensor, nn
from torch.nn.functional import normalize

from facecourse.kit import verify
from facecourse.kit.charts import draw_panels
from facecourse.kit.explore import explore
from facecourse.lesson05_embeddings import sphere
from facecourse.lesson05_embeddings.figures import ANGLES, draw_dots, write_angles
from facelib.data import FaceSet
from facelib.figures import COLOURS, Table, show, subplots
from facelib.measure import Verification
from facelib.synth import FRONTAL, IDENTITY, Factors, nuisances, render
from facelib.training.losses import MARGINS

KINDS = ("own person", "hard", "semi-hard", "easy")


def margin_slider(steps: int = 200) -> VBox:
    """Trains a network on a circle for each margin; its regions, points and angles follow."""

    def draw(kind: str, margin: float) -> Table:
        loss = sphere.build_margin(margin, kind, seed=1)
        points = sphere.train_points(loss, steps=steps, seed=1)
        unit = points._replace(train=normalize(points.train), test=normalize(points.test))
        towards = torch.atan2(*loss.weight.detach().flip(1).unbind(1)).rad2deg()
        order = towards.argsort()
        apart = (towards[order].roll(-1) - towards[order]) % 360  # to the next one, anticlockwise
        rooms = [sphere.measure_room(min(a, 180.0), margin, kind) for a in apart.tolist()]
        figure, axis = subplots(figsize=(3.4, 3.4))
        for place, person in enumerate(order.tolist()):
            start, end = towards[person] - rooms[place - 1], towards[person] + rooms[place]
            look = {"color": COLOURS[person], "alpha": 0.25, "linewidth": 0}
            axis.add_patch(Wedge((0, 0), 1.15, float(start), float(end), **look))
        draw_dots(axis, unit)
        share = 2 * sum(rooms) / 360
        show(
            figure,
            f"Six people on a circle; coloured regions, {share:.0%} of the circle, are where a "
            "face satisfies the loss, white lies in the margin.",
        )
        head = ["margin", *ANGLES, "share of the circle that satisfies"]
        return Table(head, [[margin, *write_angles(points), f"{share:.0%}"]])

    kinds = Dropdown(options=list(MARGINS), description="kind")
    slider = FloatSlider(0.35, min=0, max=0.8, step=0.05, description="margin")
    return explore(draw, kind=kinds, margin=slider)


def triplet_slider(points: sphere.Points) -> VBox:
    """Which negatives of one anchor are hard, semi-hard, easy, by the margin of the triplet loss;
    `points` are of a network that has only begun to learn."""
    unit, anchor, match = normalize(points.train), 0, 1  # two photographs of one person
    positive = float((unit[anchor] - unit[match]).square().sum())

    def draw(margin: float) -> Table:
        kind = sphere.sort_negatives(unit, points.person, anchor, match, margin)
        figure, axis = subplots(figsize=(5, 3.4))
        axis.plot(*unit[anchor], "*", color=COLOURS[0], markersize=16, label="anchor")
        axis.plot(*unit[match], "P", color=COLOURS[0], markersize=10, label="positive")
        for number, (marker, colour) in enumerate(zip("o^sx", [5, 1, 2, 6], strict=True)):
            spots = unit[kind == number]
            axis.plot(*spots.T, marker, color=COLOURS[colour], label=KINDS[number], alpha=0.7)
        axis.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
        axis.set_aspect("equal")  # a young network's faces fill a part of the circle only
        axis.set_axis_off()
        counts = torch.bincount(kind, minlength=len(KINDS))[1:].tolist()
        told = ", ".join(f"{n} {what}" for n, what in zip(counts, KINDS[1:], strict=True))
        show(figure, f"Faces on a circle around an anchor and its positive: {told} negatives.")
        reach = math.degrees(math.acos(max(-1.0, 1 - (positive + margin) / 2)))
        head = ["margin", *KINDS[1:], "semi-hard up to"]
        return Table(head, [[margin, *counts, f"{reach:.0f}°"]])

    limits = {"min": 0.05, "max": 2, "step": 0.05, "description": "margin"}
    return explore(draw, margin=FloatSlider(0.2, **limits))


def far_slider(chosen_on: Verification, embeddings: Tensor, faces: FaceSet) -> VBox:
    """A threshold for a FAR, chosen on some people, and what it does to others."""
    slider = FloatLogSlider(0.01, min=-3, max=-1, step=0.1, description="FAR wanted",
                            readout_format=".4f")  # fmt: skip
    others = verify.verify_pairs(embeddings, faces)

    def draw(far: float) -> Table:
        threshold = chosen_on.threshold_at(far)
        figure, axes = subplots(1, 2, figsize=(7.5, 2.4), sharex=True, sharey=True)
        for axis, pairs, who in zip(axes, (chosen_on, others), ("s1-s20", "s21-s40"), strict=True):
            for same, colour in ((False, 1), (True, 0)):
                scores = pairs.scores[pairs.same == same].numpy()
                axis.hist(scores, 60, density=True, alpha=0.6, color=COLOURS[colour])
            axis.axvline(threshold, color="black", linestyle="--")
            axis.set(title=who, xlabel="score (cosine)")
        show(
            figure,
            "Impostor scores (orange) and genuine scores (blue), which lie higher, of s1-s20 and "
            f"of s21-s40; a dashed line at the threshold {threshold:.3f}.",
        )
        return verify.carry_over(chosen_on, embeddings, faces, far)

    return explore(draw, far=slider)


def morph_slider(model: nn.Module, person: Factors) -> VBox:
    """Choose one number of a face that doesn't exist (`person`, a row of `identities`), move it
    from end to end, see who it is."""
    original = _portrait(person)

    def draw(factor: str, position: float) -> Table:
        low, high = IDENTITY[factor][:2]
        morphed = _portrait(person.set(**{factor: low + position * (high - low)}))
        _faces({"original": original, "changed": morphed})
        similarity = float(torch.dot(*verify.embed_at_64(model, torch.cat([original, morphed]))))
        head = ["factor", "meaning", "similarity"]
        return Table(head, [[factor, IDENTITY[factor].meaning, similarity]])

    factors = Dropdown(options=sorted(IDENTITY), value="nose_scale_vert", description="factor")
    return explore(draw, factor=factors, position=_position(1.0))


def blend_slider(model: nn.Module, one: Factors, other: Factors) -> VBox:
    """From one person who doesn't exist to another, and how alike the face is to both."""
    start, end = _portrait(one), _portrait(other)

    def draw(position: float) -> Table:
        mixed = _portrait(replace(one, values=torch.lerp(one.values, other.values, position)))
        codes = verify.embed_at_64(model, torch.cat([start, mixed, end]))
        _faces({"one": start, "between": mixed, "other": end})
        head = ["similarity to the one", "to the other", "of the two"]
        return Table(head, [[float(codes[a] @ codes[b]) for a, b in ((1, 0), (1, 2), (0, 2))]])

    return explore(draw, position=_position(0.5))


def misplaced_slider(model: nn.Module, person: Factors, threshold: float) -> VBox:
    """Crop a face badly and see its similarity to another photograph of the same person."""
    photos = nuisances(2, 3, roll=0.0, shift_x=0.0, shift_y=0.0, yaw=(-10.0, 10.0))
    enrolled, probe = render(person.repeat(2), photos).split(1)

    def draw(kind: str, amount: float) -> Table:
        moved = verify.misplace(probe, kind, amount)
        score = float(torch.dot(*verify.embed_at_64(model, torch.cat([enrolled, moved]))))
        _faces({"enrolled": enrolled, "as it is": probe, "badly cropped": moved})
        accepted = "accepted" if score >= threshold else "rejected"
        return Table(["similarity", "threshold", ""], [[score, threshold, accepted]])

    kinds = Dropdown(options=list(verify.MISPLACED), description="crop")
    slider = FloatSlider(5, min=0, max=25, step=1, description="amount")
    return explore(draw, kind=kinds, amount=slider)


def _position(value: float) -> FloatSlider:
    return FloatSlider(value, min=0, max=1, step=0.05, description="position")


def _portrait(person: Factors) -> Tensor:
    return render(person, nuisances(1, 5, **FRONTAL))


def _faces(pictures: Mapping[str, Tensor]) -> None:
    grey = {name: picture.float() / 127.5 - 1 for name, picture in pictures.items()}
    draw_panels(grey, f"Faces of people who don't exist: {', '.join(pictures)}.", limit=1.0)
