"""Contact sheet: every crop at a glance; a wrong crop is seen sooner than it is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from facelib.data.faceset import FaceSet

if TYPE_CHECKING:
    from PIL.Image import Image

GAP = 2  # px of white between crops


def contact_sheet(faces: FaceSet, columns: int = 10) -> Image:
    """The crops as one image, row after row, ordered by person; Jupyter shows it.

    Args:
        faces: at least one image.
        columns: crops in a row.

    Raises:
        ValueError: no images, or columns below 1.
    """
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
    sheet = torch.full((rows * columns, channels, height, width), 255, dtype=torch.uint8)
    sheet[:count] = crops
    sheet = sheet.view(rows, columns, channels, height, width).permute(0, 3, 1, 4, 2)
    sheet = sheet.reshape(rows * height, columns * width, channels)
    return Image.fromarray(sheet.squeeze(-1).numpy())
