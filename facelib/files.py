"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import re
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

STALE = 3600  # seconds without a write after which a temporary file was left by a killed process


@contextmanager
def replacing(target: Path) -> Iterator[BinaryIO]:
    """A temporary file that becomes `target` once all of it is on the disk, or else vanishes.

    What a link points to is replaced, not the link; permissions stay. Temporary files that killed
    processes left beside it are removed.
    """
    target = Path(os.path.realpath(target))
    sweep(target.parent, re.escape(target.name))
    # Several processes may write the same target at once, so each has a file of its own.
    temporary = target.with_name(f"{target.name}.{uuid.uuid4().hex}.tmp")
    try:
        with temporary.open("xb") as file:
            if target.exists():
                temporary.chmod(target.stat().st_mode & 0o777)
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write(path: str | Path, data: bytes) -> None:
    """Put `data` into `path`, replacing what was there in one step.

    Raises:
        OSError: it can't be written; an older file is as it was, and nothing is left behind.
    """
    try:
        with replacing(Path(path)) as file:
            file.write(data)
    except OSError as error:
        raise OSError(
            error.errno,
            f"could not write {len(data):,} bytes ({error.strerror}); "
            "nothing was changed. Free some space or choose another folder",
            str(path),
        ) from error


def sweep(folder: Path, name: str) -> None:
    """Remove what killed writers of files whose name matches the pattern `name` left."""
    ours = re.compile(rf"{name}\.[0-9a-f]{{32}}\.tmp")
    for file in folder.iterdir() if folder.is_dir() else ():
        if ours.fullmatch(file.name):
            with suppress(OSError):  # another process was faster
                if time.time() - file.stat().st_mtime > STALE:
                    file.unlink()
