"""Lesson 10, robustness and fairness: its exercises, and the threshold that is yours to choose."""

from functools import cache
from random import randrange, uniform
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import normalize

from facecourse.kit.checkers import as_numbers, draw_normal, function, run
from facecourse.kit.exercise import CannotCheckError, Checker, Exercise, collect
from facecourse.lesson10_robustness import experiment
from facelib.data import FaceSet
from facelib.measure import similarity
from facelib.models import face_embedding
from facelib.synth import identities, synth
from facelib.synth.people import pick_seed

WHITE = 1000  # photons a white pixel counts in full light


def _noise(light: Any, stops: int) -> Any:
    """Of a pixel so light, 0 to 1."""
    return (light / WHITE * 2**stops) ** 0.5


def _judge_dark(answer: Any) -> str | None:
    lights = uniform(0.08, 0.12), uniform(0.7, 0.9)
    image = torch.tensor(lights).repeat_interleave(60).expand(1, 1, 120, -1)
    for stops in (0, 2, 4):
        seen = as_numbers(run(answer, (image.clone(), stops))[0])
        if seen.shape != image.shape:
            raise CannotCheckError(f"Return an image for each; yours are {tuple(seen.shape)}.")
        for half, light in zip(seen.chunk(2, dim=-1), lights, strict=True):
            if reason := _judge_half(half, light, stops):
                return reason
    return None


def _judge_half(seen: Tensor, light: float, stops: int) -> str | None:
    """Why an even grey is not as a camera would see it; None if it is."""
    mean = float(seen.mean())
    noise = float(min(seen.var(side).mean() for side in (-2, -1))) ** 0.5
    wanted = _noise(light, stops)
    margin = 0.08 if light < 0.5 else 0.35  # white may be cut off
    found = f"At {stops} stops grey of {light:.2f} has a mean of {mean:.3g}"
    if mean < 0.95 * light:
        return f"{found}: brighten what was counted, as the camera does."
    if mean > 1.05 * light:
        return f"{found}: divide by the photons that white would count in this light."
    where = f"The mean is right, but at {stops} stops grey of {light:.2f} has too"
    if noise < (1 - margin) * wanted:
        return f"{where} little noise: let each pixel's photons be drawn, in what light is left."
    if noise > (1 + margin) * wanted:
        return f"{where} much noise: photons bring only that of their own number, pixel by pixel."
    return None


darken = Exercise(
    prompt="Return the images by so many stops less light, with their photons counted by chance, "
    "and brightened again.",
    starter="def darken(images, stops):\n    return ____",
    hints=(
        "White counts `1000 * 2**-stops` photons in this light. How many does each pixel expect?",
        "`torch.poisson(expected)` draws how many come. Then divide: white must be 1 again.",
    ),
    answer="""\
def darken(images, stops):
    white = 1000 * 2.0**-stops
    return torch.poisson(images * white) / white""",
    checker=Checker(_judge_dark),
    also_wrong=(
        lambda images, stops: images,
        lambda images, stops: images * 2.0**-stops,
        lambda images, stops: torch.poisson(images * 1000) / 1000,
        lambda images, stops: torch.poisson(images * 1000 * 2.0**-stops),
        lambda images, stops: torch.poisson(images * 1000 * 2.0**-stops) / 1000,
        lambda images, stops: torch.poisson(images * 750 * 2.0**-stops) / 750 * 2.0**stops,
        lambda images, stops: torch.poisson(images * 1000 * 2.0**-stops) / 909 * 2.0**stops,
        lambda images, stops: images + 0.3 * torch.randn_like(images),
        lambda images, stops: images + _noise(0.4, stops) * torch.randn_like(images),
        lambda images, stops: images + _noise(images.mean(), stops) * torch.randn_like(images),
        lambda images, stops: images.mean(),
    ),
    praise="What is lost in the dark is not brightness, which comes back, but certainty.",
)


def _rates(scores: Tensor, same: Tensor, group: Tensor, at: float) -> list[list[float]]:
    parts = experiment.part_groups(scores, same, group)
    return [[part.far_at(at), part.frr_at(at)] for part in parts]


