"""Lesson 05, face embeddings: its exercises, and the door that is yours to build."""

from statistics import fmean
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import normalize, one_hot

from facecourse.kit.charts import side_by_side
from facecourse.kit.checkers import draw_normal, function
from facecourse.kit.exercise import Checker, Exercise, collect
from facecourse.lesson05_embeddings.crowd import embed_crowd, try_door

_PROBES, _FACES = draw_normal(3, 8, seed=0), draw_normal(5, 8, seed=1)

cosines = Exercise(
    prompt="Return the cosine of every row of probes with every row of faces.",
    starter="def cosines(probes, faces):\n    return ____",
    hints=(
        "Give every row the length one first: divide it by `row.norm()`. `dim=1` takes each row, "
        "and `keepdim=True` keeps a column to divide by.",
        "A matrix product with the faces transposed (`.T`) takes all dot products at once.",
    ),
    answer="""\
def cosines(probes, faces):
    probes = probes / probes.norm(dim=1, keepdim=True)
    faces = faces / faces.norm(dim=1, keepdim=True)
    return probes @ faces.T""",
    checker=function(
        lambda probes, faces: normalize(probes) @ normalize(faces).T,
        (_PROBES, _FACES),
        (10 * _FACES, _PROBES),
        draw=side_by_side,
    ),
    slips={
        "probes / probes.norm(dim=1, keepdim=True)\n    faces = faces / faces.norm(dim=1, "
        "keepdim=True) -> probes": "Those are dot products: long embeddings get high scores.",
        "faces / faces.norm(dim=1, keepdim=True) -> faces": "The faces still have lengths of their "
        "own.",
        "probes / probes.norm(dim=1, keepdim=True) -> probes": "The probes still have lengths of "
        "their own.",
        "probes.norm(dim=1, keepdim=True)\n    faces = faces / faces.norm(dim=1 -> "
        "probes.norm(dim=0, keepdim=True)\n    faces = faces / faces.norm(dim=0": "You gave the "
        "*columns* the length one. A face is a row: `dim=1`.",
        "probes @ faces.T -> faces @ probes.T": "Transposed: each probe needs a row.",
    },
    also_wrong=(lambda probes, faces: torch.cosine_similarity(probes[:3], faces[:3]),),
    praise="Lengths are gone, and one product compares everybody with everybody.",
)


def _triplet(anchor: Tensor, positive: Tensor, negatives: Tensor, margin: float) -> Tensor:
    near = (anchor - positive).square().sum()
    gap = (anchor - negatives).square().sum(1) - near
    return (margin - gap)[(gap > 0) & (gap < margin)].mean()


def _draw_triplets(seed: int) -> tuple[Tensor, Tensor, Tensor, float]:
    """Of the negatives the last is hard, nearer than the positive."""
    anchor, positive, *negatives = normalize(draw_normal(64, 3, seed=seed))
    positive = normalize(2 * anchor + positive, dim=0)
    hard = normalize(anchor + positive, dim=0)
    return anchor, positive, torch.stack([*negatives, hard]), 0.8


triplet = Exercise(
    points=3,
    prompt="Return the triplet loss, a mean over the semi-hard negatives only.",
    starter="def triplet(anchor, positive, negatives, margin):\n    return ____",
    hints=(
        "First two squared distances: `(a - b).square().sum()` of the positive, and one for each "
        "row of the negatives, `.sum(1)`.",
        "Semi-hard: two comparisons joined by `&`. A tensor of truth values picks those: "
        "`far[semi_hard]`.",
        "Of those that are left: the positive's distance less the negative's, plus the margin.",
    ),
    answer="""\
def triplet(anchor, positive, negatives, margin):
    near = (anchor - positive).square().sum()
    far = (anchor - negatives).square().sum(1)
    semi_hard = (far > near) & (far < near + margin)
    return (near - far[semi_hard] + margin).mean()""",
    checker=function(_triplet, _draw_triplets(4), _draw_triplets(5)),
    slips={
        "(far > near) & -> ": "The hard negatives are in it, nearer than the positive: leave them "
        "out.",
        "& (far < near + margin) -> ": "The easy negatives are in it: farther by the margin, they "
        "pull the mean down.",
        "(far > near) & (far < near + margin) -> far < near": "Those are the hard negatives. "
        "Semi-hard ones lie farther than the positive.",
        "near - far[semi_hard] + margin -> far[semi_hard] - near": "Turned round: the loss must "
        "*fall* when the negative moves away.",
        "far[semi_hard] + margin -> far[semi_hard]": "Add the margin: without it a negative just "
        "beyond the positive costs nothing.",
    },
    also_wrong=(
        lambda a, p, n, margin: 0.0,
        lambda a, p, n, margin: ((a - p).norm() - (a - n).norm(dim=1) + margin).clamp(min=0).mean(),
    ),
    praise="Only those that nearly pass for the positive teach; the lesson's loss does this for "
    "every pair of a batch.",
)


