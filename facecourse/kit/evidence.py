"""Results of many seeds as JSON, with the machine, the versions, the commit and the command.

They lie beside the code that measured them: `python -m facecourse.lesson07_pruning.evidence` writes
evidence.json into that folder. A lesson plots them, labelled as stored, beside the one or two seeds
it runs live.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

from facelib import files
from facelib.measure import describe

COURSE = Path(__file__).parents[1]
BOARD = Path(__file__).with_name("scoreboard.json")


def load(name: str) -> dict[str, Any]:
    """What was measured for a lesson ("01"), or on the side ("ladder", "gallery").

    Raises:
        FileNotFoundError: nothing is stored under this name.
    """
    pattern = f"lesson{name}_*/evidence.json" if name.isdecimal() else f"*/{name}.json"
    found = list(COURSE.glob(pattern))
    if not found:
        raise FileNotFoundError(f"no evidence {name!r}: there is no {pattern} in {COURSE.name}")
    return json.loads(found[0].read_text("utf-8"))


def write(name: str, payload: dict[str, Any], folder: Path) -> Path:
    """Store `payload` as `name`.json in `folder`, whole or not at all; returns where.

    Tensors and arrays become lists, dataclasses (an Interval) become dicts.

    Raises:
        TypeError, ValueError: JSON can't hold a value, NaN for example.
        OSError: it can't be written; an older file stays as it was.
    """
    module = getattr(sys.modules["__main__"], "__spec__", None)
    command = ["python", "-m", module.name, *sys.argv[1:]] if module else [Path(sys.argv[0]).name]
    about = {"command": " ".join(command), "date": date.today().isoformat(), "machine": describe()}
    path = folder / f"{name}.json"
    text = json.dumps(about | payload, indent=1, allow_nan=False, default=_plain)
    files.write(path, text.encode() + b"\n")
    return path


def read(name: str, folder: Path) -> dict[str, Any]:
    """What `write` stored as `name`."""
    return json.loads((folder / f"{name}.json").read_text("utf-8"))


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if hasattr(value, "tolist"):  # tensors, arrays and their single numbers
        return value.tolist()
    raise TypeError(f"results can't hold {value!r}, a {type(value).__name__}")
