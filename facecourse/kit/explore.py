"""Controls above what they change: a figure and its table, drawn anew at every move.

What is drawn goes into an HTML widget, so a saved page holds it, and a tool that runs the notebook
without a browser has nothing to answer (with `ipywidgets.Output` it must, and sometimes hangs:
https://github.com/jupyter/nbclient/issues/312).
"""

import html
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from ipywidgets import HTML, ValueWidget, VBox, Widget

COMPUTING = "<i>computing ...</i>"
AT_REST = "<i>&nbsp;</i>"  # as high as the line above, so that nothing jumps


class Explorer(VBox):
    """Controls above what `draw` shows; where no kernel runs, the first drawing stands as a still.

    Args:
        controls: widgets, the topmost first; whatever observes them calls `redraw`.
        draw: shows figures and returns what stands below them, a `Table`, or None.
    """

    def __init__(self, controls: Sequence[Widget], draw: Callable[[], object]) -> None:
        self._draw, self._status, self._picture = draw, HTML(AT_REST), HTML()
        self._picture.add_class("jp-RenderedHTMLCommon")  # JupyterLab's own look of tables
        super().__init__([*controls, VBox([self._status, self._picture])])
        self._picture.value = _shown_by(draw)

    def redraw(self, _: object = None) -> None:
        """Draw anew; says so meanwhile, and shows what went wrong where the picture was.

        Raises:
            Exception: whatever `draw` raises, for a control that was set by code.
        """
        self._status.value = COMPUTING
        try:
            self._picture.value = _shown_by(self._draw)
        except Exception:
            self._picture.value = f"<pre>{html.escape(traceback.format_exc())}</pre>"
            raise
        finally:
            self._status.value = AT_REST

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return super()._repr_mimebundle_() | {"text/html": self._picture.value}


def explore(draw: Callable[..., object], **controls: ValueWidget) -> Explorer:
    """Controls (sliders, menus, fields) above a figure and a table that follow them once let go.

    `draw` is called with the value of each control under its name; it shows figures and returns
    what stands below them, a `Table`, or None.
    """

    def follow() -> object:
        return draw(**{name: control.value for name, control in controls.items()})

    box = Explorer(list(controls.values()), follow)
    for control in controls.values():
        if control.has_trait("continuous_update"):
            control.continuous_update = False
        control.observe(box.redraw, "value")
    return box


def _shown_by(draw: Callable[[], object]) -> str:
    """What `draw` displays and returns, as HTML; outside IPython it is printed instead."""
    from IPython.display import display
    from IPython.utils.capture import capture_output

    with capture_output(stdout=False, stderr=False) as caught:
        if (below := draw()) is not None:
            display(below)
    pages = (output.data for output in caught.outputs)
    return "".join(page.get("text/html") or html.escape(page["text/plain"]) for page in pages)
