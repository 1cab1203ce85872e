"""The exercises of lesson 00, start here."""

from __future__ import annotations

import torch

from facecourse.kit.checkers import choice, number
from facecourse.kit.exercise import Exercise, collect

chance = Exercise(
    prompt="How often is a blind guess among 40 people right?",
    starter="chance_level = ____",
    hints=("Imagine 40 guesses: how many of them hit?", "One name of 40 is right: divide."),
    answer="chance_level = 1 / 40",
    checker=number(
        1 / 40,
        reasons={
            2.5: "That is in per cent. Give a share between 0 and 1.",
            0.5: "There are 40 names to choose from, not two.",
            40: "That is how many names there are; how often is a guess right?",
        },
    ),
    also_wrong=(1,),
    praise="1 in 40, or 2.5 %: what any recogniser has to beat.",
)

top1 = Exercise(
    prompt="Which share of `named` equals `truth`?",
    starter="top1 = ____",
    hints=(
        "`truth == named` is True where the recogniser was right.",
        "The mean of True and False, as numbers, is the share of True: `.double().mean()`.",
    ),
    answer="top1 = (truth == named).double().mean()",
    checker=number(
        0.6,
        reasons={
            3: "That is how many were right. Divide by how many there were.",
            0.4: "That is the share of mistakes.",
            60: "Give a share between 0 and 1, not per cent.",
        },
    ),
    praise="3 of 5.",
    context={"truth": torch.tensor([3, 1, 2, 2, 0]), "named": torch.tensor([3, 1, 1, 2, 2])},
)

memory = Exercise(
    prompt="memory or recognition?",
    starter="word = ____",
    hints=(
        "Had the network seen these very pictures before?",
        "A student who is examined on the very exercises they practised proves one thing only.",
    ),
    answer='word = "memory"',
    checker=choice(
        "memory",
        {"recognition": "It has seen these very pictures and names. Would it know a new one?"},
    ),
    also_wrong=("accuracy", "learning", 1),
    praise="Yes. Only pictures it has not seen can tell whether it recognises anyone.",
)

EXERCISES, QUIZZES = collect("00", globals())