_COSINE = torch.tensor([[0.8, 0.3, -0.2], [0.1, 0.5, 0.4], [-0.3, 0.0, 0.6], [0.7, 0.6, 0.2]])
_NAMES = torch.tensor([0, 1, 2, 1])

cosface = Exercise(
    prompt="Return CosFace's logits: take the margin from the right person only, then scale.",
    starter="def cosface(cosine, person, margin, scale):\n    return ____",
    hints=(
        "`torch.nn.functional.one_hot(person, people)`, with the number of people, has a one where "
        "the right person is and zeros elsewhere.",
        "Take margin times these ones from the cosines, and multiply what comes out by the scale.",
    ),
    answer="""\
def cosface(cosine, person, margin, scale):
    right = torch.nn.functional.one_hot(person, cosine.shape[1])
    return scale * (cosine - margin * right)""",
    checker=function(
        lambda cosine, person, m, scale: scale * (cosine - m * one_hot(person, cosine.shape[1])),
        (_COSINE, _NAMES, 0.35, 30.0),
        (draw_normal(3, 5, seed=2).tanh(), torch.tensor([0, 3, 1]), 0.2, 10.0),
        draw=side_by_side,
    ),
    slips={
        "cosine - margin -> cosine + margin": "You made it *easier*: take the margin away.",
        "(cosine - margin * right) -> cosine - margin * right": "Take it away before you scale.",
        "margin * right -> margin": "Taken from everybody, softmax doesn't notice it.",
        "scale * ( -> (": "Unscaled, softmax can't be sure of anybody.",
    },
    also_wrong=(
        lambda cosine, person, margin, scale: scale * cosine,
        lambda cosine, person, margin, scale: scale * (cosine - margin * one_hot(person, 3)),
    ),
    praise="The right person has to win by the margin, and only while training.",
)


MOST_IN, MOST_OUT = 0.003, 0.01  # FAR and FRR that it may have
FRESH = (1, 2, 3)  # crowds that the checker tries a door on


def _judge(answer: Any) -> str | None:
    tried = [try_door(answer, embed_crowd(number), embed_crowd()) for number in FRESH]
    far, frr = map(fmean, zip(*tried, strict=True))
    found = f"Of people nobody has met, {far:.2%} of the others came in and {frr:.1%} of the "
    found += f"owners were turned away; want at most {MOST_IN:.1%} and {MOST_OUT:.0%}. "
    if far > MOST_IN:
        return found + "Rehearse it: let the practice people come to each other's doors."
    if frr > MOST_OUT:
        return found + "Too strict, or the template is poor: use all five photographs, together."
    return None


door = Exercise(
    points=3,
    prompt="Let the owner in and keep others out, by five photographs and a threshold of yours.",
    starter="def door(photos, probes, practice):\n    return ____",
    hints=(
        "One template for the owner: the mean of the five photographs, given the length one.",
        "Rehearse: make each practice person's template of five photographs; the other three come "
        "to everybody's door. Their scores with the templates of *others* show where the threshold "
        "must be.",
        "`templates = normalize(practice[:, :5].mean(1), dim=1)` and "
        "`practice[:, 5:].flatten(0, 1) @ templates.T`; leave out each person's own "
        "door, and take `.quantile(0.999)`.",
    ),
    answer="""\
def door(photos, probes, practice):
    normalize = torch.nn.functional.normalize
    template = normalize(photos.mean(0), dim=0)
    templates = normalize(practice[:, :5].mean(1), dim=1)
    scores = practice[:, 5:].flatten(0, 1) @ templates.T
    who = torch.arange(len(practice))
    others = who.repeat_interleave(3)[:, None] != who
    return probes @ template > scores[others].quantile(0.999)""",
    checker=Checker(_judge),
    slips=(
        "photos.mean(0), dim=0)\n    templates = normalize(practice[:, :5].mean(1) -> "
        "photos[0], dim=0)\n    templates = normalize(practice[:, 0]",
        "0.999 -> 0.99",
        "scores[others].quantile(0.999) -> (practice.flatten(0, 1) @ template).quantile(0.997)",
    ),
    also_wrong=(
        lambda photos, probes, practice: torch.ones(len(probes), dtype=torch.bool),
        lambda photos, probes, practice: torch.zeros(len(probes), dtype=torch.bool),
        lambda photos, probes, practice: probes @ photos.mean(0),
        lambda photos, probes, practice: (
            (said := probes @ photos.mean(0)) >= said.topk(3).values[-1]
        ),
    ),
    praise="A door for people who came after everything was built, tried on people nobody has met.",
)

EXERCISES = collect("05", globals())
