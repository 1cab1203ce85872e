"""Labeled Faces in the Wild (LFW): 13,233 photographs of 5,749 people, and its official pairs.

G. B. Huang, M. Ramesh, T. Berg, E. Learned-Miller, "Labeled Faces in the Wild: a database for
studying face recognition in unconstrained environments", UMass Amherst TR 07-49, 2007.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import NamedTuple

import torch
from PIL import Image
from torch import Tensor

from facelib import files
from facelib.data.decode import decode, to_tensor
from facelib.data.faceset import FaceSet
from facelib.data.pairs import Pairs
from facelib.door.photo import ENDINGS, list_visible, read_photo, spell

SOURCE = "Labeled Faces in the Wild; Huang et al. 2007, UMass Amherst TR 07-49"
LAYOUT = "Person_Name/Person_Name_0001.jpg beside pairs.txt"
VIEWS = {1: ("pairsDevTrain.txt", "pairsDevTest.txt"), 2: ("pairs.txt",)}


class LFW(NamedTuple):
    """The faces, the official pairs, and the fold (0, 1, ...; int64 (P,)) of each pair."""

    faces: FaceSet
    pairs: Pairs
    fold: Tensor

    def of_pairs(self) -> LFW:
        """The same pairs, and the photographs that they show alone."""
        shown, place = torch.stack(self.pairs[:2]).unique(return_inverse=True)
        return LFW(self.faces.take(shown), Pairs(*place, self.pairs.same), self.fold)


def lfw(path: str | Path | None = None, view: int = 2) -> LFW:
    """LFW as uint8 RGB, ordered by name, then photograph, with the ten folds of pairs.txt.

    LFW's own 250 x 250 px photographs are cut to the face and resized to 112 x 112; a folder of
    cropped or aligned faces of another size is taken as it is.

    Args:
        path: a folder Person_Name/Person_Name_0001.jpg (or what else `folder` reads) that holds
            pairs.txt. None means the folder in the environment variable FACELIB_LFW, or else the
            funneled photographs as scikit-learn fetches them (once, some 230 MB).
        view: 1, its makers' development sets (pairsDevTrain.txt and pairsDevTest.txt, folds 0 and
            1), to choose a network or a setting; 2 (pairs.txt) for the report at the end.

    Raises:
        FileNotFoundError, PermissionError: there is no such folder or file, it may not be read, or
            LFW could not be fetched.
        ValueError: another view, a file of pairs or an image that is wrong, or two files of one
            photograph; the message names the file and the line.
    """
    if view not in VIEWS:
        raise ValueError(f"want view 1 (to choose) or 2 (to report), got {view!r}")
    local = path or os.environ.get("FACELIB_LFW")
    folder = Path(local).expanduser() if local else _fetched(view)
    if not folder.is_dir():
        asked = "" if path else " (from FACELIB_LFW)"
        raise FileNotFoundError(f"there is no LFW folder {folder}{asked}; want {LAYOUT}")
    place = _list(folder)
    # The pairs come first: a wrong line is found before the images are decoded.
    index = {key: index for index, key in enumerate(place)}
    lists = [
        _read_pairs((folder if local else folder.parent) / name, index) for name in VIEWS[view]
    ]
    pairs = Pairs(*map(torch.cat, zip(*(pairs for pairs, _ in lists), strict=True)))
    fold = torch.cat([fold + number for number, (_, fold) in enumerate(lists)])
    names = tuple(dict.fromkeys(name for name, _ in place))
    label = {name: index for index, name in enumerate(names)}
    person = torch.tensor([label[name] for name, _ in place])
    images = _read_images(list(place.values()))
    return LFW(FaceSet(images, person, names, source=SOURCE), pairs, fold)


def _list(folder: Path) -> dict[tuple[str, int], Path]:
    """(name, number) -> photograph, ordered by name, then file."""
    place: dict[tuple[str, int], Path] = {}
    for person in list_visible(folder):
        for file in list_visible(person) if person.is_dir() else ():
            name, _, number = file.stem.rpartition("_")
            if name != person.name or file.suffix.lower() not in ENDINGS or not _counts(number):
                continue
            key = spell(name), int(number)
            if key in place:
                raise ValueError(
                    f"{place[key]} and {file} are both photograph {key[1]} of {key[0]}: remove one"
                )
            place[key] = file
    if not place:
        raise FileNotFoundError(f"no LFW photograph in {folder}; want {LAYOUT}")
    return place


def _counts(word: str) -> bool:
    return word.isascii() and word.isdecimal()


def _fetched(view: int) -> Path:
    """Scikit-learn's own folder of funneled photographs, beside the pairs, fetched if need be."""
    from sklearn.datasets import fetch_lfw_people, get_data_home

    home = Path(get_data_home()) / "lfw_home"
    photos, lists = home / "lfw_funneled", [name for view in VIEWS.values() for name in view]
    if not (photos.is_dir() and all((home / name).is_file() for name in VIEWS[view])):
        # Into a new folder, since scikit-learn would unpickle what it finds in the usual one.
        with tempfile.TemporaryDirectory(dir=home.parent) as fresh:
            try:
                # It fetches all of LFW, then decodes only the one man with so many photographs.
                fetch_lfw_people(data_home=fresh, min_faces_per_person=500)
            except OSError as error:
                raise FileNotFoundError(
                    f"LFW could not be fetched ({error}). Try again online, or get LFW elsewhere "
                    f"as {LAYOUT} and set the environment variable FACELIB_LFW to that folder."
                ) from error
            home.mkdir(exist_ok=True)
            for name in (photos.name, *lists):
                if not (home / name).exists():
                    (Path(fresh) / home.name / name).rename(home / name)
    # The archive goes when all of it is unpacked, so here it means that unpacking was cut short.
    if (home / "lfw-funneled.tgz").exists():
        raise FileNotFoundError(
            f"{photos} was unpacked only in part: delete it and call lfw() again (the archive "
            "beside it is kept, so nothing is downloaded twice)"
        )
    return photos


