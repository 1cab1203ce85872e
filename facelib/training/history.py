"""What a training run leaves behind: its losses, validations and speed."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class History:
    """What happened: one loss a step, (step, value) of each validation, and how long it took."""

    loss: list[float] = field(default_factory=list)
    validation: list[tuple[int, float]] = field(default_factory=list)
    seconds: float = 0.0
    images_per_second: float = 0.0
