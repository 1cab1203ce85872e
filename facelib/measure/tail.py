"""TAR at low FARs of many people, with the threshold's own uncertainty in the interval.

At a FAR of 0.01 % few impostor pairs set the threshold, and they are not independent: some people
are taken for many others. So people are drawn with replacement (see `bootstrap`), and every
resample finds its own threshold. Only pairs that could be above one are kept, so that 10^8 pairs
take seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from facelib.measure.bootstrap import draws, percentiles
from facelib.measure.histogram import BLOCK, verify_all
from facelib.measure.identification import similarity
from facelib.measure.interval import Interval

SPARE = 4  # a resample's threshold may let in this many times the FAR of all people


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
            ValueError: a FAR is so large, or these people are so few, that pairs are missing.
        """
        times = torch.ones_like(self.faces) if times is None else times
        weight = (times[self.left] * times[self.right]).cumsum(0)
        faces, mine = times * self.faces, times[self.of]
        allowed = torch.tensor(fars) * 0.5 * (faces.sum() ** 2 - faces.square().sum())
        first = torch.searchsorted(weight, allowed.double(), right=True)
        if first.max() == len(weight):
            raise ValueError(f"too few people to find a threshold at a FAR of {max(fars):g}")
        accepted = self.genuine > self.impostor[first, None]
        return accepted.double() @ mine / mine.sum()


def take_tail(embeddings: Tensor, person: Tensor, far: float) -> Tail:
    """What TARs up to this FAR depend on.

    Args:
        embeddings: float (N, D), any length; compared by cosine.
        person: int64 (N,), 0 to P - 1; somebody has two faces or more.
        far: 0 to 1, the largest that is going to be asked for.

    Raises:
        ValueError: nobody has two faces, or what `verify_all` refuses.
    """
    counts = person.bincount()
    if not len(counts) or counts.min() < 1 or counts.max() < 2:
        raise ValueError("want a face of each person, numbered from 0 on, and two of somebody")
    roc = verify_all(embeddings, person).roc()
    enough = torch.searchsorted(roc.far.contiguous(), min(1.0, SPARE * far))
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
    """TAR at each FAR, 0 to 1, with 95 % intervals over people."""
    return _resample(lambda times, _: tail.tars(fars, times), len(tail.faces), runs=1)


def tar_lost(
    before: Sequence[Tail], after: Sequence[Tail], fars: Sequence[float]
) -> list[Interval]:
    """Percentage points of TAR that a step has cost at each FAR, each recogniser at its own
    threshold; the mean over runs of the training.

    Args:
        before, after: of each run, of the same faces.
        fars: 0 to 1, none above what the tails were taken for.

    Returns:
        With 95 % intervals over people and runs, paired. Above 0: something was lost.

    Raises:
        ValueError: no run, not as many before as after, or as of `Tail.tars`.
    """
    if not before or len(before) != len(after):
        raise ValueError(
            f"want one run or more, as many before as after, got {len(before)} and {len(after)}"
        )

    def lost(times: Tensor | None, drawn: list[int]) -> Tensor:
        each = {
            run: before[run].tars(fars, times) - after[run].tars(fars, times) for run in {*drawn}
        }
        return 100 * torch.stack([each[run] for run in drawn]).mean(0)

    return _resample(lost, len(before[0].faces), len(before))


def _resample(
    values: Callable[[Tensor | None, list[int]], Tensor], people: int, runs: int
) -> list[Interval]:
    """Of people and runs, both drawn with replacement; `values` takes how often each person counts
    and which runs were drawn."""
    generator = torch.Generator().manual_seed(1)

    def some_runs() -> list[int]:
        return torch.randint(runs, (runs,), generator=generator).tolist()

    found = torch.stack([values(times, some_runs()) for times in draws(people)], 1)
    measured = values(None, list(range(runs)))
    rows = zip(measured.tolist(), found.tolist(), strict=True)
    return [percentiles(value, resampled, people) for value, resampled in rows]
