"""Labeled Faces in the Wild (LFW): 13,233 photographs of 5,749 people, and its official pairs.

G. B. Huang, M. Ramesh, T. Berg, E. Learned-Miller, "Labeled Faces in the Wild: a database for
studying face recognition in unconstrained environments", UMass Amherst TR 07-49, 2007.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from facelib.data.faceset import FaceSet
from facelib.data.pairs import Pairs

SOURCE = "Labeled Faces in the Wild; Huang et al. 2007, UMass Amherst TR 07-49"
LAYOUT = "Person_Name/Person_Name_0001.jpg beside pairs.txt"


class LFW(NamedTuple):
    """The faces, the official pairs, and the fold (0, 1, ...; int64 (P,)) of each pair."""

    faces: FaceSet
    pairs: Pairs
    fold: Tensor


def lfw(path: str | Path | None = None) -> LFW:
    """LFW as uint8 RGB, ordered by name, then photograph, with the ten folds of pairs.txt.

    LFW's own 250 x 250 px photographs are cut to the face and resized to 112 x 112; a folder of
    cropped or aligned faces of another size is taken as it is.

    Args:
        path: a folder Person_Name/Person_Name_0001.jpg that holds pairs.txt. None means the folder
            in the environment variable FACELIB_LFW, or else the funneled photographs as
            scikit-learn fetches them (once, some 230 MB).

    Raises:
        FileNotFoundError: there is no such folder, or LFW could not be fetched.
        ValueError: pairs.txt or an image is wrong; the message names the file and the line.
    """
    local = path or os.environ.get("FACELIB_LFW")
    if local:
        folder = Path(local).expanduser()
        pairs_file = folder / "pairs.txt"
    else:
        folder, pairs_file = _fetched()
    if not folder.is_dir():
        asked = "" if path else " (from FACELIB_LFW)"
        raise FileNotFoundError(f"there is no LFW folder {folder}{asked}; want {LAYOUT}")
    place = {
        (person.name, int(number)): photo
        for person in sorted(folder.iterdir(), key=lambda person: person.name)
        if person.is_dir()
        for photo in sorted(person.glob("*.jpg"), key=lambda photo: photo.name)
        if photo.stem.startswith(f"{person.name}_")
        and (number := photo.stem[len(person.name) + 1 :]).isdecimal()
    }
    if not place:
        raise FileNotFoundError(f"no LFW photograph in {folder}; want {LAYOUT}")
    # The pairs come first: a wrong line is found before the images are decoded.
    pairs, fold = _read_pairs(pairs_file, {key: index for index, key in enumerate(place)})
    names = tuple(dict.fromkeys(name for name, _ in place))
    label = {name: index for index, name in enumerate(names)}
    person = torch.tensor([label[name] for name, _ in place])
    return LFW(
        FaceSet(_read_images(list(place.values())), person, names, source=SOURCE), pairs, fold
    )


def _fetched() -> tuple[Path, Path]:
    """Scikit-learn's own folder of funneled photographs and its pairs.txt, fetched if need be."""
    from sklearn.datasets import fetch_lfw_people, get_data_home

    home = Path(get_data_home()) / "lfw_home"
    photos, pairs_file = home / "lfw_funneled", home / "pairs.txt"
    if not (photos.is_dir() and pairs_file.is_file()):
        try:
            # It fetches all of LFW, then decodes only the one man with so many photographs.
            fetch_lfw_people(min_faces_per_person=500)
        except OSError as error:
            raise FileNotFoundError(
                f"LFW could not be fetched ({error}). Try again online, or get LFW elsewhere as "
                f"{LAYOUT} and set the environment variable FACELIB_LFW to that folder."
            ) from error
    # The archive goes when all of it is unpacked, so here it means that unpacking was cut short.
    if (home / "lfw-funneled.tgz").exists():
        raise FileNotFoundError(
            f"{photos} was unpacked only in part: delete it and call lfw() again (the archive "
            "beside it is kept, so nothing is downloaded twice)"
        )
    return photos, pairs_file


def _read_pairs(file: Path, place: dict[tuple[str, int], int]) -> tuple[Pairs, Tensor]:
    """The pairs of pairs.txt as positions in the FaceSet, and the fold of each.

    First line "folds size"; then for each fold `size` lines "name i j" (the same person) and
    `size` lines "name i name j" (two people).
    """
    if not file.is_file():
        raise FileNotFoundError(f"there is no {file}; want LFW's official pairs.txt, 6,001 lines")
    header, *lines = file.read_text(encoding="utf-8", errors="replace").rstrip().split("\n")
    try:
        folds, size = (int(word) for word in header.split())
    except ValueError:
        raise ValueError(
            f'{file}, line 1: want "folds size", as in "10 300", got {header!r}'
        ) from None
    if folds < 1 or size < 1 or len(lines) != 2 * folds * size:
        raise ValueError(
            f"{file}, line 1: {folds} folds of {size} + {size} pairs need {2 * folds * size} more "
            f"lines, but {len(lines)} follow"
        )
    left, right = [], []
    for index, line in enumerate(lines):
        words = line.split()
        same = index % (2 * size) < size
        here = f"{file}, line {index + 2}"
        if len(words) != (3 if same else 4):
            form = '"name i j" (one person)' if same else '"name i name j" (two people)'
            raise ValueError(f"{here}: want {form}, got {line!r}")
        try:
            one = words[0], int(words[1])
            two = words[0] if same else words[2], int(words[-1])
        except ValueError:
            raise ValueError(f"{here}: want whole numbers after the names, got {line!r}") from None
        for name, number in (one, two):
            if (name, number) not in place:
                raise ValueError(
                    f"{here}: there is no photograph {name}/{name}_{number:04d}.jpg; the folder is "
                    "not the whole LFW, get it afresh"
                )
        left.append(place[one])
        right.append(place[two])
    order = torch.arange(len(lines))
    pairs = Pairs(torch.tensor(left), torch.tensor(right), order % (2 * size) < size)
    return pairs, order // (2 * size)


def _read_images(files: list[Path]) -> Tensor:
    images = None
    # Pillow lets go of the interpreter's lock while it decodes, so threads help.
    with ThreadPoolExecutor() as pool:
        for index, image in enumerate(pool.map(_read_image, files)):
            if images is None:
                images = torch.empty(len(files), *image.shape, dtype=torch.uint8)
            elif image.shape != images.shape[1:]:
                raise ValueError(
                    f"{files[index]} is {_size(image)}, but {files[0]} is {_size(images[0])}: all "
                    "photographs must have one size"
                )
            images[index] = image
    return images


def _read_image(file: Path) -> Tensor:
    try:
        with Image.open(file) as opened:
            image = opened.convert("RGB")
    except (OSError, SyntaxError) as error:
        raise ValueError(f"{file} is damaged, get it afresh ({error})") from error
    if image.size == (250, 250):
        # LFW cut its photographs 2.2 times as wide as the box of its face detector: the middle half
        # is the face with a narrow margin.
        image = image.resize((112, 112), Image.Resampling.BICUBIC, box=(62, 62, 188, 188))
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous()


def _size(image: Tensor) -> str:
    return f"{image.shape[-1]} x {image.shape[-2]} px"
