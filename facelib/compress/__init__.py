"""The compression steps: each takes a model and returns a smaller one with a report."""

from facelib.compress.codebook import ShareReport, decoded, share
from facelib.compress.coding import load_shared, save_shared

__all__ = ["ShareReport", "decoded", "load_shared", "save_shared", "share"]
