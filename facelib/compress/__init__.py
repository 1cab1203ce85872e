"""The compression steps: each takes a trained model, which stays as it is, and returns a smaller
copy, to be fine-tuned as any model, with a report."""

from facelib.compress.codebook import ShareReport, share
from facelib.compress.coding import load_shared, save_shared
from facelib.compress.distill import MatchEmbedding, SoftTargets, distill
from facelib.compress.export import export
from facelib.compress.factorize import factorize
from facelib.compress.layers import decode
from facelib.compress.prune import prune
from facelib.compress.quantize import quantize
from facelib.compress.rounded import round_weights
from facelib.compress.ship import ship
from facelib.compress.sparsify import sparsify

__all__ = [
    "MatchEmbedding",
    "ShareReport",
    "SoftTargets",
    "decode",
    "distill",
    "export",
    "factorize",
    "load_shared",
    "prune",
    "quantize",
    "round_weights",
    "save_shared",
    "share",
    "ship",
    "sparsify",
]
