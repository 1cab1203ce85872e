"""Cosines from which two faces are called one person's, for the networks that ship.

`python -m benchmarks.thresholds` chooses and measures them (thresholds.json).
"""

from pathlib import Path
from typing import Any, NamedTuple

from facelib import files

FILE = Path(__file__).with_suffix(".json")


class Threshold(NamedTuple):
    """A cosine, -1 to 1, chosen for a false accept rate, and what it does to other pairs.

    Attributes: threshold; far, 0 to 1; false_accepts, false_rejects: the shares of impostor pairs
    accepted and of genuine pairs rejected, each {value, low, high, n, of}, a 95 % interval.
    """

    threshold: float
    far: float
    false_accepts: dict[str, Any]
    false_rejects: dict[str, Any]

    def in_words(self) -> tuple[str, str]:
        """Both shares in %, each with its interval."""
        accepted, rejected = (
            f"{100 * rate['value']:.1f} % [{100 * rate['low']:.1f}, {100 * rate['high']:.1f}]"
            for rate in (self.false_accepts, self.false_rejects)
        )
        return accepted, rejected


def look_up(model: str, far: float = 0.01) -> Threshold:
    """The threshold of a network that ships, chosen on LFW's View 1 and measured on its View 2;
    ValueError for another network, or a rate not in the table.

    Args:
        model: its SHA-256, as `Recogniser.sha256`; of a network of PyTorch, that of its file.
        far: the share of pairs of two people that may be called one person.
    """
    table = files.read_json(FILE)["networks"].get(model)
    if table is None:
        raise ValueError(
            "thresholds are known for the networks that ship, not for this one: measure one by "
            "`facelib evaluate MODEL FOLDER`, and give it as --threshold"
        )
    rows = {row["far"]: row for row in table["photographs"]}
    if far not in rows:
        known = ", ".join(f"{rate:g}" for rate in rows)
        raise ValueError(f"no threshold is known for a FAR of {far:g}: take one of {known}")
    rates = rows[far]["measured"]["photographs"].values()
    return Threshold(rows[far]["threshold"], far, *rates)
