"""What the tests of the door share."""

import pytest
from PIL import Image
from skimage import data


@pytest.fixture(scope="session")
def astronaut() -> Image.Image:
    """512 x 512 px with one face, whose eyes are at (204, 102) and (247, 103)."""
    return Image.fromarray(data.astronaut())