def _case(seed: int, spread: float) -> tuple[Tensor, Tensor, Tensor]:
    """Scores of 800 pairs of four groups that differ, 100 impostors each."""
    number = torch.arange(800)
    same, group = number % 2 == 0, number // 2 % 4
    score = 0.5 * same + 0.05 * (3 - group) + spread * draw_normal(800, seed=seed)
    return score, same, group


def _tied(seed: int, spread: float) -> tuple[Tensor, Tensor, Tensor]:
    """The same in steps of 0.01, so that some scores lie at a threshold."""
    score, *rest = _case(seed, spread)
    return (100 * score).round() / 100, *rest


group_rates = Exercise(
    points=3,
    prompt="Return a row for each of the groups 0 to 3: its FMR and its FNMR.",
    starter="def group_rates(scores, same, group, threshold):\n    return ____",
    hints=(
        "Of one group, `number`: `scores[(group == number) & ~same]` are its impostors' scores.",
        "The mean of truth values, as `(some >= threshold).double().mean()`, is a share.",
        "Collect a list of two numbers for each group in a loop, and return the list of lists.",
    ),
    answer="""\
def group_rates(scores, same, group, threshold):
    rows = []
    for number in range(4):
        impostor = scores[(group == number) & ~same]
        genuine = scores[(group == number) & same]
        fmr = (impostor >= threshold).double().mean()
        fnmr = (genuine < threshold).double().mean()
        rows.append([float(fmr), float(fnmr)])
    return rows""",
    checker=function(_rates, (*_tied(0, 0.2), 0.4), (*_tied(1, 0.3), 0.25)),
    slips={
        "[float(fmr), float(fnmr)] -> [float(fnmr), float(fmr)]": "FMR first, then FNMR.",
        "[float(fmr), float(fnmr)] -> [float(fmr) / 2, float(fnmr) / 2]": "You divide by all "
        "pairs. FMR is a share of impostor pairs, FNMR one of genuine.",
        "genuine < threshold -> genuine >= threshold": "The second is the TAR, which is 1 - FNMR.",
        "(group == number) & ~same]\n        genuine = scores[(group == number) & same "
        "-> ~same]\n        genuine = scores[same": "Every group has the same rates: those of all "
        "pairs. Pick the group's own.",
        ">= threshold).double().mean()\n        fnmr = (genuine < "
        "-> > threshold).double().mean()\n        fnmr = (genuine <=": "A score that equals the "
        "threshold is accepted: `>=`.",
    },
    praise="An audit of decisions begins with these two; the rest is whom it counts.",
)


def _cleared(seed: int, spread: float, fmr: float) -> tuple[Tensor, Tensor, Tensor, float]:
    """A case and an FMR. No genuine score is left between the last impostor accepted and the next
    one, in any group: wherever in between a threshold is, and whatever is done with a score at it,
    the FNMR is the same."""
    scores, same, group = _case(seed, spread)
    last = round(100 * (1 - fmr))
    unclear = torch.zeros_like(same)
    for inside in (group == number for number in range(4)):
        low, high = scores[inside & ~same].sort().values[last - 1 : last + 1]
        unclear |= inside & same & (scores >= low) & (scores <= high)
    return scores[~unclear], same[~unclear], group[~unclear], fmr


def _price(scores: Tensor, same: Tensor, group: Tensor, fmr: float) -> list[float]:
    """FNMR of each group at its own threshold."""
    parts = experiment.part_groups(scores, same, group)
    return [part.frr_at(part.threshold_at(fmr)) for part in parts]


equal_fmr = Exercise(
    prompt="Give each group the threshold at which this share of its own impostors is accepted, "
    "and return the four FNMRs there.",
    starter="def equal_fmr(scores, same, group, fmr):\n    return ____",
    hints=(
        "For one group: the scores of its impostors, and `.quantile(1 - fmr)` of them.",
        "Then the share of this group's genuine scores that is below that threshold.",
    ),
    answer="""\
def equal_fmr(scores, same, group, fmr):
    rejected = []
    for number in range(4):
        inside = group == number
        threshold = scores[inside & ~same].quantile(1 - fmr)
        genuine = scores[inside & same]
        rejected.append(float((genuine < threshold).double().mean()))
    return rejected""",
    checker=function(_price, _cleared(10, 0.2, 0.05), _cleared(25, 0.3, 0.1)),
    slips={
        "inside & ~same -> ~same": "Those are FNMRs at one threshold for everybody. Each group has "
        "its own.",
        "genuine < threshold -> genuine >= threshold": "Those are TARs; FNMR is what is missing to "
        "1.",
        "return rejected -> return [fmr] * 4": "That is the FMR that was chosen. What does it "
        "cost: which genuine pairs go?",
    },
    praise="Equal FMR, unequal FNMR: one of the two can be made equal, hardly ever both.",
)

