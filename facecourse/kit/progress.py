"""What a learner has tried and solved: an empty file an answer, on the learner's own disk.

They lie in ~/.facelib/progress, or where the environment variable FACELIB_PROGRESS says:
`02/softmax.tried`, `02/softmax.solved`. A file is made and never changed, so notebooks that are
answered at the same moment can't undo each other's. Nothing is sent anywhere, and no lesson needs
the files: delete them to start afresh.
"""

import os
from pathlib import Path


def find_folder() -> Path:
    """Where the files lie.

    Raises:
        FileNotFoundError: this user has no home, and FACELIB_PROGRESS is not set.
    """
    if chosen := os.environ.get("FACELIB_PROGRESS"):
        return Path(chosen)
    try:
        return Path.home() / ".facelib" / "progress"
    except RuntimeError as error:
        raise FileNotFoundError(
            "there is no home folder here: set FACELIB_PROGRESS to a folder of yours"
        ) from error


def read(lesson: str) -> dict[str, bool]:
    """The exercises of lesson "02" tried so far: {name: solved}; empty where none can be read."""
    try:
        names = [path.name for path in (find_folder() / lesson).iterdir()]
    except OSError:
        names = []
    tried = {name.removesuffix(".tried"): False for name in names if name.endswith(".tried")}
    solved = {name.removesuffix(".solved"): True for name in names if name.endswith(".solved")}
    return tried | solved


def note(lesson: str, name: str, solved: bool) -> None:
    """Remember that an exercise was tried, or solved; what was solved once stays solved.

    Raises:
        OSError: the disk refuses, or there is no folder for it (`find_folder`).
    """
    path = find_folder() / lesson / f"{name}.{'solved' if solved else 'tried'}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
