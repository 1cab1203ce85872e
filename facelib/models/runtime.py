"""Recognisers in ONNX files, run by onnxruntime in place of PyTorch."""

import hashlib
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from facelib.door import session


class OnnxModel(nn.Module):
    """An ONNX file that embeds faces, to be used like any model: `embed(OnnxModel(path), images)`.

    It can be copied and pickled: the file's content goes along. Arguments and errors as of
    `facelib.door.session.read`.
    """

    def __init__(self, source: str | Path | bytes, threads: int = 1) -> None:
        super().__init__()
        self.threads = threads
        self.content, self.session = session.read(source, threads)
        self.names = [value.name for value in self.session.get_inputs()]
        digest = torch.tensor(list(hashlib.sha256(self.content).digest()), dtype=torch.uint8)
        self.register_buffer("digest", digest)  # tells two files apart where weights are compared

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "session"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self.session = session.start(self.content, self.threads)

    def embed(self, images: Tensor) -> Tensor:
        """Images float (N, C, H, W) in [0, 1] -> float32 (N, D), any length; see `session.run`."""
        found = session.run(self.session, images.float().cpu().numpy())
        return torch.from_numpy(found).to(images.device)

    forward = embed
