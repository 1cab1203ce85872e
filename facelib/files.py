"""Reading a file that is one, and writing it whole or not at all."""

import errno
import json
import math
import os
import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

TEXT = 32 * 2**20  # bytes; read as JSON, more could fill the memory
STALE = 3600  # seconds without a write after which a temporary file was left by a killed process


@contextmanager
def replacing(target: Path, mode: int = 0o666) -> Iterator[BinaryIO]:
    """A temporary file that becomes `target` once all of it is on the disk, or else vanishes.

    What a link points to is replaced, not the link; permissions stay, those of a new file are
    `mode`, less the umask. Temporary files that killed processes left beside it are removed.

    Raises:
        OSError: it can't be written, or a folder, a pipe or a device has that name.
    """
    target = Path(os.path.realpath(target))
    if target.exists() and not target.is_file():  # whoever may would replace /dev/null
        raise OSError(errno.EEXIST, "what has this name is no file", str(target))
    sweep(target.parent, re.escape(target.name))
    # Several processes may write the same target at once, so each has a file of its own.
    temporary = target.with_name(f"{target.name}.{uuid.uuid4().hex}.tmp")
    try:
        with open(temporary, "xb", opener=partial(os.open, mode=mode)) as file:
            if target.exists():
                temporary.chmod(target.stat().st_mode & 0o777)
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write(path: str | Path, data: bytes, mode: int = 0o666) -> None:
    """Put `data` into `path`, replacing what was there in one step; `mode` as in `replacing`.

    Raises:
        OSError: it can't be written; an older file is as it was, and nothing is left behind.
    """
    try:
        with replacing(Path(path), mode) as file:
            file.write(data)
    except OSError as error:
        raise OSError(
            error.errno,
            f"could not write {len(data):,} bytes ({error.strerror}); "
            "nothing was changed. Free some space or choose another folder",
            str(path),
        ) from error


def read(path: str | Path, kind: str = "file", most: float = math.inf) -> bytes:
    """What is in a file (of the kind that an error names), but not in a pipe or a device, which
    might never end.

    Raises:
        FileNotFoundError: there is no file of this name.
        ValueError: it has more than `most` bytes.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no {kind} at {path}: check the path, or make or get one first")
    if path.stat().st_size > most:
        raise ValueError(f"{path} has over {most:,} bytes, too many for this: is it another file?")
    return path.read_bytes()


def read_json(path: str | Path, revive: Callable[[dict], Any] | None = None) -> Any:
    """What is in a file of JSON; `revive` is given every object in it, and its value is taken.

    Raises:
        FileNotFoundError: there is no file of this name.
        ValueError: it is not JSON in UTF-8 (which has no NaN), or larger than `TEXT`.
    """

    def refuse(number: str) -> None:
        raise ValueError(f"{number} is no number of JSON")

    data = read(path, most=TEXT)
    try:
        return json.loads(data.decode(), object_hook=revive, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not JSON in UTF-8 ({error})") from error


def sweep(folder: Path, name: str) -> None:
    """Remove what killed writers of files whose name matches the pattern `name` left."""
    ours = re.compile(rf"{name}\.[0-9a-f]{{32}}\.tmp")
    for file in folder.iterdir() if folder.is_dir() else ():
        if ours.fullmatch(file.name):
            with suppress(OSError):  # another process was faster
                if time.time() - file.stat().st_mtime > STALE:
                    file.unlink()