LIMIT, SPARE = 0.02, 0.08  # of the FMR of each group; of the FNMR, above the best there is
PRACTICE, FRESH, CROWDS = 899, 900, 3  # numbers of crowds
EACH = 40  # people a group


@cache
def embed_groups(number: int) -> tuple[Tensor, FaceSet]:
    """Embeddings of people of all groups, as many of each, two photographs each; another number
    gives other people."""
    seed, count = pick_seed("crowd", number), EACH * len(experiment.GROUPS)
    who = identities(count, seed, skin=(torch.arange(count) + 0.5) / count)
    faces = synth(who, 2, seed=seed)
    return experiment.read_faces(face_embedding(), faces.images), faces


def _judge_door(answer: Any) -> str | None:
    number = FRESH + randrange(CROWDS)
    # Another network's scores lie elsewhere: a number found by trial serves one of the two.
    return _judge_threshold(answer, number, 0.0) or _judge_threshold(answer, number, uniform(2, 3))


def _judge_threshold(answer: Any, number: int, push: float) -> str | None:
    """Why a threshold doesn't serve a crowd; `push`: how far one vector moves all embeddings."""
    (codes, faces), (fresh, others) = embed_groups(PRACTICE), embed_groups(number)
    codes, fresh = (normalize(some + push * len(some[0]) ** -0.5) for some in (codes, fresh))
    labels = 3 - faces.group if push else faces.group  # the worst is not always the first
    at = as_numbers(run(answer, (codes, faces.person, labels))[0])
    if at.numel() != 1 or not at.isfinite():
        raise CannotCheckError("One threshold for everybody is wanted, a number.")
    parts = experiment.part_groups(*experiment.pair_up(fresh, others))
    fmr = [part.far_at(float(at)) for part in parts]
    worst = experiment.GROUPS[max(range(4), key=fmr.__getitem__)]
    found = f"Of new people the worst group ({worst}) has an FMR of {max(fmr):.2%}"
    if max(fmr) > LIMIT:
        return (
            f"{found}; want {LIMIT:.0%} at most, in every group. The mean is nobody's rate, and "
            "new people are not those you chose by: leave room."
        )
    best = max(part.threshold_at(LIMIT) for part in parts)
    mine, least = (sum(part.frr_at(a) for part in parts) / 4 for a in (float(at), best))
    if mine > least + SPARE:
        return (
            f"{found}, but {mine:.0%} of the genuine pairs are rejected, where {least:.0%} would "
            f"do; want {100 * SPARE:.0f} points more at most."
        )
    return None


door_threshold = Exercise(
    points=3,
    prompt="Choose one threshold by people who practise: for new people no group may have an FMR "
    "above 2 %, and hardly more genuine pairs may be rejected than must be.",
    starter="def door_threshold(codes, person, group):\n    return ____",
    hints=(
        "`codes @ codes.T` are all scores; `person[:, None] != person` tells impostor pairs.",
        "For each group take the threshold of its own impostor pairs. Which of the four serves "
        "all?",
        "The highest. And new people may be worse than these: promise half of what you may.",
    ),
    answer="""\
def door_threshold(codes, person, group):
    thresholds = []
    for number in range(4):
        inside = group == number
        scores = codes[inside] @ codes[inside].T
        impostor = person[inside][:, None] != person[inside]
        thresholds.append(scores[impostor].quantile(0.99))
    return max(thresholds)""",
    checker=Checker(_judge_door),
    slips=("range(4) -> range(1)",),  # the first group's
    also_wrong=(
        lambda codes, person, _: similarity(codes, codes)[person[:, None] != person].quantile(0.98),
        lambda *given: 0.0,
        lambda *given: 1.0,
        lambda codes, person, group: person,
    ),
    praise="The worst-served group sets the threshold, and everybody pays for it in rejections.",
)

EXERCISES = collect("10", globals())
