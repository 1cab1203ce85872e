"""Decoded photos of a large folder, kept in one file that is mapped into memory.

A pack is two files in the folder's own `.facelib`: the pixels (`.u8`: uint8, one image after the
other) and an index (`.json`: which photos have none, and a SHA-256 of all). Their name carries what
was decoded and a fingerprint of the photos, so a pack of other photos is never taken for this one;
the index is written last, and a pack that doesn't fit it is made anew.
"""

import errno
import hashlib
import json
import math
import os
import re
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import torch
from torch import Tensor

from facelib.files import read_json, replacing, sweep

LARGE = 2**30  # bytes of decoded images; more of them are packed, fewer stay in memory
FOLDER = ".facelib"

# What became of a list of photos: uint8 images (K, 3, H, W) of all that could be decoded, in order;
# position in the list -> reason for all others.
Decoded = tuple[Tensor, dict[int, str]]


def fingerprint(root: Path, files: list[Path], cut: object = None) -> str:
    """A digest of every file's name below `root`, size and time of change, and of where the faces
    were `cut` (anything that JSON holds)."""
    stats = [(file.relative_to(root).as_posix(), file.stat()) for file in files]
    facts = [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]
    return hashlib.sha256(json.dumps([cut, *facts]).encode()).hexdigest()[:16]


def read(root: Path, name: str, shape: tuple[int, ...]) -> Decoded | None:
    """The pack `name` ("kind-fingerprint") of the photo folder `root`, its pixels mapped into
    memory, where changes stay; None without a whole one. shape: (N, C, H, W), bad ones included.
    """
    pixels, index = _files(root, name)
    try:
        facts = read_json(index)
        bad = {int(position): reason for position, reason in facts["bad"].items()}
        shape = (shape[0] - len(bad), *shape[1:])
        if not pixels.is_file() or pixels.stat().st_size != math.prod(shape):
            return None
        with pixels.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
        if facts["sha256"] != _seal(digest, bad):
            return None
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
    images = torch.from_file(str(pixels), shared=False, size=math.prod(shape), dtype=torch.uint8)
    return images.view(shape), bad


def write(
    root: Path, name: str, shape: tuple[int, ...], results: Iterable[Tensor | str]
) -> Decoded:
    """Stream decoded photos, as `decode` gives them, to the pack `name` and `read` it; it replaces
    packs of the same kind.

    Raises:
        OSError: the disk is full, the folder is read only, its `.facelib` is a link, or another
            process took the pack away meanwhile. Nothing is left behind.
    """
    pixels, index = _files(root, name)
    if pixels.parent.is_symlink():
        raise OSError(
            errno.ELOOP,
            "is a link and may lead to files of somebody else: remove it or ask for a smaller size",
            str(pixels.parent),
        )
    bad, digest, ours = {}, hashlib.sha256(), False
    try:
        pixels.parent.mkdir(exist_ok=True)
        _remove_older(pixels.parent, name)
        if shutil.disk_usage(root).free < math.prod(shape):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        with replacing(pixels) as file:
            for position, result in enumerate(results):
                if isinstance(result, str):
                    bad[position] = result
                else:
                    data = result.numpy().tobytes()
                    digest.update(data)
                    file.write(data)
        ours = True
        with replacing(index) as file:
            file.write(json.dumps({"bad": bad, "sha256": _seal(digest, bad)}).encode())
    except FileNotFoundError:
        pass  # another process removed the directory or the pixels: `read` will tell
    except OSError as error:
        raise OSError(
            error.errno,
            f"{math.prod(shape) / 2**30:.1f} GiB of decoded photos could not be packed into "
            f"{pixels.parent} ({error.strerror}). Free that much disk space, move the photos to a "
            "disk that has it and that you may write to, or ask for a smaller size.",
        ) from error
    finally:
        if ours and not index.exists():  # else another process may be about to write it
            pixels.unlink(missing_ok=True)
        with suppress(OSError):  # only an empty directory goes
            pixels.parent.rmdir()
    if found := read(root, name, shape):
        return found
    raise OSError(
        errno.EAGAIN, "another process changed the pack meanwhile: call again", str(pixels.parent)
    )


def _files(root: Path, name: str) -> tuple[Path, Path]:
    return root / FOLDER / f"{name}.u8", root / FOLDER / f"{name}.json"


def _seal(digest, bad: dict[int, str]) -> str:
    """The SHA-256 of pixels, as far as `digest` has come, and of what has none."""
    digest.update(json.dumps(sorted(bad.items())).encode())
    return digest.hexdigest()


def _remove_older(directory: Path, name: str) -> None:
    """Remove older packs of this kind and what killed runs left, and nothing that is no pack."""
    packs = rf"{re.escape(name.rpartition('-')[0])}-[0-9a-f]{{16}}\.(u8|json)"
    sweep(directory, packs)
    for file in directory.iterdir():
        if re.fullmatch(packs, file.name) and file.stem != name:
            with suppress(OSError):  # Windows keeps a pack that another notebook has mapped
                file.unlink()
