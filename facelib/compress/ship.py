"""One file to ship: a network of 8 bits, its weights on few values, zipped.

Whatever unzips and runs ONNX can use it: no other code of ours is needed.
"""

import io
import zipfile
from pathlib import Path

from torch import Tensor, nn

from facelib import files
from facelib.compress.export import to_onnx
from facelib.compress.layers import decode
from facelib.compress.quantize import calibrate, check_images
from facelib.compress.rounded import round_weights
from facelib.door.session import ZIPPED


def ship(model: nn.Module, path: str | Path, images: Tensor, bits: int = 8) -> int:
    """Write the zipped ONNX file of 8 bits that a network becomes; return its bytes.

    Args:
        model: on the CPU.
        path: where to write, usually `….onnx.zip`; `OnnxModel(path)` reads it.
        images: uint8 (N, C, H, W), faces to calibrate on, as in `quantize`.
        bits: of a weight, as in `round_weights`; 8 leaves it to `quantize`. They run at 8 bits all
            the same, but what takes few values zips well.

    Raises:
        ValueError: another number of bits, or as `export` and `quantize`.
        OSError: it can't be written; nothing is left behind.
    """
    check_images(images)
    rounded = decode(round_weights(decode(model), bits)) if bits != 8 else decode(model)
    plain, _ = to_onnx(rounded, images.shape[1:])
    packed = pack(calibrate(plain, images))
    files.write(path, packed)
    return len(packed)


def pack(content: bytes) -> bytes:
    """A zip archive that holds one ONNX file; the same for the same content."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        name, kind = zipfile.ZipInfo(ZIPPED), zipfile.ZIP_DEFLATED
        archive.writestr(name, content, kind, compresslevel=9)
    return packed.getvalue()
