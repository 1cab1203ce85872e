"""The learner's own attempts: a file for each score, on the learner's disk, never changed.

They lie beside the progress of the lessons, in `12/attempts`. Each says whom it was measured on,
so a class's board can be made of many learners' files. Nothing is sent anywhere.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from statistics import fmean

from facecourse.kit import evidence
from facecourse.kit.progress import find_folder
from facecourse.lesson12_capstone.scoring import FAR, Score
from facelib import __version__, files

MEANS = ("lost", "worst", "faster")


@dataclass(frozen=True)
class Attempt:
    """All scores of one file. Who draws people again until they please is averaged."""

    name: str
    bytes: int
    lost: float
    worst: float
    faster: float
    scores: int


def _folder() -> Path:
    return find_folder() / "12" / "attempts"


def keep_attempt(name: str, score: Score) -> Path:
    """Keep a score under a name of the learner's choice; returns where.

    Raises:
        ValueError: no name.
        OSError: the disk refuses, or there is no folder for it.
    """
    if not (name.strip() and name.isprintable()):
        raise ValueError(f"want a name of printed characters, got {name!r}")
    about = {"name": name.strip(), "date": date.today().isoformat(), "facelib": __version__}
    row = json.dumps(about | {"FAR": FAR} | asdict(score), indent=1)
    path = _folder() / f"{score.sha256[:12]}-{score.seed}-{score.people}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write(path, row.encode() + b"\n")
    return path


def list_attempts() -> list[Attempt]:
    """Every file that was scored, the one that lost least first; a damaged row is left out."""
    rows: dict[str, list[dict]] = {}
    for path in sorted(_folder().glob("*.json")):
        try:
            row = files.read_json(path, evidence.revive)
            found = {key: row[key] for key in ("name", "bytes", "people")}
            found |= {key: row[key].value for key in MEANS}
            rows.setdefault(row["sha256"], []).append(found)
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            continue
    return sorted(map(_average, rows.values()), key=lambda attempt: attempt.lost)


def _average(rows: list[dict]) -> Attempt:
    """One attempt of all scores of a file; those on more people count for more."""
    people = [row["people"] for row in rows]
    means = {key: fmean([row[key] for row in rows], people) for key in MEANS}
    return Attempt(rows[-1]["name"], rows[-1]["bytes"], **means, scores=len(rows))
