"""The training loop, its checkpoints, and the same from a shell: python -m facelib.training."""

from facelib.training.embedding import fit_embedding
from facelib.training.fit import fit
from facelib.training.loop import History

__all__ = ["History", "fit", "fit_embedding"]
