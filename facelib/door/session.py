"""The one reader of ONNX files, zipped or not: onnxruntime opens and runs them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from facelib import files

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

MOST = 2**30  # bytes of a file
ZIPPED = "model.onnx"  # its name in a zip archive


def read(source: str | Path | bytes, threads: int = 1) -> tuple[bytes, InferenceSession]:
    """The content of an ONNX file, unzipped, and a session that runs it.

    Args:
        source: the file, or its content.
        threads: that a call may use.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it can't be read as a model.
    """
    given = isinstance(source, bytes)
    content = source if given else files.read(source, "ONNX file", MOST)
    try:
        content = _unzipped(content)
        return content, start(content, threads)
    except ModuleNotFoundError:
        raise
    except Exception as error:  # its errors are of many classes without a common one
        what = "these bytes" if given else source
        raise ValueError(f"{what} can't be read as an ONNX model: {error}") from error


def start(content: bytes, threads: int = 1) -> InferenceSession:
    """A session on the CPU of an ONNX file's content, as `read` gave it."""
    import onnxruntime  # a tenth of a second, and only these models need it

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3  # errors only
    return onnxruntime.InferenceSession(content, options, ["CPUExecutionProvider"])


def run(session: InferenceSession, images: np.ndarray) -> np.ndarray:
    """Images float32 (N, C, H, W) in [0, 1] -> embeddings float32 (N, D), any length.

    Raises:
        ValueError: images of another shape than the file was made for, or a file that gives no
            embeddings for them.
    """
    given = session.get_inputs()[0]
    if len(given.shape) != images.ndim or any(
        isinstance(wanted, int) and wanted != size
        for wanted, size in zip(given.shape, images.shape, strict=True)
    ):
        raise ValueError(f"this ONNX model reads images {given.shape}, got {list(images.shape)}")
    try:
        found, *_ = session.run(None, {given.name: images})
    except Exception as error:  # as above
        raise ValueError(f"this ONNX model can't read its own images: {error}") from error
    if found.ndim != 2 or len(found) != len(images) or not np.isfinite(found).all():
        raise ValueError(
            f"this ONNX model gives {found.shape} numbers for {len(images)} images, or some "
            "that are NaN or infinite, want embeddings (N, D): export it again"
        )
    return found


def _unzipped(content: bytes) -> bytes:
    if not content.startswith(b"PK"):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if (size := archive.getinfo(ZIPPED).file_size) > MOST:
            raise ValueError(f"unzipped it has {size:,} bytes, over {MOST:,}")
        return archive.read(ZIPPED)
