"""Lesson 00: six faces to compare, and photographs spoilt until two recognisers err."""

from collections.abc import Callable

import numpy as np
import torch
from ipywidgets import Dropdown, FloatSlider, IntSlider
from matplotlib.ticker import PercentFormatter
from torch import Tensor, nn

from facecourse.kit.charts import draw_panels
from facecourse.kit.explore import Explorer, explore
from facelib.data import FaceSet
from facelib.data.corrupt import add_noise, blur, darken, shift
from facelib.figures import COLOURS, show, subplots
from facelib.synth import synth

Recogniser = Callable[[Tensor], Tensor]  # names pictures: uint8 (N, 1, H, W) -> int64 (N,)

MOST = 10  # steps of a damage
# What does it, what a step is, and a curve's look: marks grow, so that two in one place are both
# seen.
_DAMAGE: dict[str, tuple[Callable[[Tensor, int], Tensor], str, str, int]] = {
    "noise": (lambda images, steps: add_noise(images, 3 * steps), "3 grey values", "o-", 4),
    "blur": (lambda images, steps: blur(images, steps / 2), "half a pixel", "s--", 5),
    "shift": (shift, "one pixel", "^:", 7),
    "less light": (lambda images, steps: darken(images, 1 - steps / 20), "a twentieth", "D-.", 8),
}


def draw_six_faces() -> None:
    """Draw five people who don't exist in six numbered pictures; 2 and 6 show one person."""
    faces = synth(5, images=2, seed=3, size=112).images[[4, 0, 6, 2, 8, 1]]
    numbered = {str(place): face - 128.0 for place, face in enumerate(faces, 1)}
    draw_panels(numbered, "Six faces of people who don't exist, numbered.", limit=128)


def spoil(images: Tensor, damage: str, steps: int) -> Tensor:
    """uint8 images (N, C, H, W) with some damage, in steps: noise of 3 grey values, blur of half a
    pixel, shift of one pixel to the right, a twentieth of the light.

    Raises:
        KeyError: another damage.
    """
    return _DAMAGE[damage][0](images, steps)


def rate_names(model: nn.Module, images: Tensor) -> Tensor:
    """How sure the network is of each name, (N, people), from 0 to 1; a row adds up to 1."""
    with torch.inference_mode():
        return model(images.float() / 255).softmax(1)


def spoil_slider(model: nn.Module, name_by_pixels: Recogniser, faces: FaceSet) -> Explorer:
    """Menus for a person and a damage, a slider for how much; below, whom a network and another
    recogniser see."""
    people = Dropdown(options=[(name, k) for k, name in enumerate(faces.names)], description="who")
    damage = Dropdown(options=list(_DAMAGE), description="damage")
    steps = IntSlider(3, min=0, max=MOST, description="steps")

    def draw(person: int, damage: str, steps: int) -> None:
        whole = faces.images[faces.person == person][:1]
        spoilt = spoil(whole, damage, steps)
        similar, (sure,) = faces.names[name_by_pixels(spoilt)], rate_names(model, spoilt)
        best = sure.argsort(descending=True)[:5].tolist()
        names = [faces.names[k] for k in best]
        figure, (left, right) = subplots(1, 2, figsize=(6, 2.6), width_ratios=(1, 2))
        left.imshow(spoilt[0, 0].numpy(), cmap="gray", vmin=0, vmax=255)
        left.set_title(f"this is {faces.names[person]}", fontsize=10)
        left.set_axis_off()
        colours = [COLOURS[0] if k == person else COLOURS[1] for k in best]
        right.barh(names, sure[best].tolist(), color=colours)
        right.invert_yaxis()
        right.set(xlim=(0, 1), xlabel="how sure the network is")
        right.xaxis.set_major_formatter(PercentFormatter(1))
        right.set_title(f"nearest photograph: {similar} · network: {names[0]}", fontsize=10)
        bars = ", ".join(f"{faces.names[k]} {sure[k]:.1%}" for k in best)
        shown = f"A spoilt photograph of {faces.names[person]}"
        show(figure, f"{shown}; nearest photograph: {similar}; network: {bars}.")

    return explore(draw, person=people, damage=damage, steps=steps)


def draw_damage(name_by_pixels: Recogniser, name_by_network: Recogniser, faces: FaceSet) -> None:
    """Draw the share of faces that each recogniser names rightly, over the steps of each damage."""
    figure, axes = subplots(1, 2, figsize=(8, 2.8), sharey=True)
    steps, said = range(0, MOST + 1, 2), []
    spoilt = {damage: [spoil(faces.images, damage, step) for step in steps] for damage in _DAMAGE}
    recognisers = {"nearest photograph": name_by_pixels, "network": name_by_network}
    for axis, (name, recognise) in zip(axes, recognisers.items(), strict=True):
        for damage, (_, step, style, size) in _DAMAGE.items():
            found = (recognise(images) == faces.person for images in spoilt[damage])
            right = [named.double().mean().item() for named in found]
            look = {"markersize": size, "fillstyle": "none", "label": f"{damage}, {step}"}
            axis.plot(steps, right, style, **look)
            said.append(f"{name}, {damage}: from {right[0]:.1%} to {right[-1]:.1%}")
        axis.axhline(1 / faces.people, color="0.6", linewidth=1)
        axis.annotate("chance", (0, 1 / faces.people), (0, 3), textcoords="offset points")
        axis.set(title=name, xlabel="steps of damage", xticks=steps, ylim=(0, 1.05))
        axis.yaxis.set_major_formatter(PercentFormatter(1))
    axes[0].set_ylabel("named rightly")
    axes[1].legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5), title="a step is")
    show(figure, f"The share named rightly as the damage grows. {'; '.join(said)}.")


def sure_slider(model: nn.Module, faces: FaceSet, damage: str, steps: int) -> Explorer:
    """A slider for how sure a network must be to name a spoilt face; below, what it says then."""
    sure, named = rate_names(model, spoil(faces.images, damage, steps)).max(1)
    look = {"description": "threshold", "readout_format": ".0%"}
    slider = FloatSlider(round(float(sure.median()), 2), min=0, max=1, step=0.01, **look)
    right = named == faces.person

    def draw(threshold: float) -> None:
        figure, axis = subplots(figsize=(6, 2.6))
        parts, bins = (sure[right].numpy(), sure[~right].numpy()), np.linspace(0, 1, 26)
        axis.hist(parts, bins, stacked=True, label=["right", "wrong"], color=COLOURS[:2])
        axis.axvline(threshold, color="black", linestyle="--")
        axis.set(xlabel="how sure the network is", ylabel="pictures")
        axis.xaxis.set_major_formatter(PercentFormatter(1))
        axis.legend(frameon=False)
        answered = sure >= threshold
        wrong = (answered & ~right).sum()
        told = (
            f"{answered.sum()} names said, {wrong} of them wrong; {(~answered).sum()} times silent"
        )
        axis.set_title(f"at {threshold:.0%}: {told}", fontsize=10)
        show(
            figure, f"Right and wrong names by how sure the network is; at {threshold:.0%} {told}."
        )

    return explore(draw, threshold=slider)
