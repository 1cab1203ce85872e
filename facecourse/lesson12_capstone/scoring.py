"""What a file is worth, on people who are drawn when it is scored.

Nobody can have learnt them by heart: a million seeds are there to draw from, and none of them is
used for anything else. The seed is part of the score, so anyone can measure it again.
"""

from __future__ import annotations

import hashlib
import secrets
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from facecourse.ladder.timing import CALLS, call
from facelib.compress import export
from facelib.data import FaceSet
from facelib.measure import Interval, latency_ratio
from facelib.measure.groups import ladder_faces, worst_group
from facelib.measure.tail import Tail, take_tail, tar_lost
from facelib.models import embed, face_embedding
from facelib.models.faceresnet import SHAPE
from facelib.models.pretrained import WEIGHTS
from facelib.models.runtime import OnnxModel
from facelib.synth.people import PEOPLE, pick_seed

FAR, TURNS, THREADS = 1e-3, 12, 2


@dataclass(frozen=True)
class Score:
    """Of one file on one draw of people.

    Attributes:
        bytes: of the file, zipped or not.
        faster: how many times faster than the teacher's file of 32 bits, one face on one thread.
        lost: percentage points of the teacher's TAR at a FAR of 0.1 %, one pass a face.
        worst: the share of genuine pairs rejected in the group of skin reflectance served worst.
        seed, people: who was drawn, and how many.
        sha256: of the file.
    """

    bytes: int
    faster: Interval
    lost: Interval
    worst: Interval
    seed: int
    people: int
    sha256: str

    def __str__(self) -> str:
        return (
            f"{self.bytes:,} bytes ({WEIGHTS.stat().st_size / self.bytes:.1f} times smaller), "
            f"{self.faster:.1f} times faster, {self.lost:.1f} points of TAR lost at FAR 0.1 % "
            f"({self.people:,} people of seed {self.seed})"
        )


def draw_seed() -> int:
    """A seed of people whom nobody has seen, drawn by chance."""
    return pick_seed("fresh", secrets.randbelow(PEOPLE["fresh"].count))


def score_file(path: str | Path, seed: int | None = None, people: int = 2000) -> Score:
    """Measure an ONNX file beside the teacher's.

    Args:
        path: a file that `export`, `quantize` or `ship` wrote: faces (N, 1, 64, 64) in.
        seed: of the people; a fresh one unless given.
        people: how many, three photographs each: 2,000 take some 20 s on two cores.

    Raises:
        FileNotFoundError, ValueError: there is no such file, or it can't be read as a model of such
            faces.
    """
    seed = draw_seed() if seed is None else seed
    path = Path(path)
    model = OnnxModel(path, THREADS)
    model.embed(torch.zeros(2, *SHAPE))  # what is wrong is said before anybody is drawn
    faces, before = _drawn(seed, people), _before(seed, people)
    codes = embed(model, faces.images, flip=False)
    one_thread = call(OnnxModel(_teacher())), call(OnnxModel(model.content))
    return Score(
        bytes=path.stat().st_size,
        faster=latency_ratio(*one_thread, pairs=TURNS, calls=CALLS),
        lost=tar_lost([before], [_tail(codes, faces)], [FAR])[0],
        worst=worst_group(codes, faces, FAR),
        seed=seed,
        people=people,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    )


@lru_cache(1)
def _teacher() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return export(face_embedding(), Path(folder) / "teacher.onnx", SHAPE).path.read_bytes()


@lru_cache(1)
def _drawn(seed: int, people: int) -> FaceSet:
    return ladder_faces(people, seed=seed)


@lru_cache(2)
def _before(seed: int, people: int) -> Tail:
    faces = _drawn(seed, people)
    return _tail(embed(OnnxModel(_teacher(), THREADS), faces.images, flip=False), faces)


def _tail(codes: Tensor, faces: FaceSet) -> Tail:
    return take_tail(codes.cpu(), faces.person, FAR)
