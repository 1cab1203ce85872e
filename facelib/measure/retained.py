"""What a compressed recogniser still does of what the original did, on the same faces.

"At most one point lost" is said of many people only: twenty can't resolve a point. Two thousand
who don't exist can (`ladder_faces`).
"""

from __future__ import annotations

import torch
from torch import Tensor

from facelib.data import FaceSet
from facelib.measure.bootstrap import bootstrap_people
from facelib.measure.groups import group_errors
from facelib.measure.histogram import verify_all
from facelib.measure.identification import similarity
from facelib.measure.interval import Interval
from facelib.synth import synth

FAR = 0.01
LADDER = 2**30  # seed of people that nothing is trained or chosen on


def ladder_faces(people: int = 2000, images: int = 3, seed: int = LADDER) -> FaceSet:
    """The people on whom every step of the ladder is judged: grey, 64 x 64 pixels."""
    return synth(people, images, seed=seed)


def accepted(embeddings: Tensor, person: Tensor, far: float = FAR) -> Tensor:
    """Of each person, the share of pairs of their faces that is accepted.

    Args:
        embeddings: float (N, D), any length; compared by cosine.
        person: int64 (N,), 0 to P - 1, two faces or more of each.
        far: of all pairs of two people this share is accepted, which sets the threshold.

    Returns:
        float64 (P,).

    Raises:
        ValueError: somebody with a single face, or what `verify_all` refuses.
    """
    return accepted_at(embeddings, person, verify_all(embeddings, person).threshold_at(far))


def accepted_at(embeddings: Tensor, person: Tensor, threshold: float) -> Tensor:
    """Of each person, the share of pairs of their faces whose score is the threshold's or more.

    Args, returns and errors as of `accepted`.
    """
    counts = person.bincount()
    if not len(counts) or counts.min() < 2:
        raise ValueError("want two faces or more of each person, numbered from 0 on")
    shares = []
    for faces in embeddings[person.argsort(stable=True)].split(counts.tolist()):
        left, right = torch.triu_indices(len(faces), len(faces), 1)
        shares.append((similarity(faces, faces)[left, right] >= threshold).double().mean())
    return torch.stack(shares)


def points_lost(before: Tensor, after: Tensor, person: Tensor, far: float = FAR) -> Interval:
    """Percentage points of TAR that a step has cost, each recogniser at its own threshold.

    Args:
        before, after: embeddings of the same faces by both, float (N, D) and (N, E).
        person, far: as in `accepted`.

    Returns:
        With a 95 % interval over people, paired. Above 0: something was lost.
    """
    lost = 100 * (accepted(before, person, far) - accepted(after, person, far))
    return bootstrap_people(lost, torch.arange(len(lost)))


def worst_group(embeddings: Tensor, faces: FaceSet, far: float = FAR) -> Interval:
    """The share of genuine pairs that is rejected in the group where that is largest.

    Everybody has the same threshold. Which group is worst is read off the same faces.

    Args:
        embeddings: of `faces`, float (N, D), as in `accepted`.
        faces: with a group for each, the same for all faces of a person.
        far: as in `accepted`.

    Returns:
        0 to 1, with a 95 % interval over the people of that group.

    Raises:
        ValueError: what `group_errors` refuses.
    """
    threshold = verify_all(embeddings, faces.person).threshold_at(far)
    errors = group_errors(embeddings, faces, threshold).values()
    return max((found.fnmr for found in errors), key=lambda rejected: rejected.value)
