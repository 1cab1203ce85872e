"""Faces of people who don't exist, with everything about them known.

    people = identities(100, seed=0)                      # who: a row of numbers a person
    photos = nuisances(100, seed=1, yaw=(-20.0, 20.0))    # how they are seen: a row a photograph
    render(people, photos, size=112, channels=3)          # uint8 (100, 3, 112, 112)
    synth(100, images=10, seed=0)                         # a FaceSet, all in one

IDENTITY and NUISANCE say what every number means and how far it may go. A head is MakeHuman's mesh
(CC0), moved by 96 parameters, twelve heads and an expression, and cut from the picture as an
aligner does; what is painted on it are distances to curves. Nothing is learned from photographs.
Reading order: identity and nuisance (the numbers), mesh and head (the surface), prepare and relief
(what follows from the numbers), paint and surround (the picture), render. tools/bake_head.py made
head.npz.
"""

from facelib.synth.faceset import synth
from facelib.synth.factors import Factor, Factors
from facelib.synth.identity import IDENTITY, identities, skin_group
from facelib.synth.nuisance import FRONTAL, NUISANCE, nuisances
from facelib.synth.render import render

__all__ = [
    "FRONTAL",
    "IDENTITY",
    "NUISANCE",
    "Factor",
    "Factors",
    "identities",
    "nuisances",
    "render",
    "skin_group",
    "synth",
]
