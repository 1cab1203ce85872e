"""Recognisers in ONNX files, run by onnxruntime in place of PyTorch."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from facelib import files

MOST = 2**30  # bytes of a file
ZIPPED = "model.onnx"  # its name in a zip archive


class OnnxModel(nn.Module):
    """An ONNX file that embeds faces, to be used like any model: `embed(OnnxModel(path), images)`.

    It can be copied and pickled: the file's content goes along.

    Args:
        source: the file that `facelib.compress.export`, `quantize` or, zipped, `ship` wrote, or
            its content.
        threads: that a call may use.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it can't be read as a model.
    """

    def __init__(self, source: str | Path | bytes, threads: int = 1) -> None:
        super().__init__()
        given = isinstance(source, bytes)
        self.content = source if given else files.read(source, "ONNX file", MOST)
        self.threads = threads
        try:
            self.content = _unzipped(self.content)
            self._start()
        except Exception as error:  # its errors are of many classes without a common one
            what = "these bytes" if given else source
            raise ValueError(f"{what} can't be read as an ONNX model: {error}") from error

    def _start(self) -> None:
        import onnxruntime  # half a second, and only these models need it

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = self.threads, 1
        options.log_severity_level = 3  # errors only
        providers = ["CPUExecutionProvider"]
        self.session = onnxruntime.InferenceSession(self.content, options, providers)
        self.names = [value.name for value in self.session.get_inputs()]

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "session"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._start()

    def embed(self, images: Tensor) -> Tensor:
        """Images float (N, C, H, W) in [0, 1] -> embeddings float32 (N, D), any length.

        Raises:
            ValueError: images of another shape than the file was made for, or a file that gives no
                embeddings for them.
        """
        given = self.session.get_inputs()[0]
        if len(given.shape) != images.ndim or any(
            isinstance(wanted, int) and wanted != size
            for wanted, size in zip(given.shape, images.shape, strict=True)
        ):
            raise ValueError(
                f"this ONNX model reads images {given.shape}, got {list(images.shape)}"
            )
        try:
            found, *_ = self.session.run(None, {self.names[0]: images.float().cpu().numpy()})
        except Exception as error:  # as above
            raise ValueError(f"this ONNX model can't read its own images: {error}") from error
        if found.ndim != 2 or len(found) != len(images) or not np.isfinite(found).all():
            raise ValueError(
                f"this ONNX model gives {found.shape} numbers for {len(images)} images, or some "
                "that are NaN or infinite, want embeddings (N, D): export it again"
            )
        return torch.from_numpy(found).to(images.device)

    forward = embed


def _unzipped(content: bytes) -> bytes:
    if not content.startswith(b"PK"):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if (size := archive.getinfo(ZIPPED).file_size) > MOST:
            raise ValueError(f"unzipped it has {size:,} bytes, over {MOST:,}")
        return archive.read(ZIPPED)
