"""Decoded photos of a large folder, kept in one file that is mapped into memory.

A pack is two files in the folder's own `.facelib`: the pixels (`.u8`: uint8, one image after the
other) and an index (`.json`). Their name carries what was decoded and a fingerprint of the photos,
so a pack of other photos is never taken for this one; the index is written last, so a pack that
has one is whole.
"""

from __future__ import annotations

import errno
import hashlib
import json
import math
import os
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from facelib.files import replacing

LARGE = 2**30  # bytes of decoded images; more of them are packed, fewer stay in memory
FOLDER = ".facelib"
STALE = 3600  # seconds after which the temporary file of a killed run may go


class Decoded(NamedTuple):
    """What became of a list of photos.

    Attributes: images uint8 (K, 3, H, W); kept: the K positions in the list they come from;
    bad: position -> reason for all others.
    """

    images: Tensor
    kept: list[int]
    bad: dict[int, str]


def fingerprint(root: Path, files: list[Path]) -> str:
    """A digest of every file's name below `root`, size and time of change."""
    facts = [
        (file.relative_to(root).as_posix(), (stat := file.stat()).st_size, stat.st_mtime_ns)
        for file in files
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def read(root: Path, name: str) -> Decoded | None:
    """The pack `name`, its pixels mapped into memory; None without a whole one.

    A change to the images stays in memory (the mapping is private).
    """
    pixels, index = _files(root, name)
    try:
        facts = json.loads(index.read_text(encoding="utf-8"))
        shape, kept = facts["shape"], facts["kept"]
        bad = {int(position): reason for position, reason in facts["bad"].items()}
        size = math.prod(shape)
        if pixels.stat().st_size != size or len(kept) != shape[0]:
            return None
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
    images = torch.from_file(str(pixels), shared=False, size=size, dtype=torch.uint8)
    return Decoded(images.view(shape), kept, bad)


def write(root: Path, name: str, shape: tuple[int, ...], results: Iterable[Tensor | str]) -> None:
    """Stream decoded photos to the pack `name`; packs of the same kind it replaces are removed.

    Args:
        root: the photo folder.
        name: "kind-fingerprint".
        shape: (N, C, H, W), N at least the number of images.
        results: for each photo its uint8 image (C, H, W), or the reason why there is none.

    Raises:
        OSError: the disk is full or the folder is read only. Nothing is left behind.
    """
    pixels, index = _files(root, name)
    kept, bad = [], {}
    try:
        pixels.parent.mkdir(exist_ok=True)
        _sweep(pixels.parent, name)
        if shutil.disk_usage(root).free < math.prod(shape):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        with replacing(pixels) as file:
            for position, result in enumerate(results):
                if isinstance(result, str):
                    bad[position] = result
                else:
                    file.write(result.numpy().tobytes())
                    kept.append(position)
        facts = {"shape": [len(kept), *shape[1:]], "kept": kept, "bad": bad}
        with replacing(index) as file:
            file.write(json.dumps(facts).encode())
    except OSError as error:
        raise OSError(
            error.errno,
            f"{math.prod(shape) / 2**30:.1f} GiB of decoded photos could not be packed into "
            f"{pixels.parent} ({error.strerror}). Free that much disk space, move the photos to a "
            "disk that has it and that you may write to, or ask for a smaller size.",
        ) from error
    finally:
        if not index.exists():
            pixels.unlink(missing_ok=True)
        with suppress(OSError):  # only an empty directory goes
            pixels.parent.rmdir()


def _files(root: Path, name: str) -> tuple[Path, Path]:
    return root / FOLDER / f"{name}.u8", root / FOLDER / f"{name}.json"


def _sweep(directory: Path, name: str) -> None:
    """Remove older packs of this kind and what killed runs left."""
    kind = name.rpartition("-")[0]
    for file in directory.glob(f"{kind}-*"):
        with suppress(OSError):  # Windows keeps a pack that another notebook has mapped
            if file.suffix == ".tmp":
                old = time.time() - file.stat().st_mtime > STALE
            else:
                old = not file.name.startswith(name)
            if old:
                file.unlink()
