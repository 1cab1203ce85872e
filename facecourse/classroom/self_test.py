"""The self-test: ten questions on what the lessons take for granted, and what to prepare for.

`facelib class self-test` copies its notebook, whose source is notebooks/src/self_test.py.
"""

from __future__ import annotations

import math

import torch

from facecourse.kit import progress
from facecourse.kit.checkers import draw_normal, function, number, tensor
from facecourse.kit.exercise import Exercise, collect
from facelib.figures import show, subplots

shares = Exercise(
    prompt="Return a list with each one's share of all, in the order of the dict.",
    starter="def share_out(counts):\n    return ____",
    hints=(
        "`counts.values()` are the numbers, and `sum(...)` adds them up.",
        "A list is made of others by `[... for n in counts.values()]`.",
    ),
    answer="""\
def share_out(counts):
    total = sum(counts.values())
    return [n / total for n in counts.values()]""",
    checker=function(
        lambda counts: [n / sum(counts.values()) for n in counts.values()],
        ({"Ada": 3, "Ben": 1},),
        ({"Chen": 2, "Dina": 5, "Emil": 13},),
    ),
    slips={
        "n / total -> n": "Those are the counts. Divide each by the sum of all.",
        "n / total -> n / len(counts)": "You divide by how many names there are: divide by the sum "
        "of their counts.",
        "n / total -> 100 * n / total": "Those are per cent. Give shares between 0 and 1.",
    },
    praise="A function, a dict and a list: no lesson wants more Python than this and a loop.",
)

second = Exercise(
    prompt="Return everybody's second row: two rows in turn show one person.",
    starter="def take_second(rows):\n    return ____",
    hints=(
        "A slice is `rows[start:stop:step]`; what is left out is taken from the ends.",
        "Places 1, 3, 5, ... begin at 1 and go on by 2.",
    ),
    answer="def take_second(rows):\n    return rows[1::2]",
    checker=function(
        lambda rows: rows[1::2], (draw_normal(6, 3, seed=0),), (draw_normal(10, 2, seed=1),)
    ),
    slips={
        "1::2 -> ::2": "Those are everybody's *first* rows. Counting begins at 0.",
        "1::2 -> 1:2": "That is one row, from place 1 to before place 2. A second colon takes the "
        "step.",
        "1::2 -> 1:": "Those are all rows but the first: go on by 2.",
    },
    praise="So the lessons part the two photographs of each person.",
)

shape = Exercise(
    prompt="The shape of `images.flatten(1)`, a row for each image, as a list.",
    starter="flat = ____",
    hints=("The first dimension, the 200 images, stays.", "The others become one: multiply them."),
    answer="flat = [200, 1 * 56 * 46]",
    checker=tensor(
        torch.tensor([200, 2576]),
        reasons=[
            (torch.tensor([515_200]), "That is everything in one row. The 200 images stay apart."),
            (torch.tensor([200, 56, 46]), "That drops a dimension. One row an image is wanted."),
            (torch.tensor([200, 102]), "You added 56 and 46. How many pixels has a picture?"),
        ],
    ),
    praise="200 rows of 2,576 numbers each.",
)

broadcasting = Exercise(
    prompt="`x` has the shape (N, D). Take from each row its own mean, without a loop.",
    starter="def centre_rows(x):\n    return ____",
    hints=(
        "`x.mean(1)` has a mean for each row, and the shape (N,). A column, (N, 1), is wanted.",
        "`keepdim=True` keeps the dimension that was averaged over.",
    ),
    answer="def centre_rows(x):\n    return x - x.mean(1, keepdim=True)",
    checker=function(
        lambda x: x - x.mean(1, keepdim=True),
        (draw_normal(4, 4, seed=2),),
        (draw_normal(3, 5, seed=3),),
    ),
    slips={
        "x.mean(1, keepdim=True) -> x.mean(0)": "That takes from each *column* its mean.",
        "x.mean(1, keepdim=True) -> x.mean()": "That is one mean for everything.",
        "x - x. -> x.": "Those are the means. Take them from x.",
        "x - x.mean(1, keepdim=True) -> x / x.mean(1, keepdim=True)": "You divide by the mean: "
        "subtract it.",
    },
    also_wrong=(lambda x: x - x.mean(1),),
    praise="A column of N means is spread over D columns: that is broadcasting.",
)

spread = Exercise(
    prompt="The list `[mean, standard deviation]`, the latter with n - 1 in place of n.",
    starter="summary = ____",
    hints=(
        "The mean is 94. How far is each run from it?",
        "Square these five, add them up, divide by 4, and take the root.",
    ),
    answer="summary = [94, (40 / 4) ** 0.5]",
    checker=tensor(
        torch.tensor([94, math.sqrt(10)]),
        tolerance=2e-3,
        reasons=[
            (torch.tensor([94, math.sqrt(8)]), "You divided by n = 5. Of a sample, divide by 4."),
            (torch.tensor([94.0, 10.0]), "That is the variance. The root of it is wanted."),
            (torch.tensor([94, math.sqrt(2)]), "That is the error of the *mean*, root(10 / 5)."),
        ],
    ),
    praise="94 and 3.162: how far single runs lie apart. Lesson 01 asks how sure their mean is.",
)

