"""Pairs of photographs and changed faces, for any embedding of ORL's people."""

from torch import Tensor, nn

from facecourse.kit.orl import to_64
from facelib.data import FaceSet, all_pairs
from facelib.measure import (
    Interval,
    Verification,
    bootstrap_difference,
    bootstrap_pairs,
    similarity,
)
from facelib.measure.verification import Rates
from facelib.models import embed

RESAMPLES = 300  # of people, for intervals


def embed_at_64(model: nn.Module, images: Tensor) -> Tensor:
    """Embeddings by the shipped model of images of any size."""
    return embed(model, to_64(images)).cpu()


def score_pairs(embeddings: Tensor, faces: FaceSet) -> tuple[Tensor, Tensor, Tensor]:
    """All pairs of images: scores, and the people left and right, as `bootstrap_pairs` takes them.

    The embeddings are float (N, D), of `faces` in order, here and in what follows.
    """
    left, right, _ = all_pairs(faces.person)
    scores = similarity(embeddings, embeddings)[left, right]
    return scores, faces.person[left], faces.person[right]


def verify_pairs(embeddings: Tensor, faces: FaceSet) -> Verification:
    """All pairs of images, to read rates from."""
    scores, left, right = score_pairs(embeddings, faces)
    return Verification(scores, left == right)


def changed_rates(
    changed: Tensor, still: Tensor, faces: FaceSet, threshold: float
) -> dict[str, Interval]:
    """Rates where something was done to one face of each pair and not to the other, over people.

    Args:
        changed, still: float (N, D), embeddings of `faces` with it and without.
        threshold: chosen beforehand.

    Returns:
        TAR, its change against pairs of faces as they are (paired), and FAR.
    """
    left, right, _ = all_pairs(faces.person)
    before, after = (similarity(first, still)[left, right] for first in (still, changed))
    people = faces.person[left], faces.person[right], RESAMPLES

    def tar(rates: Rates) -> float:
        return 1 - rates.frr_at(threshold)

    return {
        "TAR": bootstrap_pairs(tar, after, *people),
        "change of TAR": bootstrap_difference(tar, after, before, *people),
        "FAR": bootstrap_pairs(lambda rates: rates.far_at(threshold), after, *people),
    }
