"""Lesson 10, robustness, fairness, privacy: its exercises and quizzes."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from facecourse.kit.checkers import draw_normal, function, number, tensor
from facecourse.kit.exercise import Exercise, collect
from facecourse.kit.quiz import NumberQuiz, Quiz


def _shares(*happened: Tensor) -> Tensor:
    return torch.stack([each.double().mean() for each in happened])


rates = Exercise(
    prompt="Return FMR and FNMR at a threshold: a score of the threshold or more is accepted.",
    starter="def rates(scores, same, threshold):\n    return ____",
    hints=(
        "FMR looks at impostor pairs alone, FNMR at genuine pairs alone.",
        "`scores[same]` are the genuine ones, `scores[~same]` the others; the mean of truth "
        "values, as `.double().mean()`, is a share.",
    ),
    answer=(
        "def rates(scores, same, threshold):\n"
        "    accepted = (scores >= threshold).double()\n"
        "    return torch.stack([accepted[~same].mean(), 1 - accepted[same].mean()])"
    ),
    checker=function(
        lambda scores, same, at: _shares(scores[~same] >= at, scores[same] < at),
        (draw_normal(40, seed=0), draw_normal(40, seed=1) > 0.5, 0.6),
        (draw_normal(40, seed=2), draw_normal(40, seed=3) > 0.5, -0.3),
        (torch.tensor([0.25, 0.5, 0.5, 0.75]), torch.tensor([True, True, False, False]), 0.5),
        reasons=[
            (
                lambda s, same, at: _shares(s[same] < at, s[~same] >= at),
                "These are FNMR and FMR: the other order is asked for.",
            ),
            (
                lambda s, same, at: _shares((s >= at) & ~same, (s < at) & same),
                "You divide by all pairs. FMR is a share of the impostor pairs, FNMR one of the "
                "genuine pairs.",
            ),
            (
                lambda s, same, at: _shares(s[~same] >= at, s[same] >= at),
                "The second is the TAR, which is 1 - FNMR.",
            ),
            (
                lambda s, same, at: _shares(s[~same] > at, s[same] <= at),
                "A score that equals the threshold is accepted: `>=`.",
            ),
        ],
    ),
    also_wrong=(lambda s, same, at: None,),
    praise="Applied to each group by itself, this is all that a fairness audit counts.",
)

breaks = Exercise(
    prompt="The blur at which this TAR falls below nine tenths, on a straight line between two "
    "of its five points.",
    starter="blur = ____",
    hints=(
        "It falls below 0.9 between 2 and 3 pixels.",
        "Of the way from 0.94 down to 0.82, which part leads to 0.9?",
    ),
    answer="blur = 2 + (0.94 - 0.9) / (0.94 - 0.82)",
    checker=number(
        2 + 0.04 / 0.12,
        tolerance=0.01,
        reasons={
            2: "At 2 it is still 0.94.",
            3: "At 3 it is 0.82 already. The line crosses 0.9 before.",
            2.5: "Half way it is 0.88.",
            2 + 2 / 3: "That is counted from the other end.",
        },
    ),
    praise="One number for a curve: good for a table, as long as the curve stands beside it.",
)

counts = torch.tensor([5.0, 5.0, 2.0, 1.0, 1.0, 1.0])

weights = Exercise(
    prompt="Weights for the loss of each person, in inverse proportion to `counts`, such that the "
    "mean weight of all 15 photographs is 1.",
    starter="weights = ____",
    hints=(
        "In inverse proportion: some number divided by `counts`.",
        "Each person's photographs then weigh as much as anybody's, and together they weigh 15.",
    ),
    answer="weights = counts.sum() / (len(counts) * counts)",
    checker=tensor(
        counts.sum() / (len(counts) * counts),
        reasons=[
            (1 / counts, "In the right proportion, but the photographs' mean is not 1."),
            (
                counts / counts.sum(),
                "That gives those who have many photographs still more weight.",
            ),
            (
                len(counts) / counts / (1 / counts).sum(),
                "The mean over people is 1. Over photographs it is not: weigh by `counts`.",
            ),
        ],
    ),
    also_wrong=(torch.ones(6),),
    praise="A person with one photograph counts five times as much as one with five, per picture.",
    context={"counts": counts},
)

searched = Exercise(
    prompt="How many false alarms a day, if nobody of the list passes?",
    starter="alarms = ____",
    hints=(
        "Every passer-by is compared with everybody on the list.",
        "Comparisons a day, times the share of them that is falsely accepted.",
    ),
    answer="alarms = 20_000 * 500 * 0.0001",
    checker=number(
        1000,
        tolerance=30,
        reasons={
            2: "That is one comparison a passer-by. Each is compared with all 500.",
            100_000: "0.01 % is 0.0001.",
            0.05: "That is the expected number for one passer-by.",
            10_000_000: "Those are the comparisons. Which share of them is accepted?",
        },
    ),
    praise="A thousand people stopped for nothing, every day. (More exactly 975 of them, for some "
    "are taken for two of the list.)",
)

losses = torch.tensor([0.02, 0.05, 0.31, 0.04, 0.90, 0.03, 1.20, 0.45, 0.07, 2.10])
member = torch.tensor([1, 1, 0, 1, 0, 1, 0, 1, 0, 0], dtype=torch.bool)


advantage = Exercise(
    prompt="The share of members who are found by their low loss, minus the share of others who "
    "are taken for members.",
    starter="advantage = ____",
    hints=(
        "`losses < 0.2` is his guess for each of ten photographs.",
        "Of five members he finds four. Of five others he accuses one.",
    ),
    answer=(
        "advantage = (losses < 0.2)[member].double().mean() "
        "- (losses < 0.2)[~member].double().mean()"
    ),
    checker=number(
        0.8 - 0.2,
        tolerance=1e-4,
        reasons={
            0.8: "That is how many members he finds. Take away whom he accuses wrongly.",
            -0.6: "The other way round: members minus others.",
            0.3: "Divide each count by its own five, not by all ten.",
            0.2: "That is the share of others that he accuses.",
        },
    ),
    also_wrong=(math.nan,),
    praise="0 is a guess, 1 certainty: the membership advantage of Yeom et al. (2018).",
    context={"losses": losses, "member": member},
)


one_threshold = Quiz(
    "At one threshold for everybody, the impostor pairs of one group are accepted ten times as "
    "often as those of another. What does that mean for somebody of the first group?",
    {
        "others of the group can more easily pass for him": "Each impostor of his own group does.",
        "he is rejected more often himself": "That is the FNMR. Often it is the lower one then.",
        "a search for somebody else finds him more often by mistake": "In a search a false match "
        "stops an innocent person.",
        "nothing, as the mean over all groups is right": "The mean is nobody's rate.",
    },
    right="a, c",
)

synthetic = Quiz(
    "What can groups of people who don't exist tell about a face recogniser?",
    {
        "whether a compression step harms one of them more than another": "The same people "
        "stand before and after the step, so that a change is its doing, for these rendered faces.",
        "how it treats groups of real people": "Only a test on them, with their consent, can.",
        "that it is fair": "No test of some groups at one place shows that.",
        "which group of real people it serves worst": "The generator's faces differ from theirs "
        "in more than can be seen.",
    },
    right="a",
)

loading = Quiz(
    "Which of these can run somebody else's code while it reads a file of weights?",
    {
        "pickle.load": "It calls whatever the file tells it to call.",
        "torch.load with weights_only=False": "That is pickle.",
        "torch.load as it is by default, since 2.6": "It refuses what isn't a tensor or a plain "
        "container of them.",
        "safetensors.torch.load_file": "Its files hold numbers and names, and nothing to call.",
    },
    right="a, b",
)

rule_of_three = NumberQuiz(
    "Nobody of 300 independent people was rejected. Up to which FNMR, in percent, is that "
    "compatible with chance, at a confidence of 95 % on one side? (The rule of three: 3 / n.)",
    wanted=1.0,
    tolerance=0.05,
    unit="%",
    reasons={
        0: "None in 300 doesn't mean never.",
        0.33: "That is 1 / n: one who was nearly seen.",
        5: "That is the chance that is left to error, not the rate.",
        100: "As a share it is 3 / 300.",
    },
    praise="So two groups without an error may still differ by as much.",
)

EXERCISES, QUIZZES = collect("10", globals())
