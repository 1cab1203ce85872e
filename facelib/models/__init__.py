"""The networks, the classical baselines, and the reading and writing of weights."""

from facelib.models.embed import embed, predict
from facelib.models.facecnn import FaceCNN
from facelib.models.io import load, save

__all__ = ["FaceCNN", "embed", "load", "predict", "save"]
