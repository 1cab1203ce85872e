"""From cut faces to embeddings, by a network in an ONNX file."""

import hashlib
from pathlib import Path

import numpy as np
from PIL import Image

from facelib.door import session

COMPACT = Path(__file__).parents[1] / "models" / "weights" / "face_compact.onnx.zip"
BATCH = 64


class Recogniser:
    """A network that embeds faces, each beside its mirror image, as `facelib.models.embed` does.

    Args:
        path: an ONNX file, plain or zipped, that reads images (N, 1 or 3, H, W) from 0 to 1; None
            for the compact network that ships (its model card: models/weights/README.md).

    Attributes: name, of the file; sha256, of the ONNX file unzipped, which tells networks apart;
    channels, 1 or 3; size, (height, width) in pixels.

    Raises:
        FileNotFoundError, ValueError: as `session.read`, or it reads something else than images.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        path = Path(path or COMPACT)
        content, self._session = session.read(path)
        self.name, self.sha256 = path.name, hashlib.sha256(content).hexdigest()
        shape = self._session.get_inputs()[0].shape
        whole = len(shape) == 4 and all(isinstance(side, int) for side in shape[1:])
        if not whole or shape[1] not in (1, 3):
            raise ValueError(
                f"{path} reads {shape}, want images (N, 1 or 3, height, width): is it a network "
                "that embeds faces, as `facelib export` writes one?"
            )
        _, self.channels, *size = shape
        self.size = tuple(size)

    def embed(self, crops: np.ndarray) -> np.ndarray:
        """Embeddings of unit length, so that a dot product is the cosine similarity.

        Args:
            crops: uint8 RGB (N, S, S, 3), cut as `align` cuts; made grey if the network asks for
                it, and of its size, antialiased.

        Returns:
            float32 (N, D).

        Raises:
            ValueError: something else came, or the network gives no direction for a face.
        """
        if crops.ndim != 4 or crops.shape[3] != 3 or crops.dtype != np.uint8 or not crops.size:
            raise ValueError(
                f"want faces uint8 (N, S, S, 3), N of 1 or more, got {crops.dtype} {crops.shape}"
            )
        faces = np.stack([self._prepare(crop) for crop in crops])
        codes = np.concatenate([
            session.run(self._session, part) + session.run(self._session, part[..., ::-1])
            for part in np.split(faces, range(BATCH, len(faces), BATCH))
        ])  # fmt: skip
        length = np.linalg.norm(codes, axis=1, keepdims=True)
        if not length.all():
            raise ValueError(f"{self.name} gives only zeros for a face: use another model")
        return codes / length

    def _prepare(self, crop: np.ndarray) -> np.ndarray:
        """The network's own input, float32 (C, H, W) from 0 to 1, rounded once: networks of 8 bits
        feel a single grey level."""
        bands = Image.fromarray(crop).convert("L" if self.channels == 1 else "RGB").split()
        size = self.size[::-1]
        small = [band.convert("F").resize(size, Image.Resampling.BILINEAR) for band in bands]
        return np.rint(np.stack(small)) / np.float32(255)
