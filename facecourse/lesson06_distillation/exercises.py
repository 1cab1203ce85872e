"""Lesson 06, distillation: its exercises and quizzes."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity, cross_entropy, kl_div, log_softmax, softmax

from facecourse.kit.charts import side_by_side
from facecourse.kit.checkers import draw_normal, function, number
from facecourse.kit.exercise import Exercise, collect
from facecourse.kit.quiz import NumberQuiz, Quiz

_TAUGHT, _LOGITS = 2 * draw_normal(4, 5, seed=0), 2 * draw_normal(4, 5, seed=1)
_PERSON = torch.tensor([2, 0, 4, 1])

soften = Exercise(
    prompt="Return softmax of the logits at a temperature, a row of probabilities for each face.",
    starter="def soften(logits, temperature):\n    return ____",
    hints=(
        "The temperature comes before the softmax, not after it.",
        "`torch.softmax(numbers, dim=1)` takes each row; divide the logits first.",
    ),
    answer=(
        "def soften(logits, temperature):\n    return torch.softmax(logits / temperature, dim=1)"
    ),
    checker=function(
        lambda logits, temperature: softmax(logits / temperature, 1),
        (_TAUGHT, 4.0),
        (_LOGITS, 0.5),
        reasons=[
            (lambda z, t: softmax(z, 1), "The temperature is missing."),
            (lambda z, t: softmax(z, 1) / t, "Divided afterwards, the rows don't add up to 1."),
            (lambda z, t: softmax(z * t, 1), "That sharpens: a temperature *divides* the logits."),
            (lambda z, t: softmax(z / t, 0), "You went down columns. A face is a row: `dim=1`."),
            (lambda z, t: log_softmax(z / t, 1), "Those are the logarithms of the probabilities."),
        ],
        draw=side_by_side,
    ),
    also_wrong=(lambda logits, temperature: logits / temperature,),
    praise="The order stays, the differences shrink: who is second becomes visible.",
)

divergence = Exercise(
    prompt="The KL divergence of the student from the teacher, with the natural logarithm.",
    starter="nats = ____",
    hints=(
        "Add up teacher * log(teacher / student) over the three people.",
        "`math.log` is natural. 0.7 log(0.7 / 0.5) is the first of three terms.",
    ),
    answer=("nats = sum(t * math.log(t / s) for t, s in zip([0.7, 0.2, 0.1], [0.5, 0.25, 0.25]))"),
    checker=number(
        0.7 * math.log(0.7 / 0.5) + 0.2 * math.log(0.2 / 0.25) + 0.1 * math.log(0.1 / 0.25),
        tolerance=5e-4,
        reasons={
            0.5 * math.log(0.5 / 0.7) + 0.25 * math.log(0.25 / 0.2) + 0.25 * math.log(0.25 / 0.1): (
                "The other way round: the teacher's probabilities weigh the logarithms."
            ),
            -(0.7 * math.log(0.5) + 0.2 * math.log(0.25) + 0.1 * math.log(0.25)): (
                "That is the cross-entropy: it stays above 0 for a student that says the same."
            ),
            -(0.7 * math.log(0.7) + 0.2 * math.log(0.2) + 0.1 * math.log(0.1)): (
                "That is the teacher's own entropy, without the student."
            ),
        },
    ),
    praise="0 only if both say the same; then there is nothing left to learn.",
)


def _loss(logits: Tensor, taught: Tensor, person: Tensor, temperature: float, weight: float):
    soft = kl_div(
        log_softmax(logits / temperature, 1), softmax(taught / temperature, 1),
        reduction="batchmean",
    )  # fmt: skip
    return (1 - weight) * cross_entropy(logits, person) + weight * temperature**2 * soft


_DISTIL = (
    "def distil(logits, taught, person, temperature, weight):\n"
    "    hard = torch.nn.functional.cross_entropy(logits, person)\n"
    "    student = torch.log_softmax(logits / temperature, dim=1)\n"
    "    teacher = torch.softmax(taught / temperature, dim=1)\n"
    '    soft = torch.nn.functional.kl_div(student, teacher, reduction="batchmean")\n'
    "    return ____"
)

distil = Exercise(
    prompt="Return the loss: both parts, each with its weight, and T squared where it belongs.",
    starter=_DISTIL,
    hints=(
        "`weight` goes to what the teacher says, the rest to the names.",
        "The soft part's gradient is smaller by the temperature squared: multiply by it.",
    ),
    answer=_DISTIL.replace("____", "(1 - weight) * hard + weight * temperature**2 * soft"),
    checker=function(
        _loss,
        (_LOGITS, _TAUGHT, _PERSON, 4.0, 0.9),
        (_TAUGHT, _LOGITS, _PERSON, 2.0, 0.3),
        reasons=[
            (
                lambda z, v, y, t, w: (
                    _loss(z, v, y, t, w / t**2) + (w / t**2 - w) * cross_entropy(z, y)
                ),
                "T squared is missing: at T = 4 the teacher would count a sixteenth.",
            ),
            (lambda z, v, y, t, w: _loss(z, v, y, t, 1 - w), "Swapped: `weight` is the teacher's."),
            (
                lambda z, v, y, t, w: cross_entropy(z, y) + _loss(z, v, y, t, 1),
                "Both parts are there, and neither has its weight.",
            ),
        ],
    ),
    also_wrong=(
        lambda z, v, y, t, w: cross_entropy(z, y),
        lambda z, v, y, t, w: _loss(z, v, y, t, 1),
        lambda z, v, y, t, w: _loss(z, v, y, t, w) / t**2,
    ),
    praise="Hinton's loss, in one line; `SoftTargets` is the same, and tests say so.",
)

follow = Exercise(
    prompt="Return one number: 1 minus the cosine of the two embeddings of each face, on average.",
    starter="def follow(student, teacher):\n    return ____",
    hints=(
        "`torch.cosine_similarity(a, b, dim=1)` compares row by row.",
        "Take it from 1, then the mean over the faces.",
    ),
    answer=(
        "def follow(student, teacher):\n"
        "    return (1 - torch.cosine_similarity(student, teacher, dim=1)).mean()"
    ),
    checker=function(
        lambda student, teacher: (1 - cosine_similarity(student, teacher, 1)).mean(),
        (_LOGITS, _TAUGHT),
        (3 * _TAUGHT, _TAUGHT),
        (_TAUGHT, -_TAUGHT),
        reasons=[
            (lambda s, t: cosine_similarity(s, t, 1).mean(), "A loss must fall: take it from 1."),
            (lambda s, t: 1 - cosine_similarity(s, t, 1), "A number for each face: take the mean."),
            (lambda s, t: (s - t).square().mean(), "There lengths count; only directions should."),
            (lambda s, t: (1 - cosine_similarity(s, t, 0)).mean(), "Embeddings are rows: `dim=1`."),
        ],
    ),
    also_wrong=(
        lambda student, teacher: (1 - cosine_similarity(student, teacher, 1).abs()).mean(),
        lambda student, teacher: (1 - cosine_similarity(student, teacher, 1).clamp(min=0)).mean(),
    ),
    praise="No name appears in it: any picture of a face will do, of anybody or of nobody.",
)

shrunk = Exercise(
    prompt="By which number the soft part must be multiplied at T = 4 to make up for both factors.",
    starter="times = ____",
    hints=(
        "One T comes from the derivative of logits / T.",
        "The other one: the two distributions come closer, by about as much.",
    ),
    answer="times = 4 * 4",
    checker=number(
        16,
        reasons={
            4: "That is the derivative of logits / T; the distributions differ less, too.",
            1 / 16: "That would make it smaller still.",
            24: "That is the table's ratio of T = 1 to T = 4. At high T the rule is T squared.",
            8: "Multiplied, not added: T times T.",
            256: "T squared, once.",
        },
    ),
    praise="So a weight chosen at one temperature stays right at another.",
)


named = Quiz(
    "An article calls a teacher that trains a student by its soft labels *knowledge representation "
    "learning* (知识表示学习). What is meant?",
    {
        "knowledge distillation": "知识蒸馏. Knowledge representation learning embeds graphs of "
        "facts (who was born where), with neither teacher nor student.",
        "representation learning": "That is learning features, as lesson 05's embeddings, with or "
        "without a teacher.",
        "transfer learning": "There weights are carried over; here only what the teacher says.",
        "knowledge graphs": "Facts as arrows between things: no teacher, no soft label.",
    },
    right="a",
)

needs = Quiz(
    "What does a student need to learn by the loss of exercise 5?",
    {
        "the names of the people": "The loss compares two embeddings of one picture, no names.",
        "the teacher's training pictures": "Others will do, if they are like those to come.",
        "pictures of faces": "And a teacher that can be asked about them.",
        "as many outputs as the teacher": "The two embeddings are compared number by number.",
    },
    right="c, d",
)

gone = Quiz(
    "A teacher says Ann of every photograph of Eve. A student is shown them and learns from soft "
    "targets alone, weight 1. Whom will it see in Eve?",
    {
        "Ann": "It has nothing else to go by: a teacher's faults are taught as well.",
        "Eve": "From whom should it know? With weight 1 no name enters the loss.",
        "nobody in particular": "It is shown her, and told that she is Ann.",
        "a stranger": "Soft targets add up to 1: there is no probability for a stranger.",
    },
    right="a",
)

fewer = NumberQuiz(
    "A teacher has 1.16 million weights of 4 bytes, a student 116,000 weights of 1 byte. How many "
    "times smaller is the student's file?",
    wanted=40,
    tolerance=0.5,
    unit="times",
    reasons={
        10: "That counts weights; each of the student's takes a byte instead of four.",
        4: "That is the bytes a weight; there are fewer weights, too.",
        2.5: "The student has *fewer* bytes a weight: both factors multiply.",
    },
    praise="Two steps of the ladder multiply. Lesson 08 takes the second one.",
)

EXERCISES, QUIZZES = collect("06", globals())
