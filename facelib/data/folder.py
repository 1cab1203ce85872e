"""Your own photos: a folder with one sub-folder for each person. The photos are only ever read."""

import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import torch
from PIL import Image, ImageOps
from torch import Tensor

from facelib.data import pack
from facelib.data.decode import decode, to_tensor
from facelib.data.faceset import FaceSet
from facelib.door.align import POINTS, align, side_to_read
from facelib.door.detect import DETAIL
from facelib.door.photo import ENDINGS, NO_FILE, list_visible, read_aloud, read_photo, spell


def folder(
    path: str | Path, size: int = 112, detect: bool = False, skip_bad: bool = False
) -> FaceSet:
    """The photos in path/Person/any_name.jpg as uint8 RGB (N, 3, size, size), ordered by name.

    Each photo is read by `photo.read_photo`, cut to its middle square and resized. More than 1 GiB
    of decoded photos are packed once into `path/.facelib` and mapped into memory from there (these
    are faces too: delete them with the photos). Hidden files and what computers add
    (`photo.STRAY`) are passed over; links to photos are followed. Look at `contact_sheet(faces)`.

    Args:
        path: the folder; `photo.ENDINGS` in any case are read.
        size: side of the crops in pixels.
        detect: cut the largest face out by its eyes, as `align` does, instead of the middle; a
            photo in which none is found is a bad file.
        skip_bad: warn about bad files and go on without them.

    Raises:
        FileNotFoundError, NotADirectoryError, PermissionError: the folder can't be read.
        ImportError: what `detect` needs is not installed.
        ValueError: files that can't be used (all are listed), fewer than two people, or two whose
            names look alike.
        OSError: no disk space for a pack.
    """
    if size < 1:
        raise ValueError(f"size must be at least 1 pixel, got {size}")
    root = Path(path).expanduser()
    names, files, person, unfit = _list(root)
    if detect:
        align(Image.new("RGB", (DETAIL, DETAIL)))  # what it lacks is no fault of a photo
    results = partial(decode, files, partial(_crop, size=size, detect=detect))
    shape = (len(files), 3, size, size)
    if len(files) * 3 * size * size > pack.LARGE:
        cut = POINTS.tolist() if detect else None
        name = f"{'face' if detect else 'centre'}{size}-{pack.fingerprint(root, files, cut)}"
        images, bad = pack.read(root, name, shape) or pack.write(root, name, shape, results())
    else:
        images, bad = _in_memory(results(), shape)
    _report(root, unfit + [(files[i], reason) for i, reason in bad.items()], skip_bad)
    kept = torch.tensor([label for place, label in enumerate(person) if place not in bad]).long()
    faces = FaceSet(images, kept, tuple(names), source=f"own photos, folder {root.name}")
    if empty := [name for name, count in zip(names, faces.counts, strict=True) if not count]:
        raise ValueError(
            f"{root} has no usable photo of {', '.join(empty)}: add one, or move the sub-folder out"
        )
    return faces


def _list(root: Path) -> tuple[list[str], list[Path], list[int], list[tuple[Path, str]]]:
    """The people; each photo and its label; what is no photo of a person, and why."""
    if not root.exists():
        raise FileNotFoundError(f"there is no folder {root}")
    if not root.is_dir():
        raise NotADirectoryError(f"{root} is a file; want a folder with a sub-folder per person")
    names, files, person, bad = [], [], [], []
    for entry in list_visible(root):
        if entry.is_dir():
            for file in list_visible(entry):
                if reason := _unfit(file):
                    bad.append((file, reason))
                else:
                    files.append(file)
                    person.append(len(names))
            names.append(spell(entry.name))
        elif entry.suffix.lower() in ENDINGS:
            bad.append((entry, "not in the sub-folder of a person"))
    if len(names) < 2:
        raise ValueError(
            f"{root} has {len(names)} sub-folders ({', '.join(names) or 'none'}); want one for "
            "each of at least two people, as in Ada/1.jpg and Ben/1.jpg"
        )
    seen: dict[str, str] = {}
    for name in names:  # one person in two folders would silently be two people
        looks = read_aloud(name)
        if looks in seen:
            raise ValueError(
                f"{root} has sub-folders {seen[looks]!r} and {name!r}, whose names look alike: "
                "move the photos into one of them, or rename one if these are two people"
            )
        seen[looks] = name
    return names, files, person, bad


def _unfit(file: Path) -> str | None:
    """Why the file is not even opened, or None."""
    if file.is_dir():
        return "a folder inside the folder of a person: move its photos one level up"
    if file.suffix.lower() not in ENDINGS:
        return f"not a photo: its name does not end in {' '.join(ENDINGS)}"
    return None if file.is_file() else NO_FILE


def _crop(file: Path, size: int, detect: bool) -> Tensor:
    if not detect:
        photo = read_photo(file, side=2 * size)
        return to_tensor(ImageOps.fit(photo, (size, size), Image.Resampling.BICUBIC))
    faces = align(read_photo(file, side=side_to_read(size)), size)
    if not faces:
        raise ValueError("no face found: crop the photo by hand or turn detect off")
    return to_tensor(faces[0].crop)


def _in_memory(results: Iterator[Tensor | str], shape: tuple[int, ...]) -> pack.Decoded:
    images, bad = torch.empty(shape, dtype=torch.uint8), {}
    for position, result in enumerate(results):
        if isinstance(result, str):
            bad[position] = result
        else:
            images[position - len(bad)] = result
    return images[: len(images) - len(bad)], bad


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
