"""What goes into every training run, by name, and what comes out: settings and a history."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from torch import nn

from facelib.training.device import choose_device


@dataclass(frozen=True)
class Settings:
    """What every training run has.

    Attributes:
        batch: images a step, over all processes together.
        lr: peak learning rate of the one-cycle schedule.
        weight_decay: AdamW's, on every weight.
        seed: the same seed gives the same run.
        device: None takes a GPU if there is one.
        bf16: autocast to bfloat16; None does so where the hardware has it.
        compile: run through torch.compile; worth it for long runs.
        validate: called with the model in evaluation mode, without gradients, and returns a number.
        validate_every: validate every so many times a checkpoint is due; always at the end.
        checkpoint: file written now and then; if it is there, the run goes on from it.
        progress: show a progress bar.
        plot: draw loss and validation live in a notebook.

    Raises:
        ValueError: `validate_every` is below 1, or the checkpoint can't be written there.
    """

    batch: int
    lr: float
    weight_decay: float = 0.05
    seed: int = 0
    device: torch.device | str | None = None
    bf16: bool | None = None
    compile: bool = False
    validate: Callable[[nn.Module], float] | None = None
    validate_every: int = 1
    checkpoint: str | Path | None = None
    progress: bool = True
    plot: bool = False

    def __post_init__(self) -> None:
        if self.validate_every < 1:
            raise ValueError(f"validate_every must be at least 1, got {self.validate_every}")
        if self.checkpoint is None:
            return
        path = Path(self.checkpoint)
        if path.is_dir() or not path.parent.is_dir():
            advice = "want a file" if path.is_dir() else "make the folder first"
            raise ValueError(f"checkpoint={str(path)!r}: {advice}")

    @classmethod
    def of(cls, function: Callable[..., Any], given: dict[str, Any], **usual: Any) -> Settings:
        """What was `given` by name to `function`, and for the rest what is `usual` there, the
        device chosen; a TypeError tells a name that is no setting, and those that there are."""
        own = inspect.signature(function).parameters.values()
        known = [part.name for part in own if part.kind is part.KEYWORD_ONLY]
        known += [part.name for part in fields(cls)]
        for name in sorted(given.keys() - set(known)):
            near = difflib.get_close_matches(name, known, 1)
            hint = f", did you mean {near[0]!r}?" if near else "."
            raise TypeError(
                f"{function.__name__}() has no setting {name!r}{hint} There are: {', '.join(known)}"
            )
        return cls(**usual | given | {"device": choose_device(given.get("device"))})


@dataclass
class History:
    """What happened: one loss a step, (step, value) of each validation, and how long it took."""

    loss: list[float] = field(default_factory=list)
    validation: list[tuple[int, float]] = field(default_factory=list)
    seconds: float = 0.0
    images_per_second: float = 0.0
