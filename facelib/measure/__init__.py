"""How well a recogniser works and what it costs, with intervals that say how sure we are."""

from facelib.measure.bootstrap import bootstrap_difference, bootstrap_pairs, bootstrap_people
from facelib.measure.cost import latency, latency_ratio, macs, parameters, saved_bytes
from facelib.measure.histogram import verify_all
from facelib.measure.identification import identify, similarity
from facelib.measure.interval import (
    Interval,
    mean_interval,
    mean_share,
    paired_interval,
    share_interval,
)
from facelib.measure.machine import describe
from facelib.measure.verification import Verification, ten_fold

__all__ = [
    "Interval",
    "Verification",
    "bootstrap_difference",
    "bootstrap_pairs",
    "bootstrap_people",
    "describe",
    "identify",
    "latency",
    "latency_ratio",
    "macs",
    "mean_interval",
    "mean_share",
    "paired_interval",
    "parameters",
    "saved_bytes",
    "share_interval",
    "similarity",
    "ten_fold",
    "verify_all",
]
