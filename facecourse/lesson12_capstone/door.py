"""What the demo's door does, without its widgets: faces are kept in memory, and nowhere else."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image

from facecourse.lesson12_capstone.networks import Embedder
from facelib.data import corrupt
from facelib.door.align import align, side_to_read
from facelib.door.detect import SMALLEST
from facelib.door.photo import read_photo, spell
from facelib.door.register import Register
from facelib.door.thresholds import Threshold, look_up
from facelib.synth import synth

CROP, VIEW = 112, 224  # px a side
AROUND = 2.2  # sides of the face's box that a view shows
NOBODIES = 4  # a seed: short hair and long, with glasses and without


class Look(NamedTuple):
    """A photograph at the door.

    Attributes: view, RGB, what is around the face, at most `VIEW` px a side; crop uint8 (112, 112,
    3), the face as `align` cuts it; milliseconds that finding and cutting took.
    """

    view: Image.Image
    crop: np.ndarray
    milliseconds: float


class Judgement(NamedTuple):
    """Whom a face was compared with, the cosine, -1 to 1, and what embedding took."""

    name: str
    score: float
    milliseconds: float


class AlikeError(ValueError):
    """Somebody enrolled looks like the newcomer; whoever enrolls must say if it is another."""


def look(photo: Image.Image | bytes, smallest: float = SMALLEST) -> Look:
    """Find the one face of a photograph.

    Args:
        photo: RGB, or a file's content.
        smallest: face that is looked for, as a share of the photograph's shorter side.

    Raises:
        ValueError: it is no photograph, or shows no face, or several.
        ImportError: the extra `door` is not installed.
    """
    if isinstance(photo, bytes):
        with warnings.catch_warnings(action="ignore"):  # what matters is an error, too
            photo = read_photo(photo, side=side_to_read(CROP))
    start = time.perf_counter()
    faces = align(photo, CROP, smallest)
    took = 1000 * (time.perf_counter() - start)
    if not faces:
        raise ValueError(
            "No face was found. Come nearer, look into the camera, and let light fall on the face "
            "from the front"
        )
    if len(faces) > 1:
        raise ValueError(f"{len(faces)} faces were found: cut the photograph to one of them")
    left, top, right, bottom = faces[0].box
    half = AROUND * max(right - left, bottom - top) / 2
    x, y = (left + right) / 2, (top + bottom) / 2
    area = (
        max(0, x - half),
        max(0, y - half),
        min(photo.width, x + half),
        min(photo.height, y + half),
    )
    view = photo.crop(tuple(map(round, area)))
    view.thumbnail((VIEW, VIEW))
    return Look(view, faces[0].crop, took)


def tamper(
    view: Image.Image, light: float = 0, turn: float = 0, cover: float = 0, paper: float = 0
) -> Image.Image:
    """What the camera sees if somebody interferes.

    Args:
        view: RGB.
        light: stops more, or less if negative.
        turn: degrees to the left.
        cover: the share of the height that is hidden from below, 0 to 1.
        paper: how coarse and pale a print of the view is held up in its place; 0: none, 1: worst.
    """
    images = torch.tensor(np.asarray(view)).permute(2, 0, 1)[None]
    if paper:
        width = images.shape[3]
        images = corrupt.pixelate(images, round(width * (1 - 0.75 * paper)))
        pale = 255 * 0.15 * paper + images * (1 - 0.3 * paper)  # no ink is black, no paper white
        images = corrupt.add_noise(pale, 8 * paper)
    if cover:
        images = images.clone()
        images[:, :, round((1 - cover) * images.shape[2]) :] = 90  # a grey scarf
    images = corrupt.darken(corrupt.rotate(images, turn), 2.0**light)
    return Image.fromarray(images[0].permute(1, 2, 0).numpy())


def photograph_nobody() -> dict[str, list[Image.Image]]:
    """Three photographs each of two people who don't exist, RGB."""
    faces = synth(2, 3, seed=NOBODIES, size=CROP, channels=3)
    shots = [Image.fromarray(image.permute(1, 2, 0).numpy()) for image in faces.images]
    return dict(zip(faces.names, (shots[:3], shots[3:]), strict=True))


class Door:
    """Enrolled people before one of several networks.

    Args:
        networks: by name; the last one is at the door first.
        far: the false accept rate for which thresholds are looked up.

    Attributes: network, the name of the one at the door; known, its threshold, or None, and then
    `why` says why there is none; register; crops, of each person those that are kept.
    """

    def __init__(self, networks: Mapping[str, Embedder], far: float = 0.01) -> None:
        self.networks, self.far = dict(networks), far
        self.crops: dict[str, list[np.ndarray]] = {}
        self.switch(list(networks)[-1])

    def switch(self, network: str) -> None:
        """Put another network at the door.

        Templates of two networks can't be compared: all crops are embedded anew.
        """
        self.network, self._embedder = network, self.networks[network]
        self.known: Threshold | None = None
        try:
            self.known, self.why = look_up(self._embedder.sha256, self.far), ""
        except ValueError as error:
            self.why = str(error)
        self.register = Register(self._embedder.sha256)
        for name, crops in self.crops.items():
            self.register.enroll(name, self._embedder.embed(np.stack(crops)), consent=True)

    def enroll(
        self, name: str, crops: Sequence[np.ndarray], *, consent: bool, is_new: bool = False
    ) -> int:
        """Keep crops (112, 112, 3) of a person, and a template of each; return how many are new.

        Args:
            is_new: nobody who is enrolled, however alike.

        Raises:
            PermissionError: no consent.
            AlikeError: one is as similar to somebody else as two photographs of one person are.
            ValueError: no crops, or what `Register.enroll` refuses. Nothing is kept then.
        """
        if not crops:
            raise ValueError("There is no face to enrol yet: take or choose a photograph first")
        if not consent:
            raise PermissionError("Nothing is kept without consent: ask, then tick the box")
        name = spell(name.strip())
        templates = self._embedder.embed(np.stack(crops))
        for template in templates if self.known and not is_new else ():
            if found := self.register.find_other(name, template, self.known.threshold):
                raise AlikeError(
                    "This face looks like {}, who is enrolled (cosine {:.2f}). Is {} somebody "
                    "else?".format(*found, name)
                )
        new = self.register.enroll(name, templates, consent=consent)
        self.crops.setdefault(name, []).extend(crops)
        return new

    def forget(self, name: str) -> None:
        """Drop a person's crops and templates.

        Raises:
            ValueError: nobody has this name.
        """
        self.register.forget(name)
        del self.crops[name]

    def judge(self, crop: np.ndarray, name: str = "") -> Judgement:
        """Compare a face (112, 112, 3) with this person, or without a name find the most similar.

        Raises:
            ValueError: nobody is enrolled, or nobody of this name.
        """
        if not self.crops:
            raise ValueError("Nobody is enrolled yet: enrol somebody first")
        start = time.perf_counter()
        template = self._embedder.embed(crop[None])[0]
        took = 1000 * (time.perf_counter() - start)
        if name:
            return Judgement(name, self.register.verify(name, template), took)
        return Judgement(*self.register.identify(template)[0], took)
