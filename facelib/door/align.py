"""From a photograph to faces that are cut alike: upright, the eyes where they always are."""

from typing import NamedTuple

import numpy as np
from PIL import Image

from facelib.door.detect import DETAIL, SMALLEST, detect, shrink

# Where eyes, nose and corners of the mouth are in LFW's usual aligned cut, x and y as shares of its
# side: medians over the photographs of View 1, as `python -m benchmarks.align` finds them.
POINTS = np.array(
    [[0.3363, 0.4650], [0.6560, 0.4618], [0.4968, 0.6504], [0.3589, 0.8136], [0.6365, 0.8109]]
)


class Face(NamedTuple):
    """A face that was found, as in `Detection`, and cut out: crop, uint8 (size, size, 3)."""

    crop: np.ndarray
    eyes: np.ndarray
    box: np.ndarray
    score: float


def align(image: Image.Image, size: int = 112, smallest: float = SMALLEST) -> list[Face]:
    """All faces of a photograph, cut alike, the largest first; [] if there is none.

    The photograph is turned, scaled and moved so that eyes, nose and mouth come as near as can be
    to where LFW's usual aligned cut has them: by the eyes alone, a face that looks aside would come
    out larger. Where the frame cuts a face, the edge is repeated.

    `size` is px a side of the crops, at least 1; other arguments and errors as of `detect`.
    """
    if size < 1:
        raise ValueError(f"size must be at least 1 pixel, got {size}")
    return [
        Face(cut(image, face.points, size), face.eyes, face.box, face.score)
        for face in detect(image, smallest)
    ]


def side_to_read(size: int) -> int:
    """Px a side of a photograph, for `read_photo`, in which the smallest face has as many as its
    crop, or as detection looks at."""
    return round(max(size, DETAIL) / SMALLEST)


def fit(points: np.ndarray, size: int) -> tuple[complex, complex]:
    """How a crop lies in its photograph: x + iy of the crop is at turn (x + iy) + start.

    It brings `POINTS` as near to the points, float (5, 2) in px of the photograph, as turning,
    scaling and moving can (least squares).
    """
    there, here = (size * POINTS) @ [1, 1j], points @ [1, 1j]
    spread = there - there.mean()
    turn = np.vdot(spread, here) / np.vdot(spread, spread)
    return turn, here.mean() - turn * there.mean()


def cut(image: Image.Image, points: np.ndarray, size: int) -> np.ndarray:
    """The crop, uint8 (size, size, 3), of the face whose five points, float (5, 2), are given."""
    turn, start = fit(points, size)
    small = shrink(image, 1 / abs(turn))  # averages; what follows would drop pixels
    scale = small.width / image.width
    turn, start = scale * turn, scale * start
    # The part of the photograph in which the crop lies however it is turned, the edges repeated.
    middle, half = start + turn * size * (0.5 + 0.5j), int(0.75 * size * abs(turn)) + 2
    left, top = int(middle.real) - half, int(middle.imag) - half
    around = np.arange(2 * half)
    part = np.asarray(small).take(top + around, 0, mode="clip").take(left + around, 1, mode="clip")
    start -= left + 1j * top
    places = turn.real, -turn.imag, start.real, turn.imag, turn.real, start.imag
    method = Image.Transform.AFFINE, places, Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(part).transform((size, size), *method))
