"""The compression steps: each takes a model and returns a smaller one with a report."""

from facelib.compress.share import decoded, load_shared, save_shared, share

__all__ = ["decoded", "load_shared", "save_shared", "share"]
