"""Lesson 06, distillation: its exercises, and the student that is yours to build."""

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize, softmax

from facecourse.kit.charts import side_by_side
from facecourse.kit.checkers import draw_normal, function
from facecourse.kit.exercise import Checker, Exercise, collect
from facecourse.lesson06_distillation.budget import build_hiding, build_rival, judge_student
from facelib.compress import SoftTargets

_TAUGHT, _LOGITS = 2 * draw_normal(4, 5, seed=0), 2 * draw_normal(4, 5, seed=1)
_PERSON = torch.tensor([2, 0, 4, 1])

soften = Exercise(
    prompt="Return softmax of the logits at a temperature, a row of probabilities for each face.",
    starter="def soften(logits, temperature):\n    return ____",
    hints=(
        "The temperature comes before the softmax, not after it.",
        "`torch.softmax(numbers, dim=1)` takes each row; divide the logits first.",
    ),
    answer="""\
def soften(logits, temperature):
    return torch.softmax(logits / temperature, dim=1)""",
    checker=function(
        lambda logits, temperature: softmax(logits / temperature, 1),
        (_TAUGHT, 4.0),
        (_LOGITS, 0.5),
        draw=side_by_side,
    ),
    slips={
        "logits / temperature -> logits": "The temperature is missing.",
        "dim=1) -> dim=1) / temperature": "Divided afterwards, the rows don't add up to 1.",
        "logits / -> logits *": "That sharpens: a temperature *divides* the logits.",
        "dim=1 -> dim=0": "You went down columns. A face is a row: `dim=1`.",
        "torch.softmax -> torch.log_softmax": "Those are the logarithms of the probabilities.",
    },
    praise="The order stays, the differences shrink: who is second becomes visible.",
)


distil_loss = Exercise(
    points=3,
    prompt="Return the loss: both parts, each with its weight, and T squared where it belongs.",
    starter="def distil_loss(logits, taught, person, temperature, weight):\n    return ____",
    hints=(
        "Three parts: the cross-entropy with `person`; `log_softmax` of the student's logits over "
        "the temperature; `softmax` of the teacher's.",
        '`kl_div(log_q, p, reduction="batchmean")` adds up over people and averages over faces.',
        "`weight` times the temperature squared goes to the divergence, the rest to the names.",
    ),
    answer="""\
def distil_loss(logits, taught, person, temperature, weight):
    hard = torch.nn.functional.cross_entropy(logits, person)
    log_q = torch.log_softmax(logits / temperature, dim=1)
    p = torch.softmax(taught / temperature, dim=1)
    soft = torch.nn.functional.kl_div(log_q, p, reduction="batchmean")
    return (1 - weight) * hard + weight * temperature**2 * soft""",
    checker=function(
        lambda z, v, y, t, w: SoftTargets(t, w)(z, (v, y)),
        (_LOGITS, _TAUGHT, _PERSON, 4.0, 0.9),
        (_TAUGHT, _LOGITS, _PERSON, 2.0, 0.3),
    ),
    slips={
        " * temperature**2 -> ": "T squared is missing: at T = 4 the teacher would count a "
        "sixteenth.",
        "temperature**2 -> temperature": "T *squared*: both factors, of the slope and the rows.",
        "(logits, person) -> (logits / temperature, person)": "The names are learnt at temperature "
        "1: divide the logits in the other part only.",
        "(1 - weight) * hard + weight * -> weight * hard + (1 - weight) *": "Swapped: `weight` is "
        "the teacher's.",
        "(1 - weight) * hard + weight * -> hard +": "Both parts are there, and neither has its "
        "weight.",
        "logits / temperature, dim=1)\n    p = torch.softmax(taught "
        "-> taught / temperature, dim=1)\n    p = torch.softmax(logits": "The other way round: the "
        "teacher's probabilities are p, which weigh.",
        "temperature**2 * soft -> temperature**2 * soft / logits.shape[1]": "Averaged over people, "
        'too: take `reduction="batchmean"`.',
    },
    praise="Hinton's loss; `SoftTargets` is the same, and tests say so.",
)


