"""The training loop, its checkpoints, and the same from a shell: python -m facelib.training."""

from facelib.training.fit import History, fit

__all__ = ["History", "fit"]
