"""A chain of boxes: the stages of a door in lessons 10 and 11, the road of lesson 12."""

from collections.abc import Mapping

from matplotlib.patches import FancyBboxPatch

from facelib.figures import COLOURS, show, subplots

STAGES = "camera", "detector", "network", "comparison", "door"


def draw_stages(notes: Mapping[str, str]) -> None:
    """Draw `STAGES` from left to right, each with what `notes` say of it below.

    Raises:
        ValueError: a note on something that is no stage.
    """
    if unknown := notes.keys() - set(STAGES):
        raise ValueError(f"want notes on {', '.join(STAGES)}, got one on {', '.join(unknown)}")
    told = "; ".join(f"{stage}: {' '.join(note.split())}" for stage, note in notes.items())
    whole = {stage: notes.get(stage, "") for stage in STAGES}
    draw_chain(whole, f"A chain from the camera to the door, with notes below. {told}.")


def draw_chain(notes: Mapping[str, str], alt: str) -> None:
    """Draw boxes from left to right, each with its note below; those without one are grey."""
    figure, axis = subplots(figsize=(max(8.4, 1.3 * len(notes)), 1.6))
    for place, (step, note) in enumerate(notes.items()):
        colour = COLOURS[0] if note else "0.5"
        look = {"boxstyle": "round,pad=0.06", "facecolor": "white", "edgecolor": colour}
        axis.add_patch(FancyBboxPatch((2 * place - 0.62, 0.75), 1.24, 0.4, **look))
        axis.text(2 * place, 0.95, step, ha="center", va="center")
        axis.text(2 * place, 0.5, note, ha="center", va="top", fontsize=8)
        if place:
            arrow = {"arrowstyle": "->", "color": "0.4"}
            axis.annotate("", (2 * place - 0.72, 0.95), (2 * place - 1.28, 0.95), arrowprops=arrow)
    axis.set(xlim=(-1, 2 * len(notes) - 1), ylim=(-0.1, 1.25))
    axis.set_axis_off()
    show(figure, alt)
