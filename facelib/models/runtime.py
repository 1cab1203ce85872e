"""Recognisers in ONNX files, run by onnxruntime in place of PyTorch."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn


class OnnxModel(nn.Module):
    """An ONNX file that embeds faces, to be used like any model: `embed(OnnxModel(path), images)`.

    Args:
        source: the file that `facelib.compress.export` or `quantize` wrote, or its content.
        threads: that a call may use.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it can't be read as a model.
    """

    def __init__(self, source: str | Path | bytes, threads: int = 1) -> None:
        super().__init__()
        import onnxruntime  # half a second, and only these models need it

        if not isinstance(source, bytes) and not Path(source).is_file():
            raise FileNotFoundError(f"no ONNX file at {source}: check the path, or export first")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 3  # errors only
        try:
            self.session = onnxruntime.InferenceSession(
                source if isinstance(source, bytes) else str(source), options,
                providers=["CPUExecutionProvider"],
            )  # fmt: skip
        except Exception as error:  # its errors are of many classes without a common one
            what = "these bytes" if isinstance(source, bytes) else source
            raise ValueError(f"{what} can't be read as an ONNX model: {error}") from error
        self.names = [value.name for value in self.session.get_inputs()]

    def embed(self, images: Tensor) -> Tensor:
        """Images float (N, C, H, W) in [0, 1] -> embeddings float32 (N, D), any length."""
        (found,) = self.session.run(None, {self.names[0]: images.float().cpu().numpy()})
        return torch.from_numpy(found)

    forward = embed
