"""What a person sees while a network trains: a bar, and in a notebook a plot that grows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tqdm.auto import tqdm

from facelib.training.settings import History

if TYPE_CHECKING:
    from matplotlib.figure import Figure

REDRAW_SECONDS = 1.0


class Progress(tqdm):
    """A progress bar over the steps, and a plot of the history redrawn at most once a second."""

    def __init__(self, first: int, steps: int, *, show: bool, plot: bool) -> None:
        super().__init__(
            total=steps, initial=first, disable=not show, leave=False, unit="step", desc="training"
        )
        self._plot, self._handle, self._drawn = plot, None, 0.0

    def show(self, history: History, last: bool = False) -> None:
        """Say the newest loss; redraw the plot if it is time, or the last time."""
        self.set_postfix_str(f"loss {history.loss[-1]:.3f}", refresh=False)
        now = time.monotonic()
        if self._plot and (last or now - self._drawn > REDRAW_SECONDS):
            from facelib import figures  # a second of matplotlib that only notebooks need

            self._drawn = now
            self._handle = figures.show(*draw(history), handle=self._handle)


def draw(history: History) -> tuple[Figure, str]:
    """Loss and validation (if any) of a run: a figure and its text alternative."""
    from facelib import figures

    figure, axes = figures.subplots(figsize=(6, 2.6))
    axes.plot(history.loss, alpha=0.8)
    axes.set(xlabel="step", ylabel="training loss", ylim=(0, None))
    alt = f"Training loss over {len(history.loss)} steps, now {history.loss[-1]:.2f}."
    if history.validation:
        steps, values = zip(*history.validation, strict=True)
        right = axes.twinx()
        right.plot(steps, values, "o-", color=figures.COLOURS[1], markersize=3)
        right.set_ylabel("validation", color=figures.COLOURS[1])
        alt += f" Validation from {values[0]:.3f} to {values[-1]:.3f}."
    return figure, alt
