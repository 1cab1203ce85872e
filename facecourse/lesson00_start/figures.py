"""Lesson 00: photographs spoilt by an amount, and what a network says to them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from ipywidgets import Dropdown, FloatSlider, IntSlider
from matplotlib.ticker import PercentFormatter
from torch import Tensor, nn

from facecourse.kit.explore import Explorer, explore
from facelib.data import FaceSet
from facelib.data.corrupt import add_noise, blur, rotate, shift
from facelib.figures import COLOURS, Table, show, subplots
from facelib.models import predict

MOST = 10  # steps of a damage
_DAMAGE: dict[str, Callable[[Tensor, int], Tensor]] = {
    "noise": lambda images, steps: add_noise(images, 3 * steps),
    "blur": lambda images, steps: blur(images, steps / 2),
    "shift": shift,
    "turn": lambda images, steps: rotate(images, 5 * steps),
}


def spoil(images: Tensor, damage: str, steps: int) -> Tensor:
    """uint8 images (N, C, H, W) with some damage, in steps: noise of 3 grey values, blur of half a
    pixel, shift of one pixel to the right, turn of 5 degrees.

    Raises:
        KeyError: another damage.
    """
    return _DAMAGE[damage](images, steps)


def rate_names(model: nn.Module, images: Tensor) -> Tensor:
    """How sure the network is of each name, (N, people), from 0 to 1; a row adds up to 1."""
    with torch.inference_mode():
        return model(images.float() / 255).softmax(1)


def spoil_slider(model: nn.Module, faces: FaceSet) -> Explorer:
    """Menus for a person and a damage, a slider for how much; below, what the network says."""
    people = Dropdown(options=[(name, k) for k, name in enumerate(faces.names)], description="who")
    damage = Dropdown(options=list(_DAMAGE), description="damage")
    steps = IntSlider(3, min=0, max=MOST, description="steps")

    def draw(person: int, damage: str, steps: int) -> Table:
        whole = faces.take((faces.person == person).nonzero()[:1, 0])
        return _draw_answer(model, whole, spoil(whole.images, damage, steps))

    return explore(draw, person=people, damage=damage, steps=steps)


def _draw_answer(model: nn.Module, face: FaceSet, spoilt: Tensor) -> Table:
    sure, order = rate_names(model, spoilt)[0].sort(descending=True)
    names, true = [face.names[k] for k in order[:5]], face.names[face.person]
    figure, (left, right) = subplots(1, 2, figsize=(6, 2.4), width_ratios=(1, 2))
    left.imshow(spoilt[0, 0].numpy(), cmap="gray", vmin=0, vmax=255)
    left.set_axis_off()
    colours = [COLOURS[0] if name == true else COLOURS[1] for name in names]
    right.barh(names, sure[:5].tolist(), color=colours)
    right.invert_yaxis()
    right.set(xlim=(0, 1), xlabel="how sure the network is")
    right.xaxis.set_major_formatter(PercentFormatter(1))
    show(figure, f"A spoilt photograph of {true}; the network says {names[0]}.")
    verdict = "right" if names[0] == true else "wrong"
    changed = (spoilt.float() - face.images).abs().mean()
    row = [true, names[0], verdict, f"{sure[0]:.0%}", f"{changed:.1f}"]
    return Table(["it shows", "named", "", "sure", "a pixel's change, mean"], [row])


def draw_damage(model: nn.Module, faces: FaceSet) -> None:
    """Draw the share of faces named rightly over the steps of three damages."""
    figure, axis = subplots(figsize=(6, 2.6))
    steps, said = range(0, MOST + 1, 2), []
    for damage, style in zip(("noise", "blur", "shift"), ("o-", "s--", "^:"), strict=True):
        spoilt = (spoil(faces.images, damage, step) for step in steps)
        right = [
            float((predict(model, images, flip=False) == faces.person).double().mean())
            for images in spoilt
        ]
        axis.plot(steps, right, style, label=damage)
        said.append(f"{damage} from {right[0]:.1%} to {right[-1]:.1%}")
    axis.axhline(1 / faces.people, color="0.6", linewidth=1)
    axis.annotate("chance", (0, 1 / faces.people), (0, 3), textcoords="offset points")
    axis.set(xlabel="steps of damage", ylabel="named rightly", ylim=(0, 1.03))
    axis.yaxis.set_major_formatter(PercentFormatter(1))
    axis.legend(frameon=False)
    show(figure, f"The share named rightly falls with the damage: {'; '.join(said)}.")


def sure_slider(sure: Tensor, right: Tensor) -> Explorer:
    """A slider for how sure a network must be to answer; below, what it says and keeps to itself.

    Args:
        sure: float (N,), of the name it gives each picture, 0 to 1.
        right: bool (N,), is that name the right one?
    """
    look = {"description": "threshold", "readout_format": ".0%"}
    slider = FloatSlider(round(float(sure.median()), 2), min=0, max=1, step=0.01, **look)
    return explore(partial(_draw_threshold, sure.numpy(), right.numpy()), threshold=slider)


def _draw_threshold(sure: np.ndarray, right: np.ndarray, threshold: float) -> Table:
    figure, axis = subplots(figsize=(6, 2.4))
    parts, bins = (sure[right], sure[~right]), np.linspace(0, 1, 26)
    axis.hist(parts, bins, stacked=True, label=["right", "wrong"], color=COLOURS[:2])
    axis.axvline(threshold, color="black", linestyle="--")
    axis.set(xlabel="how sure the network is", ylabel="pictures")
    axis.xaxis.set_major_formatter(PercentFormatter(1))
    axis.legend(frameon=False)
    answered = sure >= threshold
    wrong = int((answered & ~right).sum())
    show(figure, f"Right and wrong names by how sure the network is; threshold {threshold:.0%}.")
    share = f"{wrong / max(1, answered.sum()):.0%}"
    row = [f"{threshold:.0%}", int(answered.sum()), int((~answered).sum()), wrong, share]
    return Table(["threshold", "answered", "kept silent", "wrong answers", "of all answers"], [row])
