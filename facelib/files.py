"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(target: Path) -> Iterator[BinaryIO]:
    """A temporary file that becomes `target` once all of it is on the disk, or else vanishes."""
    # Several processes may write the same target at once, so each has a file of its own.
    temporary = target.with_name(f"{target.name}.{uuid.uuid4().hex}.tmp")
    try:
        with temporary.open("xb") as file:
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
