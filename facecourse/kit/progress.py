"""What a learner has tried and solved: one small file a lesson, on the learner's own disk.

It lies in ~/.facelib/progress, or where the environment variable FACELIB_PROGRESS says. Nothing is
sent anywhere, and no lesson needs the files: delete them to start afresh.
"""

from __future__ import annotations

import json
import os
import warnings
from pathlib import Path

from facelib import files

FORMAT = 1


def folder() -> Path:
    """Where the files lie."""
    return Path(os.environ.get("FACELIB_PROGRESS") or Path.home() / ".facelib" / "progress")


def read(lesson: str) -> dict[str, bool]:
    """The questions of lesson "02" tried so far: {name: solved}; empty where none can be read."""
    return _load(lesson) or {}


def note(lesson: str, name: str, solved: bool) -> None:
    """Remember that a question was tried, and whether it was ever solved.

    A file that can't be read is kept beside the new one as NN.json.unreadable. If the disk refuses,
    a warning says so and the lesson goes on.
    """
    known = _load(lesson)
    if known is not None and name in known and known[name] >= solved:
        return
    content = {"format": FORMAT, "solved": (known or {}) | {name: solved}}
    try:
        path = folder() / f"{lesson}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        if known is None and path.exists():
            path.replace(path.with_name(f"{path.name}.unreadable"))
        files.write(path, json.dumps(content, indent=1).encode() + b"\n")
    except (OSError, RuntimeError) as error:  # RuntimeError: there is no home
        warnings.warn(
            f"your progress was not saved ({error}); the lesson works without it", stacklevel=3
        )


def _load(lesson: str) -> dict[str, bool] | None:
    """As `read`, but None where there is no file that can be read."""
    try:
        content = json.loads((folder() / f"{lesson}.json").read_text("utf-8"))
        if content["format"] != FORMAT:
            return None
        return {str(name): solved is True for name, solved in content["solved"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError):
        return None  # missing, cut short, nested without end, or of another make
