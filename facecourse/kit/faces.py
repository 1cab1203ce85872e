"""The 400 faces that the lessons learn from: ORL's, or drawn ones where nobody may be shown.

With the environment variable FACELIB_FACES=synthetic, forty people who don't exist stand in for
ORL's, and no photograph of anybody is read. Stored evidence stays what it was: of ORL.
"""

import os
from functools import cache

from torch import Tensor

from facelib.data import FaceSet, orl
from facelib.synth import synth
from facelib.synth.people import pick_seed

FACES = "orl", "synthetic"
NOTICE = (
    "FACELIB_FACES=synthetic: every face in this lesson is drawn, and nobody in it exists. Where "
    "the text says ORL, forty drawn people stand in for ORL's; its numbers are ORL's, so others "
    "come out here."
)
SOURCE = "people who don't exist, drawn by facelib.synth in the place of ORL's"
STUDIO = {  # as ORL was taken: one room, one camera, nearly from the front
    "yaw": (-15.0, 15.0), "pitch": (-6.0, 6.0), "roll": (-3.0, 3.0), "scale": (0.98, 1.06),
    "shift_x": (-0.04, 0.04), "shift_y": (-0.04, 0.04), "distance": 1.0, "azimuth": (-30.0, 30.0),
    "elevation": (10.0, 40.0), "ambient": (0.5, 0.75), "exposure": (-0.1, 0.1),
    "contrast": (1.0, 1.1), "vignette": 0.0, "back_tone": (0.4, 0.5), "back_slope_x": 0.0,
    "back_slope_y": 0.0, "back_clutter": 0.0, "cloth_tone": 0.3, "hat": 0.0,
}  # fmt: skip


def choose_faces() -> str:
    """Whose faces the lessons show, as FACELIB_FACES says: "orl" unless it is "synthetic".

    That they are drawn is printed once, before anything that a lesson shows.

    Raises:
        ValueError: FACELIB_FACES is neither.
    """
    faces = os.environ.get("FACELIB_FACES") or FACES[0]
    if faces not in FACES:
        raise ValueError(
            f"FACELIB_FACES must be one of {', '.join(FACES)}, got {faces!r}: set it to "
            "synthetic for drawn people in the place of ORL's, or leave it out"
        )
    if faces == "synthetic":
        _say_once(NOTICE)
    return faces


def load_faces() -> FaceSet:
    """Forty people, s1 to s40, with ten faces each, grey, uint8 (400, 1, 112, 92), by person.

    They are the photographs of ORL (`facelib.data.orl`), or drawn where `choose_faces` says so.

    Raises:
        FileNotFoundError, ValueError: as `choose_faces` and `facelib.data.orl`.
    """
    return _draw_faces().map(Tensor.clone) if choose_faces() == "synthetic" else orl()


@cache
def _draw_faces() -> FaceSet:
    drawn = synth(40, images=10, seed=pick_seed("stand-ins"), size=112, **STUDIO)
    names = tuple(f"s{person}" for person in range(1, 41))
    return FaceSet(drawn.images[..., 10:-10].contiguous(), drawn.person, names, source=SOURCE)


@cache
def _say_once(notice: str) -> None:
    print(notice)
