"""The networks, the classical baselines, and the reading and writing of weights."""

from facelib.models.embed import embed, predict
from facelib.models.facecnn import FaceCNN
from facelib.models.faceresnet import FaceResNet
from facelib.models.io import load, save
from facelib.models.pretrained import face_compact, face_embedding, face_pruned, face_student

__all__ = [
    "FaceCNN",
    "FaceResNet",
    "embed",
    "face_compact",
    "face_embedding",
    "face_pruned",
    "face_student",
    "load",
    "predict",
    "save",
]
