"""Lesson 01, background: its exercises."""

import math
import random
from functools import cache

import torch
from torch import Tensor

from facecourse.kit.checkers import as_numbers, function, number, run, tensor
from facecourse.kit.exercise import Checker, Exercise, collect
from facecourse.kit.faces import choose_faces
from facecourse.kit.protocol import open_people, score_pairs
from facelib.measure import Verification
from facelib.models.classical import lbp_histograms

confusion = Exercise(
    prompt="Anna's precision and recall, two shares.",
    starter="anna = ____",
    hints=(
        "Precision looks down Anna's column: of those called Anna, how many are Anna?",
        "Recall looks along her row: of Anna's pictures, how many are called Anna?",
    ),
    answer="anna = [8 / (8 + 4 + 0), 8 / (8 + 1 + 1)]",
    checker=tensor(
        torch.tensor([8 / 12, 8 / 10]),
        tolerance=5e-3,
        reasons=[
            (torch.tensor([8 / 10, 8 / 12]), "The other way round: precision first."),
            (torch.tensor([24 / 30, 24 / 30]), "That is the accuracy of all three people."),
            (torch.tensor([0.6, 0.6]), "That is Ben's recall; Anna is in the first row."),
        ],
    ),
    praise="Ten of hers, eight found (80 %); twelve called so, eight rightly (67 %).",
    context={"table": torch.tensor([[8, 1, 1], [4, 6, 0], [0, 0, 10]])},
)


def _make_scores(seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    same = torch.arange(240) < 40
    return torch.randn(240, generator=generator, dtype=torch.float64) + 2 * same, same


tar = Exercise(
    points=3,
    prompt="The largest TAR of any threshold that accepts at most the share `far` of impostors.",
    starter="""\
def tar_at(scores, same, far):
    impostors = scores[~same].sort(descending=True).values
    return ____""",
    hints=(
        "`int(far * len(impostors))` impostors may pass; the next one must stay outside.",
        "Its score is `impostors[allowed]`. Which share of `scores[same]` lies above it?",
    ),
    answer="""\
def tar_at(scores, same, far):
    impostors = scores[~same].sort(descending=True).values
    allowed = int(far * len(impostors))
    return (scores[same] > impostors[allowed]).double().mean()""",
    checker=function(
        lambda scores, same, far: Verification(scores, same).tar_at(far),
        *((*_make_scores(seed), far) for seed, far in ((3, 0.013), (1, 0.1), (2, 0.01))),
    ),
    slips={
        "> impostors -> <= impostors": "That is the share that is turned away.",
        "> impostors[allowed] -> >= impostors[allowed - 1]": "Your threshold is the last impostor "
        "who passes. It may lie lower: just above the first who must stay out.",
        "scores[same] -> scores": "That counts all pairs. Only genuine ones, `scores[same]`, make "
        "the TAR.",
        "scores[~same] -> scores": "The threshold comes from the impostors alone.",
    },
    praise="Two lines, and they agree with `Verification.tar_at`.",
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
        tolerance=5e-5,
        reasons={
            0.009: "Are these the odds, true over false, or rounded? Divide by all alarms, true "
            "ones too, and give another digit.",
            0.9: "That is the TAR. How likely is the wanted person, given an alarm?",
            0.99: "The false alarms come from 9,999 people, not from one.",
            0.89: "That is in per cent. Give a share between 0 and 1.",
            0.989: "The false alarms come from 9,999 people, not from one.",
        },
    ),
    also_wrong=(0.01 * 9_999,),
    praise="Under 1 %: of 101 people stopped, 100 are innocent.",
)

FAR, DEALS, HELD = 0.01, 100, 70
LEAST_TAR = {"orl": 0.54, "synthetic": 0.25}  # LBP tells drawn people apart less well


@cache
def _score_all() -> tuple[Tensor, Tensor, Tensor]:
    """Scores of all pairs of photographs of s1 to s20, by LBP, and their people."""
    faces = open_people()
    return score_pairs(torch.from_numpy(lbp_histograms(faces.images)), faces)


def _pair_up(people: Tensor) -> tuple[Tensor, Tensor]:
    scores, left, right = _score_all()
    shown = torch.isin(left, people) & torch.isin(right, people)
    return scores[shown].double(), (left == right)[shown]


def _judge_door(answer: object) -> str | None:
    """Choose by ten of s1 to s20, measure on the other ten, over the same hundred deals each time.

    The scores are stretched and moved by another amount at each check, as if by another recogniser.
    The bars refuse the highest impostor score and the genuine median as thresholds.
    """
    chance = random.SystemRandom()
    scale, move = chance.uniform(1, 3), chance.uniform(-2, 2)
    generator = torch.Generator().manual_seed(1)
    held, tars, least = 0, [], LEAST_TAR[choose_faces()]
    for _ in range(DEALS):
        ten, others = torch.randperm(20, generator=generator).view(2, 10)
        scores, known = _pair_up(ten)
        (found,) = run(answer, (scale * scores + move, known))
        limit = as_numbers(found)
        if limit.numel() != 1 or math.isnan(limit.item()):
            return "One threshold is wanted, a number on the scale of `scores`."
        fresh, same = _pair_up(others)
        accepted = scale * fresh + move >= limit.item()
        held += int(accepted[~same].double().mean() <= FAR)
        tars.append(accepted[same].double().mean().item())
    mean = sum(tars) / DEALS
    if held < HELD:
        return (
            f"On the other ten a FAR of 1 % holds in {held} of {DEALS} deals; {HELD} are wanted. "
            "What held for the ten who chose it needs a margin for the next ten."
        )
    if mean < least:
        return (
            f"The FAR holds in {held} of {DEALS} deals, but only {mean:.1%} of the genuine pairs "
            f"are accepted; {least:.0%} are wanted."
        )
    return None


door = Exercise(
    points=3,
    prompt="A threshold that keeps FAR at 1 % on people it was not chosen on.",
    starter="""\
def set_threshold(scores, same):
    return ____""",
    hints=(
        "Start with the threshold that lets in 1 % of the impostors in `scores`. What does the "
        "check say?",
        "Aim lower than you promise: a tenth of it, say. But each step turns away genuine pairs.",
    ),
    answer="""\
def set_threshold(scores, same):
    impostors = scores[~same].sort(descending=True).values
    allowed = int(0.001 * len(impostors))
    return impostors[allowed]""",
    checker=Checker(_judge_door),
    also_wrong=(
        lambda scores, same: scores[~same].quantile(0.99),
        lambda scores, same: scores[~same].max(),
        lambda scores, same: scores[same].median(),
        lambda scores, same: (scores[same].mean() + scores[~same].mean()) / 2,
        lambda scores, same: 0.8,
    ),
    praise="It holds on people who had no part in choosing it, and the door still opens.",
)

EXERCISES = collect("01", globals())