chain_rule = Exercise(
    prompt="The loss is (3w - 1)². What is its derivative with respect to w, at w = 2?",
    starter="slope = ____",
    hints=(
        "With u = 3w - 1 the loss is u². Its derivative with respect to u is 2u.",
        "Multiply by the derivative of u with respect to w.",
    ),
    answer="slope = 2 * (3 * 2 - 1) * 3",
    checker=number(
        30,
        reasons={
            10: "That is 2u. The derivative of u = 3w - 1, which is 3, is to be multiplied by it.",
            25: "That is the loss itself.",
            15: "That is 3u: the square brings a factor of 2.",
        },
    ),
    praise="Backpropagation in lesson 02 is this, with many weights at once.",
)

matrix = Exercise(
    prompt="W has the rows [1, 2] and [3, -1], and x is [2, 1]. What is W times x?",
    starter="product = ____",
    hints=(
        "Each row of W gives one number: multiply it by x, place by place, and add up.",
        "The first is 1 times 2 plus 2 times 1.",
    ),
    answer="product = [1 * 2 + 2 * 1, 3 * 2 - 1 * 1]",
    checker=tensor(
        torch.tensor([4, 5]),
        reasons=[
            (torch.tensor([5, 3]), "You took the columns of W: that is x times W."),
            (torch.tensor([[2, 2], [6, -1]]), "Those are the products. Add up each row."),
            (torch.tensor([4, 7]), "A sign is lost: the last weight is -1."),
        ],
    ),
    praise="A layer of two neurons: each row of W is one.",
)

probability = Exercise(
    prompt="The probability that a stranger is taken for at least one of the fifty.",
    starter="risk = ____",
    hints=(
        "Ask for the contrary: that all fifty comparisons say no.",
        "One says no with probability 0.99, fifty with its fiftieth power.",
    ),
    answer="risk = 1 - 0.99**50",
    checker=number(
        1 - 0.99**50,
        tolerance=6e-3,
        reasons={
            0.5: "Probabilities of things that can happen together don't add up: with 200 people "
            "it would be 2.",
            0.605: "That is the probability that all fifty say no.",
            0.01: "That is for one comparison. There are fifty.",
            39.5: "That is in per cent. Give a number between 0 and 1.",
        },
    ),
    praise="About 0.395: many small risks make a large one, and lesson 05 chooses by it.",
)

logarithm = Exercise(
    prompt="The mean of -ln p over both photographs.",
    starter="loss = ____",
    hints=(
        "The logarithm first, then the mean: `math.log` is the natural one.",
        "-ln(1/2) is 0.693, and -ln(1/8) is three times as much.",
    ),
    answer="loss = -(math.log(1 / 2) + math.log(1 / 8)) / 2",
    checker=number(
        2 * math.log(2),
        tolerance=5e-3,
        reasons={
            2.0: "That is with the logarithm to base 2. `math.log` is the natural one.",
            0.602: "That is with the logarithm to base 10. `math.log` is the natural one.",
            -1.386: "The sign: logarithms of numbers below 1 are negative, and -ln p is not.",
            2.773: "That is the sum. Divide by two photographs.",
            1.163: "You took the mean first, then the logarithm. It is the other way round.",
        },
    ),
    praise="1.386: the cross-entropy of lesson 02, by hand.",
)

plot = Exercise(
    prompt="The share of genuine pairs accepted at a false accept rate of 1 %, from the figure.",
    starter="accepted = ____",
    hints=(
        "The lower axis is logarithmic: each mark is ten times the one before it.",
        "Go up from 1 % to the line, then left to the share.",
    ),
    answer="accepted = 0.8",
    checker=number(
        0.8,
        tolerance=0.03,
        reasons={
            0.6: "That is at 0.1 %, one mark too far to the left.",
            0.95: "That is at 10 %, one mark too far to the right.",
            0.2: "That is the share that is turned away.",
            80: "That is in per cent. Give a share between 0 and 1.",
        },
    ),
    praise="You will see this curve, a ROC with a logarithmic axis, in most lessons.",
)

collect("self-test", globals())
NEEDED = (  # each question, and by which lessons
    (shares, "00 to 12"), (second, "00 to 12"), (shape, "00 to 12"), (broadcasting, "02 to 12"),
    (spread, "01 to 12"), (chain_rule, "02, 03, 06, 08 and 09"), (matrix, "02 to 12"),
    (probability, "01, 05 and 10"), (logarithm, "02, 05 and 06"), (plot, "01 to 12"),
)  # fmt: skip
EXERCISES = tuple(question for question, _ in NEEDED)


def draw_roc() -> None:
    """Draw the curve that `plot` asks about."""
    figure, axis = subplots(figsize=(4.6, 3))
    axis.semilogx([0.001, 0.01, 0.1, 1], [0.6, 0.8, 0.95, 1], "o-")
    axis.set(xlabel="false accept rate", ylabel="genuine pairs accepted", ylim=(0, 1.02))
    axis.set_xticks([0.001, 0.01, 0.1, 1], ["0.1 %", "1 %", "10 %", "100 %"])
    points = "0.6 at 0.1 %, 0.8 at 1 %, 0.95 at 10 %, 1 at 100 %"
    show(figure, f"Genuine pairs accepted over the false accept rate: {points}.")


def advise() -> str:
    """How many were solved, and before which lessons to look up the others."""
    solved = progress.read("self-test")
    left = [(q.name, lessons) for q, lessons in NEEDED if not solved.get(q.name)]
    lines = [f"{len(NEEDED) - len(left)} of {len(NEEDED)} solved on this machine."]
    lines += [f"Look up {name.replace('_', ' ')} before lessons {needed}." for name, needed in left]
    return "\n".join(lines)
