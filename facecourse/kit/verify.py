"""Pairs of photographs and changed faces, for any embedding of ORL's people."""

from torch import Tensor, nn

from facecourse.kit.orl import to_64
from facecourse.kit.protocol import RESAMPLES, score_pairs
from facelib.data import FaceSet, all_pairs
from facelib.measure import Interval, bootstrap_difference, bootstrap_pairs, similarity
from facelib.measure.verification import Rates, Verification
from facelib.models import embed


def embed_at_64(model: nn.Module, images: Tensor) -> Tensor:
    """Embeddings by the shipped model of images of any size."""
    return embed(model, to_64(images)).cpu()


def verify_pairs(embeddings: Tensor, faces: FaceSet) -> Verification:
    """All pairs of images, to read rates from; of embeddings as `score_pairs` takes them."""
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
