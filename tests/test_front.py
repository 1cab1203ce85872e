"""The picture at the top of the README shows the ladder as it stands."""

from pathlib import Path

from PIL import Image

from facecourse.kit import evidence

PICTURE = Path(__file__).parents[1] / "docs" / "front.png"


def test_the_picture_was_drawn_from_the_stored_ladder():
    with Image.open(PICTURE) as picture:
        drawn_from = picture.info["Source"]
    assert drawn_from == evidence.digest(evidence.find("ladder")), "python tools/draw_front.py"
