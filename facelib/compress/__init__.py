"""The compression steps: each takes a model and returns a smaller one with a report."""

from facelib.compress.aware import Rounded, aware, rounded
from facelib.compress.codebook import ShareReport, decoded, share
from facelib.compress.coding import load_shared, save_shared
from facelib.compress.distill import (
    DistillReport,
    MatchEmbedding,
    MatchLogits,
    SoftTargets,
    distill,
)
from facelib.compress.export import ExportReport, export
from facelib.compress.factorize import Factor, factorize
from facelib.compress.prune import PruneReport, drop, prune
from facelib.compress.quantize import QuantizeReport, quantize
from facelib.compress.ship import ShipReport, ship, unship
from facelib.compress.sparsify import SparseReport, sparsify

__all__ = [
    "DistillReport",
    "ExportReport",
    "Factor",
    "MatchEmbedding",
    "MatchLogits",
    "PruneReport",
    "QuantizeReport",
    "Rounded",
    "ShareReport",
    "ShipReport",
    "SoftTargets",
    "SparseReport",
    "aware",
    "decoded",
    "distill",
    "drop",
    "export",
    "factorize",
    "load_shared",
    "prune",
    "quantize",
    "rounded",
    "save_shared",
    "share",
    "ship",
    "sparsify",
    "unship",
]
