"""Lesson 11: faces drawn from numbers, a key guessed, a door fooled; what attacks reach."""

from collections.abc import Mapping

import torch
from ipywidgets import IntSlider, VBox
from scipy.linalg import orthogonal_procrustes
from sklearn.linear_model import Ridge
from torch import Tensor, nn

from facecourse.kit.charts import draw_band, draw_faces, draw_interval, percent
from facecourse.kit.explore import explore
from facecourse.lesson11_privacy import experiment, recapture
from facelib.data import FaceSet
from facelib.figures import COLOURS, show, subplots
from facelib.measure import Interval
from facelib.models import embed
from facelib.synth import Factors
from facelib.synth.people import pick_seed

SHOWN = 6  # faces


def draw_reconstructions(enrolled: Tensor, made: Tensor, people: Factors) -> None:
    """Draw enrolled photographs, what was made of their embeddings, uint8 (N, 1, 64, 64) both, and
    the same picture of the true numbers: as like as a reconstruction can be."""
    true = experiment.render_portraits(people[:SHOWN])
    rows = {"enrolled": enrolled[:SHOWN], "from 128 numbers": made[:SHOWN], "true numbers": true}
    draw_faces(
        rows,
        "Faces of people who don't exist. Rows: the photographs enrolled; portraits drawn from "
        "their embeddings; portraits drawn from the true numbers.",
    )


def draw_doors(found: Mapping[str, Mapping[str, Interval]]) -> None:
    """Draw how often a door of each network accepts what is shown; `found` is the evidence's
    "doors" [network][shown]."""
    figure, axis = subplots(figsize=(6.6, 2.6))
    told = []
    for number, (network, rates) in enumerate(found.items()):
        for place, (name, rate) in enumerate(rates.items()):
            y, label = place + 0.25 * number - 0.12, None if place else network
            draw_interval(axis, y, percent(rate), COLOURS[number], label=label)
            told.append(f"{network}, {name} {100 * rate.value:.0f} %")
    axis.set_yticks(range(len(rates)), rates, fontsize=8)
    axis.legend(frameon=False, fontsize=8)
    axis.set(xlabel="accepted by the attacked door, % (bar: 95 %, over people)", xlim=(-2, 102))
    axis.invert_yaxis()
    show(figure, f"How often pictures pass for the victim: {'; '.join(told)}.")


def key_slider(model: nn.Module, attack: Ridge, stolen: Tensor, secret: Tensor) -> VBox:
    """What an attacker makes of rotated templates by how many rows he has a photograph of.

    Args:
        model, attack: the door's network, and the fitted Ridge from embeddings to numbers.
        stolen: embeddings (N, 128) before they were rotated, shown in the first row.
        secret: the rotation (128, 128).
    """
    faces = experiment.synth(300, 1, seed=pick_seed("enrolled"))
    known, templates = embed(model, faces.images, flip=False), stolen @ secret
    best = experiment.render_portraits(experiment.limit_numbers(attack.predict(stolen[:SHOWN])))

    def draw(pairs: int) -> None:
        back = templates
        if pairs:
            turn, _ = orthogonal_procrustes(known[:pairs] @ secret, known[:pairs])
            back = templates @ torch.from_numpy(turn).float()
        alike = float((back * stolen).sum(1).mean())
        guessed = experiment.limit_numbers(attack.predict(back[:SHOWN]))
        name = f"{pairs} pairs:\ncosine {alike:.2f}"
        draw_faces(
            {"without a key": best, name: experiment.render_portraits(guessed)},
            f"Reconstructions of people who don't exist: without a key, and with {pairs} known "
            f"pairs; recovered templates have a cosine of {alike:.2f} with the true ones.",
        )

    slider = IntSlider(20, min=0, max=300, step=20, description="pairs known")
    return explore(draw, pairs=slider)


def draw_recaptures(faces: FaceSet, accepted: Mapping[str, Interval], far: Interval) -> None:
    """Draw faces of nobody as they are and recaptured, with what a door accepts of ORL so shown;
    `accepted` and `far` are of the evidence's "presentation"."""
    kinds = recapture.make_kinds(faces.images, 0)
    names = [f"{kind}\n{100 * accepted[kind].value:.0f} % accepted" for kind in kinds]
    told = "; ".join(f"{kind} {100 * rate.value:.0f} %" for kind, rate in accepted.items())
    draw_faces(
        dict(zip(names, kinds.values(), strict=True)),
        f"Rows of faces: as they are, by another camera, as a print, on a screen. Accepted of ORL "
        f"at a FAR of {100 * far.value:.1f} %: {told}.",
    )


def change_slider(model: nn.Module, face: Tensor, target: Tensor, at: float) -> VBox:
    """A face changed a little so that the door takes it for somebody else, by the largest change.

    Args:
        model, at: the door's network and its threshold.
        face: float (1, 1, 64, 64) in [0, 1].
        target: the template to match, (1, 128).
    """
    see = experiment.defend(model.eval().requires_grad_(False), "none")

    def draw(grey: int) -> None:
        made = experiment.climb_to(see, face, target, grey / 255) if grey else face
        with torch.no_grad():
            score = float((see(made) * target).sum())
        figure, axes = subplots(1, 3, figsize=(6.6, 2.6))
        panels = {
            "the impostor": (face, 0, 1),
            "at the door": (made, 0, 1),
            "the change, ten times": (made - face, -0.05, 0.05),
        }
        for axis, (title, (image, low, high)) in zip(axes, panels.items(), strict=True):
            axis.imshow(image[0, 0].numpy(), cmap="gray", vmin=low, vmax=high)
            axis.set_title(title, fontsize=9)
            axis.set_axis_off()
        verdict = "accepted" if score >= at else "rejected"
        figure.supxlabel(f"cosine {score:.2f}, threshold {at:.2f}: {verdict}", fontsize=9)
        told = f"of cosine {score:.2f} with the template it is {verdict}"
        show(figure, f"A face before and after {grey} grey values of change; {told}.")

    return explore(draw, grey=IntSlider(4, min=0, max=12, description="grey values"))


def draw_fooled(found: Mapping[str, Mapping[str, Mapping[str, Interval]]]) -> None:
    """Draw how many impostors are let in by how much they change a pixel, by the door's defence;
    `found` is the evidence's "fooled" [defence]["unaware", "aware"][grey values]."""
    figure, axes = subplots(1, len(found), figsize=(8.6, 2.8), sharey=True)
    told = []
    for axis, (defence, by) in zip(axes, found.items(), strict=True):
        for who, style in (("unaware", "s--"), ("aware", "o-")):
            rates = list(map(percent, by[who].values()))
            draw_band(axis, range(len(rates)), rates, style, label=f"{who} of it")
        told.append(f"{defence} {100 * list(by['aware'].values())[-1].value:.0f} %")
        axis.set_xticks(range(len(rates)), by["aware"])
        rate = by["TAR"][""]
        owners = f"{100 * rate.value:.0f} % ({100 * rate.low:.0f} to {100 * rate.high:.0f})"
        axis.set_title(f"{defence}\nowners let in: {owners}", fontsize=8)
    axes[0].set_ylabel("impostors let in, %")
    axes[-1].legend(frameon=False, fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
    label = "largest change of a pixel, grey values of 255 (band: 95 %, over people)"
    figure.supxlabel(label, size=9)
    alt = "Impostors let in with the largest change, who know the defence"
    show(figure, f"{alt}: {'; '.join(told)}.")
