"""Where faces come from, and how they are split, paired, augmented and corrupted."""

from facelib.data.augment import Augment, Distort
from facelib.data.faceset import FaceSet, Split
from facelib.data.folder import folder
from facelib.data.lfw import LFW, lfw
from facelib.data.orl import orl
from facelib.data.pairs import Pairs, all_pairs
from facelib.data.preprocess import normalise_light, resize, to_grey, to_square
from facelib.data.sheet import contact_sheet
from facelib.door.align import align

__all__ = [
    "LFW",
    "Augment",
    "Distort",
    "FaceSet",
    "Pairs",
    "Split",
    "align",
    "all_pairs",
    "contact_sheet",
    "folder",
    "lfw",
    "normalise_light",
    "orl",
    "resize",
    "to_grey",
    "to_square",
]