def _cosines(codes: Tensor) -> Tensor:
    return normalize(codes) @ normalize(codes).T


relate = Exercise(
    prompt="Return the mean squared difference of two tables of cosines, student's and teacher's.",
    starter="def relate(student, teacher):\n    return ____",
    hints=(
        "A table holds the cosine of each face of the batch with each other, as in lesson 05.",
        "Give every row the length one with `torch.nn.functional.normalize`; then `a @ a.T`.",
        "Subtract one table from the other, `.square()`, and `.mean()` over all of it.",
    ),
    answer="""\
def relate(student, teacher):
    a, b = (torch.nn.functional.normalize(codes) for codes in (student, teacher))
    return (a @ a.T - b @ b.T).square().mean()""",
    checker=function(
        lambda student, teacher: (_cosines(student) - _cosines(teacher)).square().mean(),
        (draw_normal(6, 8, seed=2), draw_normal(6, 8, seed=3)),
        (draw_normal(5, 4, seed=4), draw_normal(5, 8, seed=5)),
    ),
    slips={
        "torch.nn.functional.normalize(codes) -> codes": "Those are dot products: give the "
        "embeddings the length one first.",
        ".square() -> .abs()": "Squares are wanted: a pair that is far off should count most.",
        ".square() -> ": "Too high and too low cancel: square the differences first.",
        ".mean() -> .sum()": "The sum grows with the batch: take the mean.",
    },
    praise="It does not notice if all embeddings turn together, and they may differ in length: "
    "the pairs are kept, the teacher's gallery is not.",
)

student = Exercise(
    points=3,
    prompt="Build a student of at most 20,000 bytes that, once taught, comes near to the teacher.",
    starter="def build():\n    return ____",
    hints=(
        "Three convolutions with `stride=2`, each with batch norm and ReLU, leave 4 x 4 places. "
        "A convolution has 9 x inputs x outputs weights.",
        "`nn.Linear(128, 128)` alone takes 65,536 bytes. Two of them through 13 numbers, "
        "`nn.Linear(128, 13)` and `nn.Linear(13, 128)`, take a fifth.",
        "Do not average over all places (where something is tells who it is), and put an "
        "`nn.BatchNorm1d` between the two linear layers.",
    ),
    answer="""\
def build():
    layers, channels = [], 1
    for width in (6, 10, 8):
        layers += [nn.Conv2d(channels, width, 3, stride=2, padding=1, bias=False)]
        layers += [nn.BatchNorm2d(width), nn.ReLU()]
        channels = width
    thin = nn.Linear(128, 13, bias=False), nn.BatchNorm1d(13), nn.Linear(13, 128)
    return nn.Sequential(*layers, nn.Flatten(), *thin)""",
    checker=Checker(judge_student),
    slips=(
        "(6, 10, 8) -> (16, 32, 8)",  # too large
        "13, bias=False), nn.BatchNorm1d(13), nn.Linear(13 -> "
        "1, bias=False), nn.BatchNorm1d(1), nn.Linear(1",  # too narrow
        "*thin -> nn.Unflatten(1, (8, 4, 4)), nn.AdaptiveAvgPool2d(1), nn.Flatten(), "
        "nn.Linear(8, 128)",  # forgets where things were
    ),
    also_wrong=(
        lambda: nn.Sequential(nn.Flatten(), nn.Linear(1024, 128)),  # one layer eats it all
        lambda: nn.Sequential(nn.Flatten(), nn.Linear(1024, 4), nn.Linear(4, 128)),
        build_rival,
        build_hiding,  # weighs more than it says
        nn.Linear(1024, 128),
        lambda: build_rival,
        lambda: nn.Sequential(nn.Flatten(), nn.Linear(1024, 4)),
    ),
    praise="A network of five thousand weights says where in 128 dimensions a face lies.",
)

EXERCISES = collect("06", globals())
