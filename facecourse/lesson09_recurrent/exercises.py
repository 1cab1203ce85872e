"""Lesson 09, the RNN aside: its exercises."""

import torch
from torch import Tensor, nn

from facecourse.kit.charts import side_by_side
from facecourse.kit.checkers import draw_normal, function, number
from facecourse.kit.exercise import Checker, Exercise, collect
from facecourse.lesson09_recurrent.nods import judge_reader

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
    praise="As with a kernel at many places: the gradient of a shared weight is a sum.",
)


def _draw_step(count: int, inputs: int, hidden: int) -> tuple[Tensor, ...]:
    shapes = (count, inputs), (count, hidden), (3 * hidden, inputs), (3 * hidden, hidden)
    biases = (3 * hidden,), (3 * hidden,)
    return tuple(draw_normal(*shape, seed=seed) for seed, shape in enumerate((*shapes, *biases)))


gru = Exercise(
    points=3,
    prompt="Return the next state of a GRU, (N, hidden), from the inputs x and the states h.",
    starter="def gru(x, h, w_x, w_h, b_x, b_h):\n    return ____",
    hints=(
        "`x @ w_x.T + b_x` has the parts of r, z and n side by side; `.chunk(3, dim=1)` parts "
        "them. The same with h, w_h and b_h.",
        "Two gates by `torch.sigmoid`, each of the sum of its two parts.",
        "n is `torch.tanh` of its part of x plus r times its part of h; z says how much of the "
        "old state stays, and 1 - z how much of n comes in.",
    ),
    answer="""\
def gru(x, h, w_x, w_h, b_x, b_h):
    r_x, z_x, n_x = (x @ w_x.T + b_x).chunk(3, dim=1)
    r_h, z_h, n_h = (h @ w_h.T + b_h).chunk(3, dim=1)
    r, z = torch.sigmoid(r_x + r_h), torch.sigmoid(z_x + z_h)
    n = torch.tanh(n_x + r * n_h)
    return (1 - z) * n + z * h""",
    checker=function(torch.gru_cell, _draw_step(3, 4, 5), _draw_step(2, 3, 2), draw=side_by_side),
    slips={
        "(1 - z) * n + z * h -> z * n + (1 - z) * h": "Your z lets the *new* in. Here it says how "
        "much of the old state stays.",
        "r * n_h -> ((r * h) @ w_h.T + b_h).chunk(3, dim=1)[2]": "You multiply the state by r "
        "before the matrix does, as the published paper did. PyTorch multiplies what the matrix "
        "made of it.",
        "r, z = -> z, r =": "The gates are exchanged: r's part comes first, then z's, then n's.",
        "(1 - z) * n + z * h -> torch.tanh(n_x + n_h)": "That is a plain RNN's step: the gates are "
        "missing.",
    },
    praise="Equal to PyTorch's GRU: a step that can keep.",
)


_CLIPS = draw_normal(2, 5, 3, seed=8), draw_normal(2, 5, seed=9)

pool = Exercise(
    prompt="Return each clip's mean frame, (N, D), weighted by the softmax of sharpness times "
    "scores.",
    starter="def pool(frames, scores, sharpness):\n    return ____",
    hints=(
        "`torch.softmax(..., dim=1)` makes weights of a clip's T scores that add up to 1.",
        "The weights are (N, T) and the frames (N, T, D): `weights[..., None]` gives each weight "
        "a third dimension. Multiply, and add up over the frames.",
    ),
    answer="""\
def pool(frames, scores, sharpness):
    weights = torch.softmax(sharpness * scores, dim=1)
    return (weights[..., None] * frames).sum(dim=1)""",
    checker=function(
        lambda f, s, k: torch.einsum("nt,ntd->nd", torch.softmax(k * s, 1), f),
        (*_CLIPS, 2.0),
        (*_CLIPS, 0.0),
        (draw_normal(3, 4, 2, seed=10), draw_normal(3, 4, seed=11), 50.0),
    ),
    slips={
        "scores, dim=1 -> scores, dim=0": "Your weights add up to 1 over the *clips*. Frames share "
        "them: `dim=1`.",
        "sharpness *  -> ": "`sharpness` is missing.",
        ".sum(dim=1) -> .mean(dim=1)": "The weights add up to 1 already: a sum, not a mean.",
        "torch.softmax(sharpness * scores, dim=1) -> sharpness * scores": "Scores are no weights "
        "yet: softmax makes them positive, with the sum 1.",
    },
    praise="At sharpness 0 it is the plain mean, at a large one the best frame alone.",
)


nods = Exercise(
    points=3,
    prompt="Build a network that tells from twelve frames whether a head nodded once or twice.",
    starter="def build_reader(width):\n    return ____",
    hints=(
        "`Reader(64)` has some 25,000 weights. With `hidden=4` it has few enough, but nearly all "
        "of them read pixels, so it learns these people by heart. What must a state know of a "
        "frame? Only how far down the head is.",
        "Let one `nn.Linear(width, 2)` look at each frame, and an `nn.GRU(2, 8, "
        "batch_first=True)` read what it says.",
        "The last state, `states[:, -1]`, knows how often: a second `nn.Linear(8, 2)` says it. "
        "Put all three into a class and return one of it.",
    ),
    answer="""\
class Nods(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.look = nn.Linear(width, 2)
        self.cell = nn.GRU(2, 8, batch_first=True)
        self.say = nn.Linear(8, 2)

    def forward(self, frames):
        states, _ = self.cell(self.look(frames))
        return self.say(states[:, -1])


def build_reader(width):
    return Nods(width)""",
    checker=Checker(judge_reader),
    slips=(
        "self.look(frames) -> self.look(frames).mean(1, keepdim=True)",
        "self.look(frames) -> self.look(frames).amax(1, keepdim=True)",
        "self.look(frames) -> self.look(frames[:, -1:])",
        "self.look(frames) -> self.look(frames[:, torch.randperm(12)])",
        "8, batch_first=True)\n        self.say = nn.Linear(8 -> "
        "32, batch_first=True)\n        self.say = nn.Linear(32",
        "Linear(width, 2)\n        self.cell = nn.GRU(2, 8, batch_first=True)\n        self.say = "
        "nn.Linear(8 -> Identity()\n        self.cell = nn.GRU(width, 4, batch_first=True)\n"
        "        self.say = nn.Linear(4",
    ),
    also_wrong=(lambda width: None, lambda width: nn.Linear(width, 2)),
    praise="It looks at each frame with few weights, and remembers with fewer.",
)

EXERCISES = collect("09", globals())
