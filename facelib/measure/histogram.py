"""Verification from streamed histograms: any number of pairs in bounded memory.

Sorting 10^8 scores takes gigabytes. A histogram keeps two counts a bin; the ROC curve is exact
at every bin edge, and between two edges it can only run inside the rectangle they span.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from facelib.data.pairs import all_pairs
from facelib.measure.identification import refuse_rows, similarity
from facelib.measure.verification import Rates, Roc, Verification, need_both_kinds

EXACT_PAIRS = 10**7  # up to here sorting all scores is quick and takes under 1 GB
BINS = 2**16  # two int64 counts are kept for each
BLOCK = 2**22  # scores computed at a time


def read_rates(counts: Tensor) -> Rates:
    """What counts of cosines in equal bins tell, int64 (2, bins), of impostor and of genuine pairs.

    The curve is exact at every bin edge. A threshold between two edges acts as the next edge above.
    What is measured lies as near to the exact value as the bins are narrow: the exact AUC within
    half the share of pairs of pairs that share a bin, the exact TAR within what the next bin adds.
    """
    impostor, genuine = counts.sum(1).tolist()
    need_both_kinds(genuine, impostor)
    accepted = counts.flip(1).cumsum(1)
    rate = torch.cat([torch.zeros(2, 1), accepted / accepted[:, -1:].double()], dim=1)
    edge = torch.linspace(-1, 1, counts.shape[1] + 1, dtype=torch.float64)[:-1].flip(0)
    threshold = torch.cat([torch.tensor([torch.inf]), edge])
    return Rates(genuine, impostor, Roc(rate[0], rate[1], threshold))


def _count(scores: Tensor, same: Tensor) -> Tensor:
    """Of cosines (P,) and same (P,) the counts of a histogram, int64 (2, BINS), on the CPU.

    A cosine that rounding has put beyond -1 or 1 counts in the outermost bin.
    """
    half = BINS // 2  # a power of two: nothing is rounded; adding 1 first would, over an edge
    place = ((scores * half).floor_().long() + half).clamp_(0, BINS - 1)
    return torch.bincount(place + BINS * same, minlength=2 * BINS).view(2, -1).cpu()


def count_pairs(embeddings: Tensor, person: Tensor) -> Tensor:
    """The cosines of all N (N - 1) / 2 pairs of images, counted block by block for `read_rates`.

    Runs on the embeddings' device; beside them it needs some 70 bytes for each of BLOCK (or N, if
    that is more) scores, 0.3 GB. Arguments and errors as of `verify_all`.
    """
    _need_labels(embeddings, person)
    refuse_rows(~embeddings.isfinite().all(1), "embeddings are not finite")
    unit = F.normalize(embeddings.detach().float())
    person, counts = person.to(unit.device), torch.zeros(2, BINS, dtype=torch.int64)
    rows = BLOCK // max(1, len(unit)) or 1
    for start in range(0, len(unit), rows):
        block = slice(start, start + rows)
        scores = unit[block] @ unit[start:].T
        same = person[block, None] == person[None, start:]
        later = torch.ones_like(same).triu(1)  # each pair once, no image with itself
        counts += _count(scores[later], same[later])
    return counts


def verify_all(embeddings: Tensor, person: Tensor) -> Rates:
    """Verification over all pairs of images: exact up to 10^7 pairs, streamed above.

    Args:
        embeddings: float (N, D), any length.
        person: int64 (N,), the label of each image.

    Raises:
        ValueError: lengths differ, an embedding is not finite, or one kind of pair is missing.
    """
    _need_labels(embeddings, person)
    if len(embeddings) * (len(embeddings) - 1) // 2 > EXACT_PAIRS:
        return read_rates(count_pairs(embeddings, person))
    left, right, same = all_pairs(person)
    return Verification(similarity(embeddings, embeddings).cpu()[left, right], same)


def _need_labels(embeddings: Tensor, person: Tensor) -> None:
    if embeddings.ndim != 2 or person.shape != embeddings.shape[:1]:
        raise ValueError(
            "want embeddings (N, D) and person (N,), "
            f"got {tuple(embeddings.shape)} and {tuple(person.shape)}"
        )
