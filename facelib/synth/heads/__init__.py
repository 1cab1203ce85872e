"""The second generation of faces: MakeHuman's head under the first one's paint.

    people = identities(100, seed=0)
    render(people, nuisances(100, seed=1, scale=1.25), size=112, channels=3)

As `facelib.synth`, which it is going to replace once the embeddings and the lessons' numbers are
made with it: no lesson uses it yet. Geometry is a mesh (CC0) with 96 parameters, twelve heads and
an expression; an aligner cuts the picture. Reading order: mesh and head (the surface), identity and
nuisance (the numbers), prepare, relief and paint, render; tools/bake_head.py makes head.npz.
"""

from facelib.synth.heads.identity import IDENTITY, identities
from facelib.synth.heads.nuisance import FRONTAL, NUISANCE, WORLD, nuisances
from facelib.synth.heads.render import render
from facelib.synth.identity import skin_group

__all__ = [
    "FRONTAL",
    "IDENTITY",
    "NUISANCE",
    "WORLD",
    "identities",
    "nuisances",
    "render",
    "skin_group",
]
