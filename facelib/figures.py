"""How every figure of the course looks and is shown: colour-blind safe, with a text alternative.

Colours are Okabe & Ito's (2008, "Color Universal Design"). The ground stays white, so that a
figure reads the same on a dark page.
"""

from __future__ import annotations

import base64
import html
import io
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import DisplayHandle, display
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
STYLE = {
    "axes.prop_cycle": plt.cycler(color=COLOURS),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "figure.dpi": 90,
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "font.size": 10,
}


def subplots(*args: Any, **kwargs: Any) -> tuple[Figure, Any]:
    """`matplotlib.pyplot.subplots` in the course's style."""
    with plt.rc_context(STYLE):
        return plt.subplots(*args, **kwargs)


def mime(figure: Figure, alt: str) -> dict[str, str]:
    """The figure as HTML with the text alternative, and as PNG for tools that show no HTML."""
    if len(alt.split()) < 3:
        raise ValueError(f"alt should say what the figure shows, in a few words, got {alt!r}")
    file = io.BytesIO()
    figure.savefig(file, format="png")
    png = base64.b64encode(file.getvalue()).decode()
    image = f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{png}">'
    return {"text/html": image, "image/png": png, "text/plain": alt}


def show(figure: Figure, alt: str, handle: DisplayHandle | None = None) -> DisplayHandle | None:
    """Show a figure once, with its text alternative, and close it.

    Args:
        figure: the matplotlib figure.
        alt: what it shows, in words, for a reader who can't see it.
        handle: update this earlier output instead of making a new one.

    Returns:
        The output's handle; None outside IPython.
    """
    content = mime(figure, alt)
    plt.close(figure)
    if not InteractiveShell.initialized():
        print(alt)
        return None
    if handle is None:
        return display(content, raw=True, display_id=True)
    handle.update(content, raw=True)
    return handle
