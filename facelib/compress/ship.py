"""One file to ship: a network of 8 bits, its weights on few values, zipped.

Whatever unzips and runs ONNX can use it: no other code of ours is needed.
"""

from __future__ import annotations

import copy
import io
import zipfile
from pathlib import Path

import torch
from torch import Tensor, nn

from facelib import files
from facelib.compress.export import to_onnx
from facelib.compress.layers import decode
from facelib.compress.quantize import calibrate, check_images
from facelib.models.runtime import ZIPPED

BITS = range(2, 9)


def ship(model: nn.Module, path: str | Path, images: Tensor, bits: int = 8) -> int:
    """Write the zipped ONNX file of 8 bits that a network becomes; return its bytes.

    Args:
        model: on the CPU; not changed.
        path: where to write, usually *.onnx.zip; the folder must exist. `OnnxModel(path)` reads it.
        images: uint8 (N, C, H, W), faces to calibrate on, as in `quantize`.
        bits: of a weight, as in `coarsen`; with 8, weights are as `quantize` makes them. They run
            at 8 bits all the same, but what takes few values zips well.

    Raises:
        ValueError: another number of bits, or as `export` and `quantize`.
        OSError: it can't be written; nothing is left behind.
    """
    check_images(images)
    plain, _ = to_onnx(coarsen(decode(model), bits), images.shape[1:])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr(zipfile.ZipInfo(ZIPPED), calibrate(plain, images), zipfile.ZIP_DEFLATED)
    files.write(path, packed.getvalue())
    return len(packed.getvalue())


@torch.no_grad()
def coarsen(model: nn.Module, bits: int) -> nn.Module:
    """A copy in which the weights of every output of a layer lie on 2^bits - 1 evenly spaced
    values, symmetric about 0; those of the first convolution, which stays at 32 bits, don't.

    Raises:
        ValueError: another number of bits than 2 to 8.
    """
    if bits not in BITS:
        raise ValueError(f"want {BITS[0]} to {BITS[-1]} bits, got {bits}")
    model, most = copy.deepcopy(model), 2 ** (bits - 1) - 1
    _, *layers = (part for part in model.modules() if isinstance(part, nn.Conv2d | nn.Linear))
    for layer in layers if bits < BITS[-1] else ():
        step = layer.weight.flatten(1).abs().amax(1) / most
        step = step.clamp(min=1e-30).view(-1, *[1] * (layer.weight.ndim - 1))
        layer.weight.copy_((layer.weight / step).round() * step)
    return model
