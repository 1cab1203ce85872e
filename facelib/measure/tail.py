"""TAR at low FARs of many people, with the threshold's own uncertainty in the interval.

At a FAR of 0.01 % few impostor pairs set the threshold, and they are not independent: some people
are taken for many others. So people are drawn with replacement (see `bootstrap`), and every
resample finds its own threshold. Only pairs that could be above one are kept, so that 10^8 pairs
take seconds.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from facelib.measure.bootstrap import draws, percentiles
from facelib.measure.histogram import BLOCK, verify_all
from facelib.measure.identification import similarity
from facelib.measure.interval import Interval, mean_interval
from facelib.measure.verification import ROUNDING

# A resample's threshold may let in this many times the FAR of all people; of few people, where one
# can stand in most of the pairs that score high, so many pairs are kept anyway.
SPARE, LEAST = 4, 50_000


@dataclass(frozen=True, eq=False, repr=False)
class Tail:
    """All genuine pairs and the impostor pairs that score highest, of P people.

    genuine: scores (G,); of: whose, int64 (G,). impostor: scores (I,), falling; left, right: the
    two people of each, int64 (I,). faces: of each person, float64 (P,).
    """

    genuine: Tensor
    of: Tensor
    impostor: Tensor
    left: Tensor
    right: Tensor
    faces: Tensor

    def tars(self, fars: Sequence[float], times: Tensor | None = None) -> Tensor:
        """For each FAR the share of genuine pairs that scores higher than all but that share of the
        impostor pairs; times: how often each person counts, float64 (P,), once unless given.

        Raises:
            ValueError: a FAR is not below 1, is finer than one impostor pair, or so large that
                pairs are missing; these people are so few that none has two faces.
        """
        measured = _impostors(self.faces)
        if bad := [far for far in fars if not 1 - ROUNDING <= far * measured < measured]:
            raise ValueError(
                f"of {measured:.0f} impostor pairs want FARs from 1/{measured:.0f} to below 1, got "
                f"{bad}: measure more people for a finer one"
            )
        times = torch.ones_like(self.faces) if times is None else times
        weight = (times[self.left] * times[self.right]).cumsum(0)
        mine = times[self.of]
        if not mine.any():
            raise ValueError(
                f"a resample of {len(times)} people holds no genuine pair: measure more people"
            )
        shares = torch.tensor(fars, dtype=torch.float64) + ROUNDING
        allowed = shares * _impostors(times * self.faces)
        first = torch.searchsorted(weight, allowed, right=True)
        if first.max() == len(weight):
            raise ValueError(
                f"too few impostor pairs are kept to find a threshold at a FAR of {max(fars):g}: "
                "take the tail for that FAR, of more people"
            )
        accepted = self.genuine > self.impostor[first, None]
        return accepted.double() @ mine / mine.sum()


def _impostors(faces: Tensor) -> float:
    """The pairs of two people with so many faces each."""
    return float(faces.sum() ** 2 - faces.square().sum()) / 2


def take_tail(embeddings: Tensor, person: Tensor, far: float) -> Tail:
    """What TARs up to this FAR depend on.

    Args:
        embeddings: float (N, D), any length; compared by cosine.
        person: int64 (N,), 0 to P - 1; somebody has two faces or more.
        far: above 0 and below 1, the largest that is going to be asked for.

    Raises:
        ValueError: nobody has two faces, or what `verify_all` refuses.
    """
    counts = person.bincount()
    if not len(counts) or counts.min() < 1 or counts.max() < 2:
        raise ValueError("want a face of each person, numbered from 0 on, and two of somebody")
    whole = verify_all(embeddings, person)
    roc, share = whole.curve, max(SPARE * far, LEAST / whole.impostor)
    enough = torch.searchsorted(roc.far.contiguous(), min(1.0, share))
    cut = roc.threshold[enough.clamp(max=len(roc.far) - 1)]
    genuine, impostor = [], []
    for block in torch.arange(len(person)).split(max(1, BLOCK // len(person))):
        scores = similarity(embeddings[block], embeddings).cpu()
        later = block[:, None] < torch.arange(len(person))
        same = person[block, None] == person
        for found, wanted in ((genuine, later & same), (impostor, later & ~same & (scores >= cut))):
            row, column = wanted.nonzero(as_tuple=True)
            people = person[block[row]], person[column]
            found.append(torch.stack([scores[row, column].double(), *people]))
    (score, of, _), (high, left, right) = (torch.cat(found, 1) for found in (genuine, impostor))
    order = high.argsort(descending=True)
    return Tail(
        score, of.long(), high[order], left[order].long(), right[order].long(), counts.double()
    )


def tar_at_low_far(tail: Tail, fars: Sequence[float]) -> list[Interval]:
    """TAR at each FAR, above 0 and below 1, with 95 % intervals over people; errors of `tars`."""
    return _resample(lambda times: tail.tars(fars, times), len(tail.faces))


def tar_lost(
    before: Sequence[Tail], after: Sequence[Tail], fars: Sequence[float]
) -> list[Interval]:
    """Percentage points of TAR that a step has cost at each FAR, each recogniser at its own
    threshold; the mean over runs of the training.

    Args:
        before, after: of each run, of the same faces.
        fars: above 0 and below 1, none above what the tails were taken for.

    Returns:
        With 95 % intervals, paired: over people by resampling, widened by what the mean of so few
        runs may be off (Student's t). Above 0: something was lost.
    """
    if not before or len(before) != len(after):
        raise ValueError(
            f"want one run or more, as many before as after, got {len(before)} and {len(after)}"
        )

    def lost(times: Tensor | None = None) -> Tensor:
        """(runs, FARs)"""
        one, other = ([tail.tars(fars, times) for tail in tails] for tails in (before, after))
        return 100 * (torch.stack(one) - torch.stack(other))

    over_people = _resample(lambda times: lost(times).mean(0), len(before[0].faces))
    if len(before) == 1:
        return over_people
    runs = zip(over_people, lost().T.tolist(), strict=True)
    return [_widen(found, mean_interval(values)) for found, values in runs]


def _widen(people: Interval, runs: Interval) -> Interval:
    """The interval of a mean that two causes move independently."""
    low, high = (
        math.hypot(getattr(people, end) - people.value, getattr(runs, end) - runs.value)
        for end in ("low", "high")
    )
    return replace(people, low=people.value - low, high=people.value + high)


def _resample(values: Callable[[Tensor | None], Tensor], people: int) -> list[Interval]:
    """Intervals of values (FARs,), given how often each person counts."""
    found = torch.stack([values(times) for times in draws(people)], 1)
    rows = zip(values(None).tolist(), found.tolist(), strict=True)
    return [percentiles(value, resampled, people) for value, resampled in rows]
