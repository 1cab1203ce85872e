"""Lesson 09, the RNN aside: its exercises and quizzes."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from facecourse.kit.charts import side_by_side
from facecourse.kit.checkers import draw_normal, function, number, tensor
from facecourse.kit.exercise import Exercise, collect
from facecourse.kit.quiz import NumberQuiz, Quiz


def _step(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(x @ w_xh.T + h @ w_hh.T + b)


_WEIGHTS = draw_normal(4, 3, seed=2), draw_normal(4, 4, seed=3), draw_normal(4, seed=4)

step = Exercise(
    prompt="Return the next state of each sequence, (N, hidden), from its input x and its state h.",
    starter="def step(x, h, w_xh, w_hh, b):\n    return ____",
    hints=(
        "Two products and a bias are added up, and tanh of the sum is taken.",
        "Rows are sequences, so a product is `x @ w_xh.T`; the state has its own matrix.",
    ),
    answer="def step(x, h, w_xh, w_hh, b):\n    return torch.tanh(x @ w_xh.T + h @ w_hh.T + b)",
    checker=function(
        _step,
        (draw_normal(2, 3, seed=5), draw_normal(2, 4, seed=6), *_WEIGHTS),
        (draw_normal(5, 3, seed=7), draw_normal(5, 4, seed=8), *_WEIGHTS),
        reasons=[
            (
                lambda x, h, w_xh, w_hh, b: x @ w_xh.T + h @ w_hh.T + b,
                "tanh is missing: without it, states can grow without end.",
            ),
            (
                lambda x, h, w_xh, w_hh, b: torch.tanh(x @ w_xh.T + h @ w_hh.T),
                "The bias is missing.",
            ),
            (
                lambda x, h, w_xh, w_hh, b: torch.tanh(x @ w_xh.T + b),
                "The state is missing: that forgets all that came before.",
            ),
            (
                lambda x, h, w_xh, w_hh, b: torch.tanh(x @ w_xh.T + h @ w_hh + b),
                "W_hh is the wrong way round: `h @ w_hh.T`.",
            ),
        ],
        draw=side_by_side,
    ),
    also_wrong=(lambda x, h, w_xh, w_hh, b: h,),
    praise="The same line serves every step, with the same weights.",
)

through_time = Exercise(
    prompt="The gradient of h_3 with respect to w, where h_t = w h_(t-1), w is a half, h_0 is 2.",
    starter="gradient = ____",
    hints=(
        "w is used three times. Ask for each use alone, with the others held still, and add.",
        "Used in any one of the three steps, w is multiplied by two other ws and by h_0.",
    ),
    answer="gradient = 3 * 0.5**2 * 2",
    checker=number(
        1.5,
        reasons={
            0.5: "That is one use of w. It is used at three steps, and the gradients add up.",
            0.25: "That is h_3 itself.",
            0.125: "That is the gradient with respect to h_0.",
            3: "The other two ws multiply each term: 0.5 * 0.5.",
        },
    ),
    also_wrong=(math.nan,),
    praise="As with a kernel at many places: the gradient of a shared weight is a sum.",
)

vanish = Exercise(
    prompt="After how many steps, each of which takes a fifth of it, is a gradient below a "
    "thousandth?",
    starter="steps = ____",
    hints=(
        "0.8 to the power of the steps is to be below 0.001.",
        "Take logarithms of both sides, divide, and round up.",
    ),
    answer="steps = math.ceil(math.log(0.001) / math.log(0.8))",
    checker=number(
        31,
        reasons={
            30: "0.8 to the 30th is still 0.0012.",
            math.log(0.001) / math.log(0.8): "Nearly: steps are whole, so round up.",
            5: "That would be a factor of about 0.25 a step.",
            1250: "Each step multiplies what the step before has left; it doesn't take away.",
        },
    ),
    also_wrong=("31",),
    praise="The upper half of a face that is read in 64 rows would send back less than that.",
)


clip = Exercise(
    prompt="Return the gradient, shortened to the length `most` if it is longer, else as it is.",
    starter="def clip(gradient, most):\n    return ____",
    hints=(
        "Its direction stays: all its numbers are multiplied by one factor, 1 at most.",
        "The length is `gradient.norm()`. `min(a, b)` takes the smaller of two numbers.",
    ),
    answer=(
        "def clip(gradient, most):\n    return gradient * min(1, most / float(gradient.norm()))"
    ),
    checker=function(
        lambda gradient, most: gradient * min(1, most / float(gradient.norm())),
        (draw_normal(6, seed=5), 1.0),
        (draw_normal(2, 3, seed=6), 0.5),
        (0.01 * draw_normal(6, seed=7), 1.0),
        reasons=[
            (
                lambda g, m: g.clamp(-m, m),
                "That cuts each number by itself and turns the direction. Shorten the whole.",
            ),
            (
                lambda g, m: g * m / g.norm(),
                "Short gradients are made longer by that. They stay as they are.",
            ),
            (lambda g, m: g, "Nothing was clipped."),
        ],
        tolerance=1e-4,
    ),
    also_wrong=(lambda gradient, most: None,),
    praise="What `torch.nn.utils.clip_grad_norm_` does before a step.",
)

weights = Exercise(
    prompt="How many numbers does a GRU learn that reads 128 inputs and has a state of 64?",
    starter="learnt = ____",
    hints=(
        "Two gates and a proposal, each with what a plain RNN has: two matrices.",
        "Each also has two biases in PyTorch, one for the input and one for the state.",
    ),
    answer="learnt = 3 * (128 * 64 + 64 * 64 + 2 * 64)",
    checker=number(
        37_248,
        reasons={
            12_416: "That is a plain RNN. A GRU has three of each.",
            49_664: "That is an LSTM, with four. A GRU has three.",
            36_864: "The biases are missing.",
            37_056: "PyTorch has two biases each.",
        },
    ),
    praise="However long the sequence is.",
)

text = "abacabac"
_places = torch.tensor(["abc".index(letter) for letter in text])
_encoded = torch.nn.functional.one_hot(_places, 3)

one_hot = Exercise(
    prompt="Encode the text: a row a letter, a column for each of a, b and c, 1 at the letter.",
    starter="letters = ____",
    hints=(
        "First the place of each letter in the alphabet, as a number from 0 to 2.",
        '`"abc".index(letter)` gives the place; row i of `torch.eye(3)` has its 1 in column i.',
    ),
    answer='letters = torch.eye(3)[["abc".index(letter) for letter in text]]',
    checker=tensor(
        _encoded,
        reasons=[
            (_encoded.T, "Rows and columns are exchanged: a row is a letter."),
            (
                _places,
                "Those are numbers with an order: b would lie between a and c. Give each a column.",
            ),
        ],
        draw=side_by_side,
    ),
    also_wrong=(torch.eye(3), "abc"),
    praise="Now a network can multiply it.",
    context={"text": text},
)


longer = Quiz(
    "A recurrent network reads clips of 8 frames, then clips of 80. What becomes larger?",
    {
        "the number of its weights": "The same ones are used at each step.",
        "the memory that training needs": "Every state is kept for the way back.",
        "the length of its state": "That was chosen when the network was made.",
        "the time of an answer": "Step follows step; none can begin before the last has ended.",
    },
    right="b, d",
)

features = Quiz(
    "An article says that a recurrent network extracts better features of a face than a "
    "convolutional one. What did our measurements show, with as many weights each?",
    {
        "the convolutional one named more people": "With one, two and five photographs.",
        "both did as well": "The intervals of the differences exclude zero.",
        "the recurrent one named more people": "It must learn for each column anew what an "
        "edge is.",
        "the recurrent one needed more photographs for the same": "With two, the GRU was "
        "hardly better than the convolutional one with one.",
    },
    right="a, d",
)

order = Quiz(
    "For which of these does the order of the frames carry what is asked?",
    {
        "who is seen in the clip": "Any good frame tells, in any order.",
        "whether an eye was closed": "One frame with a closed eye tells.",
        "whether a head was shaken or nodded": "One frame can't tell a nod from looking down; "
        "though even then a set of poses may do.",
        "to which side a head turned first": "The same frames backwards mean the contrary.",
    },
    right="d",
)

kept = NumberQuiz(
    "A gate keeps half of the state at each step. Which share of what it held is left after ten "
    "steps, in percent?",
    wanted=100 / 2**10,
    tolerance=0.01,
    unit="%",
    reasons={
        5: "Half of what is left goes at each step; that is 0.5 to the power of 10.",
        50: "That is one step.",
        99.9: "That is what has gone.",
    },
    praise="A gate that is half open forgets as a small weight does. To keep something for long, "
    "it should begin nearly open.",
)

EXERCISES, QUIZZES = collect("09", globals())
