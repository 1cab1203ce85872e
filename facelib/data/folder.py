"""Your own photos: a folder with one sub-folder for each person. The photos are only ever read."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor
from tqdm.auto import tqdm

from facelib.data import pack
from facelib.data.faceset import FaceSet

ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".pgm", ".tif", ".tiff")
# Named one by one: among Pillow's readers are some that start other programs (EPS).
FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "PPM", "TIFF")
STRAY = {"thumbs.db", "desktop.ini"}  # written by file managers, like the hidden .DS_Store
SEARCH = 480  # px: faces are looked for in a copy of the photo with this longest side
MARGIN = 1.3  # side of the crop over the side of the detected box, which ends at brows and chin
BATCH = 64  # photos decoded ahead of the one being stored


class _Listing(NamedTuple):
    """names: the people; files, person: each photo and its label; bad: (file, reason)."""

    names: tuple[str, ...]
    files: list[Path]
    person: list[int]
    bad: list[tuple[Path, str]]


def folder(
    path: str | Path, size: int = 112, detect: bool = False, skip_bad: bool = False
) -> FaceSet:
    """The photos in path/Person/any_name.jpg as uint8 RGB (N, 3, size, size), ordered by name.

    Each photo is turned upright (EXIF), cut to its middle square and resized. More than 1 GiB of
    decoded photos are packed once into `path/.facelib` and mapped into memory from there (these are
    faces too: delete them with the photos). Hidden files are passed over. Look at
    `contact_sheet(faces)` to see every crop.

    Args:
        path: the folder; .jpg .jpeg .png .bmp .webp .pgm .tif .tiff in any case are read.
        size: side of the crops in pixels.
        detect: cut around the largest upright frontal face instead of the middle; a photo in
            which none is found is a bad file.
        skip_bad: warn about bad files and go on without them.

    Raises:
        FileNotFoundError, NotADirectoryError, PermissionError: the folder can't be read.
        ValueError: files that can't be used (all are listed), or fewer than two people.
        OSError: no disk space for a pack.
    """
    if size < 1:
        raise ValueError(f"size must be at least 1 pixel, got {size}")
    root = Path(path).expanduser()
    names, files, person, unfit = _list(root)
    decode = partial(_decode_all, root, files, size, detect)
    if len(files) * 3 * size * size > pack.LARGE:
        name = f"{'face' if detect else 'centre'}{size}-{pack.fingerprint(root, files)}"
        if not (decoded := pack.read(root, name)):
            pack.write(root, name, (len(files), 3, size, size), decode())
            decoded = pack.read(root, name)
    else:
        decoded = _in_memory(decode, len(files), size)
    _report(root, unfit + [(files[i], reason) for i, reason in decoded.bad.items()], skip_bad)
    labels = torch.tensor(person, dtype=torch.int64)[decoded.kept]
    faces = FaceSet(decoded.images, labels, names, source=f"own photos, folder {root.name}")
    if empty := [name for name, count in zip(names, faces.counts, strict=True) if not count]:
        raise ValueError(
            f"{root} has no usable photo of {', '.join(empty)}: add one, or move the sub-folder out"
        )
    return faces


def _list(root: Path) -> _Listing:
    if not root.exists():
        raise FileNotFoundError(f"there is no folder {root}")
    if not root.is_dir():
        raise NotADirectoryError(f"{root} is a file; want a folder with a sub-folder per person")
    names, files, person, bad = [], [], [], []
    for entry in _visible(root):
        if entry.is_dir():
            for file in _visible(entry):
                if reason := _unfit(file):
                    bad.append((file, reason))
                else:
                    files.append(file)
                    person.append(len(names))
            names.append(entry.name)
        elif entry.suffix.lower() in ENDINGS:
            bad.append((entry, "not in the sub-folder of a person"))
    if len(names) < 2:
        raise ValueError(
            f"{root} has {len(names)} sub-folders ({', '.join(names) or 'none'}); want one for "
            "each of at least two people, as in Ada/1.jpg and Ben/1.jpg"
        )
    return _Listing(tuple(names), files, person, bad)


def _visible(directory: Path) -> list[Path]:
    try:
        entries = sorted(directory.iterdir(), key=lambda entry: entry.name)
    except PermissionError as error:
        raise PermissionError(
            error.errno, f"you may not read the folder {directory}; change its permissions"
        ) from error
    return [
        entry
        for entry in entries
        if not entry.name.startswith(".") and entry.name.lower() not in STRAY
    ]


def _unfit(file: Path) -> str | None:
    """Why the file is not even opened, or None."""
    if file.is_dir():
        return "a folder inside the folder of a person: move its photos one level up"
    if file.suffix.lower() not in ENDINGS:
        return f"not a photo: its name does not end in {' '.join(ENDINGS)}"
    if not file.is_file():
        return "not a file (a broken link?)"
    return None


def _decode_all(root: Path, files: list[Path], size: int, detect: bool) -> Iterator[Tensor | str]:
    """Each file's image or the reason why it has none, in order, a few decoded ahead."""
    decode = partial(_decode, size=size, detect=detect)
    workers = min(8, os.cpu_count() or 1)
    with ThreadPoolExecutor(workers) as pool, tqdm(total=len(files), unit="photo") as bar:
        for start in range(0, len(files), BATCH):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # oddities in photos that decode all the same
                warnings.simplefilter("error", Image.DecompressionBombWarning)
                results = list(pool.map(decode, files[start : start + BATCH]))
            yield from results
            bar.update(len(results))


