"""Where the demo's photographs come from: the disk or the camera of whoever sits at the browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from ipywidgets import HTML

from facecourse.lesson12_capstone.said import refusing, warn


class Source(anywidget.AnyWidget):
    """Two buttons; what they bring is in no state of a widget, which Jupyter could save.

    A photograph of over 8 MB is made smaller in the browser: Jupyter would drop it.

    Args:
        what: on the buttons, behind "Photograph" and "Camera".
        take: called with each photograph, a file's content; what it refuses, `news` tells.
        news: tells also of a camera that is missing or not allowed.
        several: photographs may be chosen at once.
    """

    _esm = Path(__file__).with_suffix(".js")
    what = traitlets.Unicode().tag(sync=True)
    several = traitlets.Bool().tag(sync=True)

    def __init__(
        self, what: str, take: Callable[[bytes], object], news: HTML, *, several: bool
    ) -> None:
        super().__init__(what=what, several=several)
        self._take, self._news = take, news
        self.on_msg(self._hear)

    def _hear(self, _: object, content: dict[str, Any], buffers: list[Any]) -> None:
        if content["kind"] == "start":
            self._news.value = ""
        elif content["kind"] == "trouble":
            self._news.value += warn(content["words"])
        else:
            name = content["name"]
            with refusing(self._news, f"{name}: " if name else ""):
                self._take(bytes(buffers[0]))
