"""The training loop, its checkpoints, and the same from a shell: python -m facelib.training."""

from facelib.training.embedding import fit_embedding
from facelib.training.fit import fit
from facelib.training.settings import History, Settings

__all__ = ["History", "Settings", "fit", "fit_embedding"]