def _read_pairs(file: Path, place: dict[tuple[str, int], int]) -> tuple[Pairs, Tensor]:
    """The pairs of a file as positions in the FaceSet, and the fold of each.

    First line "folds size", or "size" of a single fold; then for each fold `size` lines "name i j"
    (the same person) and `size` lines "name i name j" (two people).
    """
    text = files.read(file, "official pairs of LFW", files.TEXT)
    header, *lines = re.split("\r\n?|\n", spell(text.decode("utf-8", "replace")).rstrip())
    if not (words := re.fullmatch(r"(?:([1-9]\d{0,5})\s+)?([1-9]\d{0,5})\s*", header, re.ASCII)):
        raise ValueError(
            f'{file}, line 1: want "folds size", as in "10 300", or "size" of one fold, got '
            f"{header!r}"
        )
    folds, size = map(int, words.groups("1"))
    if len(lines) != 2 * folds * size:
        raise ValueError(
            f"{file}, line 1: {folds} folds of {size} + {size} pairs need {2 * folds * size} more "
            f"lines, but {len(lines)} follow"
        )
    order = torch.arange(len(lines))
    same = order % (2 * size) < size
    ends = []
    for index, (line, one_person) in enumerate(zip(lines, same.tolist(), strict=True)):
        try:
            ends.append([place[end] for end in _read_pair(line.split(), one_person)])
        except ValueError as error:
            raise ValueError(f"{file}, line {index + 2}: want {error}, got {line!r}") from None
        except KeyError as error:
            name, number = error.args[0]
            raise ValueError(
                f"{file}, line {index + 2}: there is no photograph {name}/{name}_{number:04d}.jpg; "
                "the folder is not the whole LFW, get it afresh"
            ) from None
    left, right = torch.tensor(ends).unbind(1)
    return Pairs(left, right, same), order // (2 * size)


def _read_pair(words: list[str], same: bool) -> tuple[tuple[str, int], tuple[str, int]]:
    """(name, number) of both photographs; or a ValueError that says what is wanted."""
    if len(words) != (3 if same else 4):
        raise ValueError('"name i j" (one person)' if same else '"name i name j" (two people)')
    if not (_counts(words[1]) and _counts(words[-1])):
        raise ValueError("whole numbers after the names")
    one, two = (words[0], int(words[1])), (words[0] if same else words[2], int(words[-1]))
    if one == two or (one[0] == two[0]) != same:
        raise ValueError("two photographs of one person" if same else "photographs of two people")
    return one, two


def _read_images(files: list[Path]) -> Tensor:
    images, decoded = None, decode(files, _read_image, quiet=True)
    for index, (file, image) in enumerate(zip(files, decoded, strict=True)):
        if isinstance(image, str):
            raise ValueError(f"{file} can't be used: {image}. Get it afresh")
        if images is None:
            images = torch.empty(len(files), *image.shape, dtype=torch.uint8)
        elif image.shape != images.shape[1:]:
            here, first = (f"{one.shape[-1]} x {one.shape[-2]} px" for one in (image, images))
            raise ValueError(
                f"{file} is {here}, but {files[0]} is {first}: all photographs must have one size"
            )
        images[index] = image
    return images


def _read_image(file: Path) -> Tensor:
    image = read_photo(file)
    if image.size == (250, 250):
        # LFW cut its photographs 2.2 times as wide as the box of its face detector: the middle half
        # is the face with a narrow margin.
        image = image.resize((112, 112), Image.Resampling.BICUBIC, box=(62, 62, 188, 188))
    return to_tensor(image)
