"""A button that asks the browser for one frame of the camera; the frame is in no widget's state."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets


class Camera(anywidget.AnyWidget):
    """A button.

    Args:
        description: what stands on it.
        take: called with the frame, a JPEG file's content.
        tell: called with what went wrong and what to do: no camera, or none that is allowed.
    """

    _esm = Path(__file__).with_suffix(".js")
    description = traitlets.Unicode().tag(sync=True)

    def __init__(
        self, description: str, take: Callable[[bytes], object], tell: Callable[[str], object]
    ) -> None:
        super().__init__(description=description)
        self._take, self._tell = take, tell
        self.on_msg(self._hear)

    def _hear(self, _: object, content: dict[str, Any], buffers: list[Any]) -> None:
        if content["kind"] == "frame":
            self._take(bytes(buffers[0]))
        else:
            self._tell(content["words"])
