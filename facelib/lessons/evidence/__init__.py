"""Results of many seeds, stored by `python -m benchmarks.evidence NN` and shown in lesson NN."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def load(lesson: str) -> dict[str, Any]:
    """What was measured for a lesson ("01"), with the machine, versions and command.

    Raises:
        FileNotFoundError: nothing is stored for this lesson.
    """
    return json.loads((FOLDER / f"{lesson}.json").read_text("utf-8"))