def _decode(file: Path, size: int, detect: bool) -> Tensor | str:
    try:
        if not file.stat().st_size:
            return "empty file (0 bytes)"
        with Image.open(file, formats=FORMATS) as opened:
            if opened.mode.startswith(("I", "F")):
                return f"its pixels have more than 8 bits ({opened.mode}): save it with 8"
            # A JPEG is decoded no larger than needed: a tenth of the time for a phone's photo.
            opened.draft(None, (2 * SEARCH, 2 * SEARCH) if detect else (2 * size, 2 * size))
            image = ImageOps.exif_transpose(opened).convert("RGB")
    except PermissionError:
        return "you may not read it: change its permissions"
    except UnidentifiedImageError:
        return "its content is not a JPEG, PNG, BMP, WebP, PGM or TIFF image, whatever its name"
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return f"over {Image.MAX_IMAGE_PIXELS:,} pixels (a decompression bomb?): save it smaller"
    except Exception as error:  # Pillow's readers raise anything on damaged content
        return f"damaged or cut short ({error})"
    if detect:
        box = _find_face(image)
        if box is None:
            return "no upright frontal face found: crop the photo by hand or turn detect off"
        image = image.crop(box)
    square = ImageOps.fit(image, (size, size), Image.Resampling.BICUBIC)
    return torch.from_numpy(np.array(square)).permute(2, 0, 1).contiguous()


def _find_face(image: Image.Image) -> tuple[int, int, int, int] | None:
    """The square around the largest face (left, top, right, bottom), inside the image.

    Local binary pattern cascade: Liao et al. 2007, "Learning multi-scale block local binary
    patterns for face recognition", doi:10.1007/978-3-540-74549-5_87.
    """
    small = ImageOps.contain(image.convert("L"), (SEARCH, SEARCH))
    faces = _cascade()(
        img=np.array(small),
        scale_factor=1.1,
        step_ratio=1,
        min_size=(SEARCH // 10, SEARCH // 10),
        max_size=small.size,
    )
    if not faces:
        return None
    face = max(faces, key=lambda face: face["width"])
    scale = image.width / small.width
    side = min(MARGIN * face["width"] * scale, *image.size)
    left = (face["c"] + face["width"] / 2) * scale - side / 2
    top = (face["r"] + face["height"] / 2) * scale - side / 2
    left = min(max(left, 0), image.width - side)
    top = min(max(top, 0), image.height - side)
    return round(left), round(top), round(left + side), round(top + side)


@lru_cache(1)
def _cascade() -> Callable[..., list[dict[str, int]]]:
    from skimage.data import lbp_frontal_face_cascade_filename
    from skimage.feature import Cascade

    return Cascade(lbp_frontal_face_cascade_filename()).detect_multi_scale


def _in_memory(decode: Callable[[], Iterator[Tensor | str]], count: int, size: int) -> pack.Decoded:
    images = torch.empty(count, 3, size, size, dtype=torch.uint8)
    kept, bad = [], {}
    for position, result in enumerate(decode()):
        if isinstance(result, str):
            bad[position] = result
        else:
            images[len(kept)] = result
            kept.append(position)
    return pack.Decoded(images[: len(kept)], kept, bad)


def _report(root: Path, bad: list[tuple[Path, str]], skip_bad: bool) -> None:
    """Name every bad file: as a warning if they are to be skipped, as an error otherwise."""
    if not bad:
        return
    listed = "\n".join(f"  {file.relative_to(root).as_posix()}: {reason}" for file, reason in bad)
    found = f"{len(bad)} files in {root} can't be used:\n{listed}\n"
    if not skip_bad:
        raise ValueError(
            f"{found}Nothing was changed. Mend these files or move them out of the folder, or go "
            "on without them: folder(..., skip_bad=True)"
        )
    warnings.warn(f"{found}They are left out.", stacklevel=3)
