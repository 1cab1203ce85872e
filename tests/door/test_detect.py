"""Faces are found wherever they are, and photographs without one give none."""

import time

import numpy as np
import pytest
from PIL import Image

from facelib.door.detect import detect

EYES = np.array([[204, 102], [247, 103]])  # of the astronaut, by hand
APART = 43  # px


def test_a_face_has_a_box_around_its_points_and_a_score(astronaut):
    (face,) = detect(astronaut)
    assert np.abs(face.eyes - EYES).max() < 0.1 * APART
    left, top, right, bottom = face.box
    assert left < face.points[:, 0].min() < face.points[:, 0].max() < right
    assert top < face.points[:, 1].min() < face.points[:, 1].max() < bottom
    assert 0.9 < face.score <= 1
    eye, other, nose, mouth, corner = face.points
    assert eye[0] < nose[0] < other[0]
    assert mouth[0] < corner[0]
    assert max(eye[1], other[1]) < nose[1] < min(mouth[1], corner[1])


@pytest.mark.parametrize(("scale", "shift"), [(0.2, 0), (0.5, 600), (2, 600), (6, 0)])
def test_it_is_the_same_face_however_large_or_wide_the_photograph(astronaut, scale, shift):
    photo = Image.new("RGB", (512 + shift, 512), (90, 90, 90))
    photo.paste(astronaut, (shift, 0))
    photo = photo.resize((round(scale * photo.width), round(scale * photo.height)))
    (face,) = detect(photo)
    assert np.abs(face.eyes / scale - [shift, 0] - EYES).max() < 0.1 * APART


def test_it_is_found_turned_or_cut_by_the_frame(astronaut):
    turned = astronaut.rotate(25, center=(225, 102))
    (face,) = detect(turned)
    rise, run = face.eyes[0, 1] - face.eyes[1, 1], face.eyes[1, 0] - face.eyes[0, 0]
    assert np.degrees(np.arctan2(rise, run)) == pytest.approx(25, abs=6)
    (cut,) = detect(astronaut.crop((200, 40, 512, 400)))
    assert cut.box[0] < 0
    assert np.abs(cut.eyes - (EYES - [200, 40])).max() < 0.15 * APART


def test_all_faces_are_found_the_largest_first(astronaut):
    three = Image.new("RGB", (900, 400), (90, 90, 90))
    for side, left in ((200, 0), (400, 200), (300, 600)):
        three.paste(astronaut.crop((100, 0, 356, 256)).resize((side, side)), (left, 0))
    found = detect(three)
    widths = [face.box[2] - face.box[0] for face in found]
    assert len(found) == 3
    assert widths == sorted(widths, reverse=True)
    assert [int(face.box[0] > 190) + int(face.box[0] > 590) for face in found] == [1, 2, 0]


def test_nobody_is_lost_in_a_crowd(astronaut):
    crowd = Image.new("RGB", (1700, 1020))
    for place in range(60):
        corner = 170 * (place % 10), 170 * (place // 10)
        crowd.paste(astronaut.crop((140, 20, 310, 190)), corner)
    where = {tuple((face.eyes.mean(0) // 170).astype(int).tolist()) for face in detect(crowd, 0.05)}
    assert len(where) == 60


def test_faces_smaller_than_asked_for_are_passed_over(astronaut):
    small = Image.new("RGB", (1200, 1200), (90, 90, 90))
    small.paste(astronaut.resize((400, 400)), (500, 300))
    assert detect(small) == []
    assert len(detect(small, smallest=0.05)) == 1


THIN = [(1, 1), (11, 11), (12, 12), (1, 3000), (3000, 1), (12, 3000), (40, 40), (30, 100_000)]


@pytest.mark.parametrize("size", THIN)
def test_no_face_is_found_where_none_is_nor_in_a_strip(size):
    assert detect(Image.new("RGB", size, (120, 90, 60))) == []
    noise = np.random.default_rng(0).integers(0, 256, (*size[::-1], 3), dtype=np.uint8)
    assert detect(Image.fromarray(noise)) == []


def test_a_large_photograph_takes_hardly_longer_than_a_small_one(astronaut):
    def seconds(side):
        photo = astronaut.resize((side, side))
        start = time.process_time()
        detect(photo)
        return time.process_time() - start

    assert min(seconds(3000) for _ in range(3)) < 10 * min(seconds(300) for _ in range(3))


@pytest.mark.parametrize(
    ("made", "smallest", "message"),
    [
        (Image.Image.copy, 0, "smallest is a share of the shorter side, in"),
        (Image.Image.copy, 1.5, "smallest is a share of the shorter side, in"),
        (Image.Image.copy, float("nan"), "smallest is a share of the shorter side, in"),
        (lambda image: image.convert("L"), 0.5, "want an RGB image of Pillow, .* got L"),
        (np.asarray, 0.5, "want an RGB image of Pillow, .* got ndarray"),
    ],
)
def test_what_is_no_image_in_rgb_or_no_share_is_refused(astronaut, made, smallest, message):
    with pytest.raises(ValueError, match=message):
        detect(made(astronaut), smallest)


def test_real_faces_are_found(lfw_path):
    """Crops that end at the chin, their edges repeated."""
    found = []
    for file in sorted(lfw_path.glob("A*/*_0001.jpg"))[:50]:
        crop = np.pad(np.asarray(Image.open(file)), ((69, 69), (69, 69), (0, 0)), mode="edge")
        found.append(bool(detect(Image.fromarray(crop))))
    assert np.mean(found) >= 0.96
