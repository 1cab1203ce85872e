"""Lesson 01, background: its exercises and two experiments on images in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from facecourse.kit.charts import Table, signed
from facecourse.kit.checkers import choice, number, truth
from facecourse.kit.exercise import Exercise, collect
from facelib.data import FaceSet
from facelib.measure import mean_interval, paired_interval, similarity

SPLITS = 20


def noise(images: Tensor) -> Tensor:
    """uint8 images with Gaussian noise of 50 grey values, the same at every call."""
    generator = torch.Generator().manual_seed(0)
    return (images + 50 * torch.randn(images.shape, generator=generator)).clamp(0, 255).byte()


def side_light(images: Tensor) -> Tensor:
    """uint8 images lit from the left: full light there, a third of it at the right edge."""
    return (images * torch.linspace(1, 1 / 3, images.shape[3])).round().byte()


def preprocessing(faces: FaceSet, steps: Mapping[str, Callable[[Tensor], Tensor]]) -> Table:
    """Top-1 of nearest neighbours on pixels, by preparation and by damage to the probes.

    Returns:
        A row for "nothing", with mean top-1, and one a step, with the paired difference to it.
    """
    damages = {"clean probes": lambda images: images, "noise": noise, "side light": side_light}
    rows = []
    plain = {name: _runs(faces, lambda images: images, damage) for name, damage in damages.items()}
    rows.append(["nothing", *(mean_interval(runs, "splits") for runs in plain.values())])
    for step, prepare in steps.items():
        changes = [
            signed(paired_interval(_runs(faces, prepare, damage), plain[name], "splits"), digits=3)
            for name, damage in damages.items()
        ]
        rows.append([step, *changes])
    return Table(["preparation", *damages], rows)


def imbalance(faces: FaceSet) -> Table:
    """Recall of people enrolled with five photographs and with one, over 20 splits (pixels)."""
    person, scores = faces.person, _scores(faces.images, faces.images)
    few = person % 2 == 1  # every other person enrols one photograph only
    recall: dict[str, list[float]] = {"five photographs": [], "one photograph": [], "everybody": []}
    for seed in range(SPLITS):
        rank = faces.rank_within_person(seed)
        hit = _hits(scores, person, gallery=rank < torch.where(few, 1, 5), probe=rank >= 5)
        few_probes = few[rank >= 5]
        recall["five photographs"].append(float(hit[~few_probes].mean()))
        recall["one photograph"].append(float(hit[few_probes].mean()))
        recall["everybody"].append(float(hit.mean()))
    rows = [[name, mean_interval(runs, "splits")] for name, runs in recall.items()]
    return Table(["enrolled with", "recall [95 % CI]"], rows)


def _runs(
    faces: FaceSet, prepare: Callable[[Tensor], Tensor], damage: Callable[[Tensor], Tensor]
) -> list[float]:
    scores = _scores(prepare(damage(faces.images)), prepare(faces.images))
    ranks = (faces.rank_within_person(seed) for seed in range(SPLITS))
    return [float(_hits(scores, faces.person, rank < 5, rank >= 5).mean()) for rank in ranks]


def _scores(probe: Tensor, gallery: Tensor) -> Tensor:
    mean = gallery.float().mean(0, keepdim=True)
    return similarity((probe - mean).flatten(1), (gallery - mean).flatten(1))


def _hits(scores: Tensor, person: Tensor, gallery: Tensor, probe: Tensor) -> Tensor:
    """Is each probe's nearest neighbour in the gallery the same person? float64, 0 or 1."""
    named = person[gallery][scores[probe][:, gallery].argmax(1)]
    return (named == person[probe]).double()


task = Exercise(
    prompt="identification, verification or watch list?",
    starter="task = ____",
    hints=(
        "How many people is the face compared with?",
        "One claimed identity, one comparison, yes or no.",
    ),
    answer='task = "verification"',
    checker=choice(
        "verification",
        {
            "identification": "Nobody is searched for: the badge says who it should be.",
            "watch list": "There is no list of wanted people here, only one badge.",
        },
    ),
    also_wrong=("1:N",),
    praise="One face, one claim, one threshold: 1:1.",
)

_IMPOSTORS = [0.11, 0.15, 0.20, 0.22, 0.31, 0.35, 0.41, 0.48, 0.52, 0.67]

threshold = Exercise(
    prompt="The smallest score that lets in at most 2 of these 10 impostors.",
    starter="threshold = ____",
    hints=(
        "20 % of ten impostors are two: who are they?",
        "The two highest scores may pass. A score equal to the threshold is accepted.",
    ),
    answer="threshold = sorted(impostors)[-2]",
    checker=number(
        0.52,
        reasons={
            0.48: "At 0.48 three impostors pass: 0.48, 0.52 and 0.67.",
            0.67: "At 0.67 one passes (10 %): allowed, but not the smallest such score.",
            0.20: "That is the FAR. The threshold is a score.",
        },
    ),
    praise="Two of ten pass, 20 %.",
    context={"impostors": _IMPOSTORS},
)

watch_list = Exercise(
    prompt="Expected true alarms divided by all expected alarms.",
    starter="precision = ____",
    hints=(
        "The one wanted person raises 0.9 alarms on average. And the other 9,999?",
        "The others raise 0.01 x 9,999 false alarms. Divide true by all.",
    ),
    answer="precision = 0.9 / (0.9 + 0.01 * 9_999)",
    checker=number(
        0.9 / (0.9 + 99.99),
        tolerance=5e-4,
        reasons={
            0.9: "That is the TAR: how likely an alarm is for the wanted person. The question is "
            "how likely the wanted person is, given an alarm.",
            0.99: "The false alarms come from 9,999 people, not from one.",
            0.989: "The false alarms come from 9,999 people, not from one.",
        },
    ),
    also_wrong=(0.01 * 9_999,),
    praise="Under 1 %: of 101 people stopped, 100 are innocent.",
)

paired = Exercise(
    prompt="Does the 95 % interval of the paired difference exclude zero?",
    starter="better = ____",
    hints=(
        "Run `measure.paired_interval(a, b)` and look at both ends.",
        "An Interval knows: `.excludes_zero`.",
    ),
    answer="better = measure.paired_interval(a, b).excludes_zero",
    checker=truth(
        True, "Answer True or False. Are both ends of the interval on the same side of zero?"
    ),
    also_wrong=("True", 0, 1, 0.0092, [False]),
    praise="Yes: within every split a is ahead, although the two ranges overlap.",
    context={
        "a": [0.970, 0.940, 0.985, 0.955, 0.925, 0.975],
        "b": [0.960, 0.935, 0.970, 0.945, 0.920, 0.965],
    },
)

EXERCISES, QUIZZES = collect("01", globals())
