"""95 % confidence intervals by resampling people.

Images of one person are alike, and each face takes part in many pairs, so images and pairs are
not independent: resampling them gives intervals that are too narrow. People are the sample here;
they are drawn with replacement and bring all they have with them (Bolle, Ratha & Pankanti 2004,
doi:10.1016/j.cviu.2003.08.002; Fogliato, Patil & Perona 2024, arXiv:2306.01198).

A person drawn m times stands for m different people with the same images. So an image weighs m;
a genuine pair weighs m, since it needs one of these people; an impostor pair of people drawn m and
m' times weighs m m', one for each choice of two. Two copies of one person are never compared:
they would be impostors with genuine scores.
"""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from facelib.measure.interval import Interval
from facelib.measure.verification import Rates, Roc, Verification

Statistic = Callable[[Rates], float]  # reads a rate off weighted pairs: `auc`, `tar_at(far)`, ...


def bootstrap_people(outcome: Tensor, person: Tensor, resamples: int = 1000) -> Interval:
    """The mean outcome of an image with a 95 % percentile interval over people.

    Args:
        outcome: bool or float (N,), one an image: `predicted == person` (accuracy), or the
            difference of two models' outcomes (a paired comparison).
        person: int64 (N,), the label of each image.
        resamples: how many times people are drawn, 100 at least; always the same draws.

    Raises:
        ValueError: lengths differ, an outcome is not finite, or there is one person only.
    """
    outcome = outcome.detach().cpu().double()
    if outcome.ndim != 1 or outcome.shape != person.shape or not outcome.isfinite().all():
        raise ValueError(
            "want one finite outcome and one label an image, "
            f"got {tuple(outcome.shape)} and {tuple(person.shape)}"
        )
    people, index = person.cpu().unique(return_inverse=True)
    total, images = torch.bincount(index, outcome), torch.bincount(index).double()
    drawn = torch.stack(list(draws(len(people), resamples)))
    return percentiles(outcome.mean(), (drawn @ total / (drawn @ images)).tolist(), len(people))


def bootstrap_pairs(
    statistic: Statistic, scores: Tensor, left: Tensor, right: Tensor, resamples: int = 1000
) -> Interval:
    """A verification measure with a 95 % percentile interval over people.

        bootstrap_pairs(lambda pairs: pairs.tar_at(0.01), scores, person[left], person[right])

    Args:
        statistic: what to read off, given the weighted pairs.
        scores: float (P,), higher means more alike.
        left, right: int64 (P,), the people of each pair; equal labels make a genuine pair.
        resamples: as in `bootstrap_people`.

    Raises:
        ValueError: what `Verification` refuses, or so few people that a resample holds no genuine
            or no impostor pair.
    """
    value, values, people = _resampled(statistic, scores, left, right, resamples)
    return percentiles(value, values, people)


def bootstrap_between(accepted: Tensor, pairs: Tensor) -> Interval:
    """The share of impostor pairs that is accepted, with a 95 % percentile interval over people.

    Where none is accepted the interval is [0, 0]: these people can't tell how rare it is.

    Args:
        accepted: (P, P), how many pairs of a face of person i and one of person j are accepted;
            the diagonal, which is no impostor's, is left out.
        pairs: (P, P), how many there are.

    Raises:
        ValueError: not two square matrices of one size, or nobody else to compare with.
    """
    if accepted.ndim != 2 or accepted.shape != pairs.shape or len(pairs) != pairs.shape[1]:
        raise ValueError(
            f"want two matrices (P, P), got {tuple(accepted.shape)} and {tuple(pairs.shape)}"
        )
    drawn = torch.stack(list(draws(len(pairs))))
    accepted, pairs = (m.cpu().double().clone().fill_diagonal_(0) for m in (accepted, pairs))
    if not pairs.sum():
        raise ValueError("there is no impostor pair: want faces of two people or more")
    found, there = (((drawn @ m) * drawn).sum(1) for m in (accepted, pairs))
    shares = (found / there)[there > 0].tolist()
    return percentiles(accepted.sum() / pairs.sum(), shares, len(pairs))


def bootstrap_difference(
    statistic: Statistic,
    scores: Tensor,
    others: Tensor,
    left: Tensor,
    right: Tensor,
    resamples: int = 1000,
) -> Interval:
    """How much better one recogniser's scores are than another's on the same pairs, paired.

    What makes some people hard for both falls out. Arguments and errors as in `bootstrap_pairs`.
    """
    value, values, people = _resampled(statistic, scores, left, right, resamples)
    other, other_values, _ = _resampled(statistic, others, left, right, resamples)
    differences = [a - b for a, b in zip(values, other_values, strict=True)]
    return percentiles(value - other, differences, people)


def _resampled(
    statistic: Statistic, scores: Tensor, left: Tensor, right: Tensor, resamples: int
) -> tuple[float, list[float], int]:
    """The statistic as measured and in every resample, and the number of people.

    Scores are sorted once, so a resample of 10^5 pairs takes a few milliseconds.
    """
    left, right = left.cpu(), right.cpu()
    measured = Verification(scores, left == right)
    people, index = torch.stack([left, right]).unique(return_inverse=True)
    order = measured.scores.argsort(descending=True)
    threshold, step = measured.scores[order].unique_consecutive(return_inverse=True)
    threshold = torch.cat([torch.tensor([torch.inf]), threshold])
    (left, right), same = index[:, order], measured.same[order]
    place = 2 * step + same  # impostor and genuine weight of every different score, side by side

    values = []
    for times in draws(len(people), resamples):
        weight = torch.where(same, times[left], times[left] * times[right])
        accepted = torch.bincount(place, weight, minlength=2 * len(threshold) - 2).view(-1, 2)
        accepted = torch.cat([torch.zeros(1, 2), accepted.cumsum(0)])
        if not accepted[-1].all():
            raise ValueError(
                f"one of the {resamples} resamples of {len(people)} people holds no "
                f"{'impostor' if accepted[-1, 1] else 'genuine'} pair: measure more people"
            )
        far, tar = (accepted / accepted[-1]).T
        # The counts stay those measured, so a FAR is refused for all resamples or for none.
        curve = Roc(far, tar, threshold)
        values.append(statistic(Rates(measured.genuine, measured.impostor, curve)))
    return statistic(measured), values, len(people)


def draws(people: int, resamples: int = 1000) -> Iterator[Tensor]:
    """float64 (people,), how many times each is drawn; `resamples` times."""
    if people < 2 or resamples < 100:
        raise ValueError(
            "an interval over people needs at least 2 people and 100 resamples, "
            f"got {people} and {resamples}"
        )
    generator = torch.Generator().manual_seed(0)
    for _ in range(resamples):
        drawn = torch.randint(people, (people,), generator=generator)
        yield torch.bincount(drawn, minlength=people).double()


def percentiles(value: Tensor | float, resampled: list[float], people: int) -> Interval:
    low, high = np.percentile(resampled, [2.5, 97.5]).tolist()
    return Interval(float(value), low, high, people)
