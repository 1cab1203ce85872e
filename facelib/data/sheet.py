"""Contact sheet: every crop at a glance; a wrong crop is seen sooner than it is measured."""

from __future__ import annotations

import base64
import html
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional

from facelib.data.faceset import FaceSet

if TYPE_CHECKING:
    from PIL.Image import Image

GAP = 2  # px of white between crops


@dataclass(frozen=True, eq=False)
class ContactSheet:
    """A picture of Pillow's that Jupyter shows with a text alternative, what it shows in words."""

    image: Image
    alt: str

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        file = io.BytesIO()
        self.image.save(file, "PNG")
        png = base64.b64encode(file.getvalue()).decode()
        shown = f'<img alt="{html.escape(self.alt)}" src="data:image/png;base64,{png}">'
        return {"text/html": shown, "image/png": png, "text/plain": self.alt}


def contact_sheet(faces: FaceSet, columns: int = 10) -> ContactSheet:
    """The crops, of at least one face, as one picture, row after row, ordered by person."""
    if not len(faces) or columns < 1:
        raise ValueError(
            f"want at least 1 image and column, got {len(faces)} images, columns={columns}"
        )
    from PIL import Image

    order = faces.person.argsort(stable=True)
    crops = functional.pad(faces.images[order].cpu(), (0, GAP, 0, GAP), value=255)
    columns = min(columns, len(crops))
    rows = -(-len(crops) // columns)
    count, channels, height, width = crops.shape
    missing = crops.new_full((rows * columns - count, channels, height, width), 255)
    sheet = torch.cat([crops, missing]).view(rows, columns, channels, height, width)
    sheet = sheet.permute(0, 3, 1, 4, 2).reshape(rows * height, columns * width, channels)
    people = len(faces.person[order].unique())
    shown = f"Contact sheet of {count} faces, {columns} in a row, of people: {people}."
    return ContactSheet(Image.fromarray(sheet.squeeze(-1).numpy()), shown)
