"""Lesson 01, background: its exercises."""

from __future__ import annotations

from facecourse.kit.checkers import choice, number, truth
from facecourse.kit.exercise import Exercise, collect

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
            0.9: "That is the TAR. How likely is the wanted person, given an alarm?",
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
