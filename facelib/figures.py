"""How every figure and table of the course looks: colour-blind safe, with a text alternative.

Colours are Okabe & Ito's (2008, "Color Universal Design"). The ground stays white, so that a
figure reads the same on a dark page.
"""

import base64
import html
import io
import re
from collections.abc import Iterable, Sequence
from numbers import Integral
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import DisplayHandle, display
from matplotlib import pyplot as plt
from matplotlib.artist import Artist
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.image import AxesImage, BboxImage, FigureImage

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
NUMBER = re.compile(r"[-+]?[\d.]+|-?$")  # how a cell begins that holds a number, or none


def subplots(*args: Any, **kwargs: Any) -> tuple[Figure, Any]:
    """`matplotlib.pyplot.subplots` in the course's style."""
    with plt.rc_context(STYLE):
        return plt.subplots(*args, **kwargs)


def mime(figure: Figure, alt: str) -> dict[str, str]:
    """The figure as HTML with the text alternative, and as PNG for tools that show no HTML.

    The HTML of one without a picture inside, which can show nobody's face, is of class `chart`.
    """
    if len(alt.split()) < 3:
        raise ValueError(f"alt should say what the figure shows, in a few words, got {alt!r}")
    file = io.BytesIO()
    figure.savefig(file, format="png")
    png = base64.b64encode(file.getvalue()).decode()
    chart = "" if figure.findobj(_is_picture) else ' class="chart"'
    image = f'<img{chart} alt="{html.escape(alt)}" src="data:image/png;base64,{png}">'
    return {"text/html": image, "image/png": png, "text/plain": alt}


def _is_picture(artist: Artist) -> bool:
    return isinstance(artist, AxesImage | BboxImage | FigureImage | QuadMesh)


def show(figure: Figure, alt: str, handle: DisplayHandle | None = None) -> DisplayHandle | None:
    """Show a figure once, with what it shows in words for a reader who can't see it, and close it.

    Returns:
        The output's handle, which updates it if it is given again; None outside IPython.
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


class Table:
    """Rows under a head, as HTML in a notebook and as text elsewhere.

    Args:
        head: of each column.
        rows: of cells; an interval is shown with its ends, a float with three digits.
    """

    def __init__(self, head: Iterable[str], rows: Iterable[Sequence[object]]) -> None:
        self.head = list(head)
        self.rows = [[write_cell(cell) for cell in row] for row in rows]

    def __repr__(self) -> str:
        lines = [self.head, *self.rows]
        width = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join("  ".join(map(str.ljust, line, width)).rstrip() for line in lines)

    def _repr_html_(self) -> str:
        # JupyterLab sets all cells to the right, which suits numbers alone, and breaks an interval
        # over lines, which suits nobody.
        words = [not all(map(NUMBER.match, column)) for column in zip(*self.rows, strict=True)]
        styles = [
            f' style="{"text-align:left" if word else "white-space:nowrap"}"'
            for word in words or [True] * len(self.head)
        ]

        def line(tag: str, cells: Sequence[str]) -> str:
            marked = zip(styles, cells, strict=True)
            return "".join(f"<{tag}{style}>{html.escape(cell)}</{tag}>" for style, cell in marked)

        lines = [line("th", self.head), *(line("td", row) for row in self.rows)]
        return f"<table>{''.join(f'<tr>{cells}</tr>' for cells in lines)}</table>"


def write_cell(cell: object) -> str:
    """How a table writes a cell: text and whole numbers as they are, else with three digits."""
    return str(cell) if isinstance(cell, str | Integral) else f"{cell:.3f}"
