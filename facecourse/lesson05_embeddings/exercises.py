"""Lesson 05, face embeddings: its exercises and quizzes."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import normalize, one_hot

from facecourse.kit.charts import side_by_side
from facecourse.kit.checkers import draw_normal, function, number, tensor
from facecourse.kit.exercise import Exercise, collect
from facecourse.kit.quiz import NumberQuiz, Quiz

_PROBES, _FACES = draw_normal(3, 8, seed=0), draw_normal(5, 8, seed=1)

cosines = Exercise(
    prompt="Return the cosine of every row of probes with every row of faces.",
    starter="def cosines(probes, faces):\n    return ____",
    hints=(
        "Give every row the length one first: divide it by `row.norm()`. `dim=1` takes each row, "
        "and `keepdim=True` keeps a column to divide by.",
        "A matrix product with the faces transposed (`.T`) takes all dot products at once.",
    ),
    answer=(
        "def cosines(probes, faces):\n"
        "    probes = probes / probes.norm(dim=1, keepdim=True)\n"
        "    faces = faces / faces.norm(dim=1, keepdim=True)\n"
        "    return probes @ faces.T"
    ),
    checker=function(
        lambda probes, faces: normalize(probes) @ normalize(faces).T,
        (_PROBES, _FACES),
        (10 * _FACES, _PROBES),
        reasons=[
            (lambda p, f: p @ f.T, "Those are dot products: long embeddings get high scores."),
            (lambda p, f: normalize(p) @ f.T, "The faces still have lengths of their own."),
            (lambda p, f: p @ normalize(f).T, "The probes still have lengths of their own."),
            (
                lambda p, f: normalize(p, dim=0) @ normalize(f, dim=0).T,
                "You gave the *columns* the length one. A face is a row: `dim=1`.",
            ),
            (lambda p, f: normalize(f) @ normalize(p).T, "Transposed: each probe needs a row."),
        ],
        draw=side_by_side,
    ),
    also_wrong=(lambda probes, faces: torch.cosine_similarity(probes[:3], faces[:3]),),
    praise="Lengths are gone, and one product compares everybody with everybody.",
)


def _cosface(cosine: Tensor, person: Tensor, margin: float, scale: float) -> Tensor:
    return scale * (cosine - margin * one_hot(person, cosine.shape[1]))


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
    answer=(
        "def cosface(cosine, person, margin, scale):\n"
        "    right = torch.nn.functional.one_hot(person, cosine.shape[1])\n"
        "    return scale * (cosine - margin * right)"
    ),
    checker=function(
        _cosface,
        (_COSINE, _NAMES, 0.35, 30.0),
        (draw_normal(3, 5, seed=2).tanh(), torch.tensor([0, 3, 1]), 0.2, 10.0),
        reasons=[
            (
                lambda c, p, m, s: _cosface(c, p, -m, s),
                "You made it *easier*: take the margin away.",
            ),
            (lambda c, p, m, s: _cosface(c, p, m / s, s), "Take it away before you scale."),
            (lambda c, p, m, s: s * (c - m), "Taken from everybody, softmax doesn't notice it."),
            (
                lambda c, p, m, s: _cosface(c, p, m, 1),
                "Unscaled, softmax can't be sure of anybody.",
            ),
        ],
        draw=side_by_side,
    ),
    also_wrong=(
        lambda cosine, person, margin, scale: scale * cosine,
        lambda cosine, person, margin, scale: scale * (cosine - margin * one_hot(person, 3)),
    ),
    praise="The right person has to win by the margin, and only while training.",
)

arcface = Exercise(
    prompt="The cosine that ArcFace gives the right person: add the margin to the angle.",
    starter="cosine = ____",
    hints=(
        "`math.acos` turns a cosine into an angle in radians, and the margin is in radians.",
        "From cosine to angle, add, and back by `math.cos`.",
    ),
    answer="cosine = math.cos(math.acos(0.6) + 0.5)",
    checker=number(
        math.cos(math.acos(0.6) + 0.5),
        tolerance=0.002,
        reasons={
            0.1: "You took it from the cosine; that is CosFace.",
            math.cos(math.acos(0.6) - 0.5): "The angle must grow, or it gets easier.",
            math.acos(0.6) + 0.5: "That is the angle. Take its cosine.",
            math.cos(math.acos(0.6) + math.radians(0.5)): "The margin is in radians, not degrees.",
        },
    ),
    praise="From 0.6 down to 0.143: an angle of 53 degrees counts as 82.",
)

_DISTANCES = torch.tensor([0.30, 0.45, 0.58, 0.61, 0.75, 0.85, 1.20])

semi_hard = Exercise(
    prompt="One for each negative that is semi-hard, zero for the others.",
    starter="mined = ____",
    hints=(
        "Semi-hard: farther than the positive, but not by the margin.",
        "Two comparisons joined by `&`: with the positive's distance, and with that plus margin.",
    ),
    answer="mined = ((distances > positive) & (distances < positive + margin)).float()",
    checker=tensor(
        torch.tensor([0.0, 0, 1, 1, 0, 0, 0]),
        reasons=[
            (torch.tensor([1.0, 1, 0, 0, 0, 0, 0]), "Those are hard: nearer than the positive."),
            (torch.tensor([1.0, 1, 1, 1, 0, 0, 0]), "Some of them are hard: leave those out."),
            (torch.tensor([0.0, 0, 1, 1, 1, 1, 1]), "The last ones are easy: farther by a margin."),
            (torch.tensor([0.0, 0, 0, 0, 1, 1, 1]), "Those are easy: farther by the margin."),
        ],
        draw=side_by_side,
    ),
    also_wrong=([0.58, 0.61],),
    praise="Two of seven teach; the others are too easy or pull everything together.",
    context={"distances": _DISTANCES, "positive": 0.5, "margin": 0.2},
)


detection = Exercise(
    prompt="The share of the six known probes that are named rightly *and* let in.",
    starter="rate = ____",
    hints=(
        "One of the five strangers may enter, not two: where must the threshold be?",
        "A little above the second highest stranger's 0.70. Who is right above it?",
    ),
    answer="rate = 3 / 6",
    checker=number(
        0.5,
        tolerance=1e-3,
        reasons={
            5 / 6: "That is top-1 among known people; the threshold turns some of them away.",
            4 / 6: "One of those above the threshold has the wrong name.",
            3 / 5: "Of all six known probes: the misnamed one counts, as a failure.",
            50: "As a share, please: a number from 0 to 1.",
            1 / 6: "Your threshold is higher than it need be: just above 0.70 one stranger enters.",
        },
    ),
    praise="Five of six in a closed set, three of six with strangers at the door.",
)


newcomer = Quiz(
    "A new colleague joins a company whose door uses a trained face embedding. What has to be "
    "trained?",
    {
        "the whole network": "It has learnt what makes people differ, not who they are.",
        "the last layer, with one more output": "That is a classifier. An embedding has no output "
        "for each person.",
        "nothing": "Nothing: one photograph is embedded, and its numbers are stored.",
        "the threshold": "It was chosen once, on other people; one more hardly moves it.",
    },
    right="c",
)

lists = Quiz(
    "Which of these losses keep one direction of weights for each training person, so that the "
    "people must be the same in the whole training?",
    {
        "softmax": "A classifier's last layer has a row of weights for each person.",
        "triplet": "A triplet needs three photographs and no list of people.",
        "CosFace": "CosFace compares with a learnt direction for each person.",
        "contrastive": "It compares the photographs of a batch with each other.",
        "ArcFace": "ArcFace compares with a learnt direction for each person.",
    },
    right="a, c, e",
)

strangers = NumberQuiz(
    "Each comparison of a stranger with an enrolled person is a false match once in 10,000 times. "
    "The stranger is compared with 1,000 people. How likely is at least one false match, in per "
    "cent, if comparisons were independent?",
    wanted=100 * (1 - (1 - 1e-4) ** 1000),
    tolerance=0.1,
    unit="%",
    reasons={
        0.01: "That is a single comparison. There are 1,000.",
        10: "Nearly: that adds up chances. Take 1 less the chance that all 1,000 go well.",
        90.5: "That is the chance that nothing happens.",
        0.095: "In per cent: a hundred times as much.",
        9.0: "Nearly: 1 - (1 - 1/10,000) to the power of 1,000.",
    },
    praise="About 9.5 %: the same threshold lets in more strangers, the more people are enrolled.",
)

crops = Quiz(
    "A door used to accept 95 of 100 rightful attempts. A new eye detector is installed, and now "
    "it is 80, with the same network and threshold. What would you look at first?",
    {
        "the threshold": "Lower it, and more strangers enter. It isn't what has changed.",
        "where the crops lie": "The network learnt from eyes at certain places; a detector that "
        "puts them elsewhere feeds it other faces.",
        "the margin of the loss": "It was only used in training.",
        "the number of enrolled people": "Verification compares two faces, however many there are.",
    },
    right="b",
)

EXERCISES, QUIZZES = collect("05", globals())
