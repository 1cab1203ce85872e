"""The contact sheet shows every crop, in order, and pads with white."""

import pytest
import torch

from facelib.data import FaceSet, contact_sheet
from facelib.data.sheet import GAP


def make_faces(channels: int) -> FaceSet:
    """Six flat faces of 4 x 3 px with the values 10, 20, ... and people in mixed order."""
    images = torch.arange(10, 61, 10, dtype=torch.uint8).view(6, 1, 1, 1)
    person = torch.tensor([1, 0, 2, 0, 1, 0])
    return FaceSet(images.expand(6, channels, 4, 3).contiguous(), person, ("a", "b", "c"))


def values(sheet) -> list[list[int]]:
    """The grey value of each cell's first pixel."""
    grey = torch.tensor(list(sheet.convert("L").tobytes())).view(sheet.height, sheet.width)
    return grey[:: 4 + GAP, :: 3 + GAP].tolist()


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
def test_every_crop_is_shown_ordered_by_person_then_position_and_told_in_words(channels, mode):
    shown = contact_sheet(make_faces(channels), columns=4)
    assert shown.image.mode == mode
    assert shown.image.size == (4 * (3 + GAP), 2 * (4 + GAP))
    assert values(shown.image) == [[20, 40, 60, 10], [50, 30, 255, 255]]
    row = contact_sheet(make_faces(channels)).image.convert("L")
    assert values(row) == [[20, 40, 60, 10, 50, 30]], "few crops make a narrow sheet"
    assert {row.getpixel((x, y)) for x in range(3) for y in range(4)} == {20}, "a crop is whole"
    assert row.getpixel((3, 0)) == row.getpixel((0, 4)) == 255, "a white gap parts them"
    bundle = shown._repr_mimebundle_()
    assert bundle["text/plain"] == "Contact sheet of 6 faces, 4 in a row, of people: 3."
    assert f'alt="{bundle["text/plain"]}"' in bundle["text/html"]
    assert bundle["image/png"] in bundle["text/html"]


def test_no_columns_and_no_faces_are_refused():
    with pytest.raises(ValueError, match="columns=0"):
        contact_sheet(make_faces(1), columns=0)
    with pytest.raises(ValueError, match="got 0 images"):
        contact_sheet(make_faces(1).take(torch.zeros(0, dtype=torch.int64)))
