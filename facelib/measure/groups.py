"""What a recogniser does for each person and each group, at one threshold or at one for each.

The names are those of ISO/IEC 19795-10 and of NIST's reports (Grother et al. 2019,
https://doi.org/10.6028/NIST.IR.8280): FMR, the false match rate, is the share of impostor pairs
within the group that is accepted, FNMR, the false non-match rate, the share of its genuine pairs
that is rejected.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import gcd, inf

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from facelib.data import FaceSet
from facelib.measure.bootstrap import bootstrap_between, bootstrap_people
from facelib.measure.histogram import verify_all
from facelib.measure.identification import similarity
from facelib.measure.interval import Interval
from facelib.synth import synth
from facelib.synth.people import pick_seed

LADDER = pick_seed("ladder")


@dataclass(frozen=True)
class GroupErrors:
    """FMR and FNMR of a group, 0 to 1, with 95 % intervals over its people."""

    fmr: Interval
    fnmr: Interval


def group_errors(
    embeddings: Tensor, faces: FaceSet, threshold: float | Mapping[int, float]
) -> dict[int, GroupErrors]:
    """Of each group its errors, when pairs of this score or more are accepted.

    Args:
        embeddings: of `faces`, float (N, D), any length; compared by cosine.
        faces: with a group for each, the same for all faces of a person, and two faces or more of
            each.
        threshold: cosine, -1 to 1, or infinity, which accepts nobody; or one for each group.

    Raises:
        ValueError: no groups, a group of one person, somebody with a single face, a threshold that
            no cosine can have or that is missing.
    """
    found = {}
    for group, some, person in _groups(faces, embeddings):
        at = threshold.get(group) if isinstance(threshold, Mapping) else threshold
        if at is None or not (-1 <= at <= 1 or at == inf):
            raise ValueError(f"a threshold of cosines lies in -1..1, got {at} for group {group}")
        accepted, pairs = _between(some, person, at)
        own = pairs.diagonal().long()
        rejected, weight = 1 - accepted.diagonal() / own, own // gcd(*own.tolist())
        of = torch.arange(len(own)).repeat_interleave(weight)  # a person counts once a pair
        found[group] = GroupErrors(
            bootstrap_between(accepted, pairs), bootstrap_people(rejected[of], of)
        )
    return found


def _groups(faces: FaceSet, embeddings: Tensor) -> list[tuple[int, Tensor, Tensor]]:
    """Number, embeddings and people, 0 to P - 1, of each group."""
    if faces.group is None:
        raise ValueError("want faces with groups, got a FaceSet whose group is None")
    if len(embeddings) != len(faces):
        raise ValueError(
            f"want an embedding for each of {len(faces)} faces, got {tuple(embeddings.shape)}"
        )
    found = []
    for group in faces.group.unique().tolist():
        inside = faces.group == group
        _, person = faces.person[inside].unique(return_inverse=True)
        counts = person.bincount()
        if len(counts) < 2 or counts.min() < 2:
            raise ValueError(
                f"group {group} has {len(counts)} people with {int(counts.min())} faces at least; "
                "errors need 2 people and 2 faces of each: leave the group out, or join groups"
            )
        found.append((group, embeddings[inside].cpu(), person.cpu()))
    return found


def _between(embeddings: Tensor, person: Tensor, threshold: float) -> tuple[Tensor, Tensor]:
    """How many ordered pairs of faces of persons i and j are accepted, and how many there are.

    On the diagonal a face is not compared with itself.
    """
    member = one_hot(person).double()
    scores = similarity(embeddings, embeddings)
    accepted = (scores >= threshold).fill_diagonal_(False).double()
    counts = member.sum(0)
    pairs = counts[:, None] * counts - torch.diag(counts)
    return member.T @ accepted @ member, pairs


def ladder_faces(people: int = 2000, images: int = 3, seed: int = LADDER) -> FaceSet:
    """The people on whom every step of the ladder is judged: grey, 64 x 64 pixels."""
    return synth(people, images, seed=seed)


def tar_by_person(embeddings: Tensor, person: Tensor, threshold: float) -> Tensor:
    """Of each person, the share of pairs of their faces whose score is the threshold's or more.

    Args:
        embeddings: float (N, D), any length; compared by cosine.
        person: int64 (N,), 0 to P - 1, two faces or more of each.
        threshold: a cosine.

    Returns:
        float64 (P,).
    """
    counts = person.bincount()
    if not len(counts) or counts.min() < 2:
        raise ValueError("want two faces or more of each person, numbered from 0 on")
    shares = []
    for faces in embeddings.cpu()[person.cpu().argsort(stable=True)].split(counts.tolist()):
        left, right = torch.triu_indices(len(faces), len(faces), 1)
        shares.append((similarity(faces, faces)[left, right] >= threshold).double().mean())
    return torch.stack(shares)


def worst_group(embeddings: Tensor, faces: FaceSet, far: float) -> Interval:
    """The share of genuine pairs that is rejected in the group where that is largest.

    From 0 to 1, with a 95 % interval over the people of that group. Everybody has the threshold at
    which this share of all pairs of two people (`far`) is accepted. Which group is worst is read
    off the same faces. Other arguments and errors as in `group_errors`.
    """
    threshold = verify_all(embeddings, faces.person).threshold_at(far)
    errors = group_errors(embeddings, faces, threshold).values()
    return max((found.fnmr for found in errors), key=lambda rejected: rejected.value)
