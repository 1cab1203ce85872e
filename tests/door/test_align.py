"""A face comes out upright and as large as all others, whatever photograph it is cut from."""

import numpy as np
import pytest
from PIL import Image

from facelib.data import align as exported
from facelib.door.align import POINTS, align, cut
from facelib.door.detect import detect


def test_every_face_that_is_found_is_cut_out(astronaut):
    (face,), (found,) = align(astronaut, size=80), detect(astronaut)
    assert face.crop.shape == (80, 80, 3)
    assert face.crop.dtype == np.uint8
    assert np.array_equal(face.crop, cut(astronaut, found.points, 80))
    assert np.array_equal(face.eyes, found.eyes)
    assert np.array_equal(face.box, found.box)
    assert face.score == found.score
    assert exported is align


def test_no_face_gives_none():
    assert align(Image.new("RGB", (300, 300))) == []


@pytest.mark.parametrize(("degrees", "side"), [(40, 30), (0, 112), (180, 112), (40, 700)])
def test_the_five_points_come_where_they_belong(degrees, side):
    """`side` is that of the face in the photograph."""
    turn = side * np.exp(1j * np.radians(degrees))
    points = 500 + 500j + turn * (POINTS @ [1, 1j] - (0.5 + 0.5j))
    pixel = np.arange(1000) + 0.5
    far = np.abs(pixel + 1j * pixel[:, None] - points[:, None, None]) / side
    dots = (255 * np.exp(-((far / 0.04) ** 2)).sum(0)).astype(np.uint8)
    photo = Image.fromarray(dots).convert("RGB")
    crop = cut(photo, np.stack([points.real, points.imag], 1), 112)[..., 0]
    for x, y in 112 * POINTS:
        row, column = np.mgrid[int(y) - 8 : int(y) + 9, int(x) - 8 : int(x) + 9]
        weight = crop[row, column] / crop[row, column].sum()
        assert (weight * (column + 0.5)).sum() == pytest.approx(x, abs=0.3)
        assert (weight * (row + 0.5)).sum() == pytest.approx(y, abs=0.3)


def test_the_same_face_gives_the_same_crop_from_a_large_and_from_a_turned_photograph(astronaut):
    (plain,) = align(astronaut)
    for photo in (astronaut.resize((2500, 2500)), astronaut.rotate(20, Image.Resampling.BICUBIC)):
        (face,) = align(photo)
        difference = np.abs(face.crop[:70, 15:-15] - plain.crop[:70, 15:-15].astype(float))
        assert difference.mean() < 12


def test_what_lies_beyond_the_frame_repeats_the_edge(astronaut):
    inside = astronaut.crop((215, 40, 512, 400))
    (face,) = align(inside)
    assert face.box[0] < 0
    left = face.crop[40:60, :20].astype(int)
    assert np.abs(np.diff(left, axis=1)).max() < 30
    assert left.min() > 0
    grey = Image.new("RGB", (20, 20), (70, 80, 90))
    for far in (0, 1e6):
        crop = cut(grey, 15 * POINTS + far, 32)
        assert np.unique(crop.reshape(-1, 3), axis=0).tolist() == [[70, 80, 90]]


def test_shrinking_averages_what_is_fine(astronaut):
    checks = (np.indices((900, 900)).sum(0) % 2 * 255).astype(np.uint8)
    photo = Image.fromarray(checks).convert("RGB")
    assert np.abs(cut(photo, 900 * POINTS, 64).astype(int) - 127).max() < 10


def test_a_size_below_one_pixel_is_refused(astronaut):
    assert align(astronaut, size=1)[0].crop.shape == (1, 1, 3)
    with pytest.raises(ValueError, match="at least 1 pixel, got 0"):
        align(astronaut, size=0)
