"""Lesson 02, how a network learns: its exercises."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from facecourse.kit.charts import side_by_side
from facecourse.kit.checkers import draw_normal, function
from facecourse.kit.exercise import Checker, Exercise, collect
from facecourse.lesson02_learning import experiment
from facecourse.lesson02_learning.trainings import check_loop, judge_learner

chances = Exercise(
    prompt="Return the probabilities that one layer and a softmax give each row of x.",
    starter="def chances(x, W, b):\n    return ____",
    hints=(
        "The logits first: one row of W a person, so `x @ W.T`, and the bias.",
        "Subtract each row's largest logit, `z.amax(1, keepdim=True)`, then take `exp`.",
        "At last divide each row by its sum, with `keepdim=True`.",
    ),
    answer="""\
def chances(x, W, b):
    z = x @ W.T + b
    e = (z - z.amax(1, keepdim=True)).exp()
    return e / e.sum(1, keepdim=True)""",
    checker=function(
        lambda x, W, b: (x @ W.T + b).softmax(1),
        (draw_normal(5, 3, seed=2), draw_normal(3, 3, seed=3), draw_normal(3, seed=4)),
        (
            torch.tensor([[10.0], [1.0]]),
            torch.tensor([[100.0], [99.0], [-100.0]]),
            torch.tensor([0.0, 1.0, 0.0]),
        ),
        draw=side_by_side,
    ),
    slips={
        "z - z.amax(1, keepdim=True) -> z": "Right for small logits, but exp(1000) is too large "
        "for any float: subtract each row's largest logit first, it cancels.",
        "z.amax(1, keepdim=True) -> z.max()": "One maximum for all rows leaves zeros of a row that "
        "lies far below it, and 0 / 0 is no number: subtract each row's own.",
        "e / e.sum(1, keepdim=True) -> z.softmax(0)": "Your columns add up to 1. Each row is one "
        "photograph.",
        "e / e.sum(1, keepdim=True) -> torch.sigmoid(z)": "Those are sigmoids: a row doesn't add "
        "up to 1.",
        "e / e.sum(1, keepdim=True) -> z": "Those are the logits. Softmax comes after them.",
        " + b -> ": "The biases are missing.",
    },
    praise="It stays right for logits of a thousand, too.",
)


def _bowl(w: Tensor) -> Tensor:
    return (w - 1).square().sum() + w[0] * w[1] + w[-1] ** 3


def _differ(loss: Callable[[Tensor], Tensor], w: Tensor, e: float) -> Tensor:
    return torch.stack([(loss(w + way) - loss(w - way)) / (2 * e) for way in e * torch.eye(len(w))])


differences = Exercise(
    prompt="Return the slope of `loss` along each weight, by looking e to both sides.",
    starter="def differences(loss, w, e):\n    return ____",
    hints=(
        "Each row of `torch.eye(len(w))` is a direction that changes one weight alone.",
        "For each direction: the loss at `w + e * way` less that at `w - e * way`, over 2e.",
        "Collect the slopes in a list, then `torch.stack` it.",
    ),
    answer="""\
def differences(loss, w, e):
    slopes = []
    for way in torch.eye(len(w)):
        slopes.append((loss(w + e * way) - loss(w - e * way)) / (2 * e))
    return torch.stack(slopes)""",
    checker=function(
        _differ,
        (_bowl, torch.tensor([0.5, -1.0, 2.0]), 0.5),
        (lambda w: experiment.load_valley().loss(w), torch.tensor([0.1, 0.9]), 0.1),
        tolerance=1e-3,
    ),
    slips={
        " / (2 * e) -> ": "That is by how much the loss changes. A slope is the change divided by "
        "the way, 2e.",
        "(2 * e) -> e": "Twice too steep: from w - e to w + e the way is 2e.",
        "loss(w - e * way)) / (2 * e) -> loss(w)) / e": "Nearly: from w to w + e the slope "
        "changes. Look to both sides, at w + e and w - e.",
        "e * way) - loss(w - e * way) -> e) - loss(w - e)": "You moved all weights together. Move "
        "one, and leave the others where they are.",
        "slopes.append(( -> slopes.append(-(": "You go from w + e to w - e: turn it round.",
    },
    also_wrong=(lambda loss, w, e: None, 0.5),
    praise="Slow, but it needs no calculus: anyone who writes gradients by hand checks them so.",
)


loop = Exercise(
    points=3,
    prompt="Complete the training loop.",
    starter="""\
def train(model, x, person):
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(20):
        loss = ____
    return loss.item()""",
    hints=(
        "The loss is the cross-entropy of `model(x)` with `person`.",
        "Three lines follow it in the loop: empty the gradients, go backwards, take the step.",
        "They are `optimiser.zero_grad()`, `loss.backward()` and `optimiser.step()`.",
    ),
    answer="""\
def train(model, x, person):
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(20):
        loss = cross_entropy(model(x), person)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return loss.item()""",
    checker=check_loop(),
    slips={
        "        optimiser.zero_grad()\n -> ": "The gradients of all steps pile up, for `backward` "
        "adds to what is there: `optimiser.zero_grad()` is missing.",
        "        optimiser.step()\n -> ": "No weight has moved: `optimiser.step()` is missing, or "
        "comes too early.",
        "loss.backward -> (-loss).backward": "Your loss rises: `backward` wants the loss itself, "
        "the optimiser goes down.",
        "model(x) -> model(x).softmax(1)": "`cross_entropy` takes logits. You gave it "
        "probabilities, so softmax is applied twice.",
        "cross_entropy(model -> nn.functional.nll_loss(model": "That is minus the logit of the "
        "right person; softmax and logarithm are missing.",
    },
    also_wrong=(lambda model, x, person: 3.0, 3.0),
    praise="The same weights as the library's loop. All training in this course is these lines.",
    context={"cross_entropy": cross_entropy},
)

yours = Exercise(
    points=3,
    prompt="Train a network on one photograph a person, and return it.",
    starter="""\
def learn(images, person):
    body = nn.Flatten(), nn.LayerNorm(168), nn.Linear(168, 64), nn.ReLU()
    model = nn.Sequential(*body, nn.Linear(64, 40))
    return ____""",
    hints=(
        "Begin with your training loop: an optimiser, some hundred steps, the cross-entropy.",
        "The pixels are whole numbers from 0 to 255: `images / 255` makes inputs of them.",
        "Let `Augment()` of facelib.data change the images anew at every step: "
        "`augment(images, chance)`, where `chance` is a `torch.Generator()`.",
    ),
    answer="""\
def learn(images, person):
    from facelib.data import Augment

    augment, chance = Augment(), torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    body = nn.Flatten(), nn.LayerNorm(168), nn.Linear(168, 64), nn.ReLU()
    model = nn.Sequential(*body, nn.Linear(64, 40))
    optimiser = torch.optim.Adam(model.parameters(), lr=0.003)
    for step in range(300):
        logits = model(augment(images, chance))
        loss = cross_entropy(logits, person)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return model.eval()""",
    checker=Checker(judge_learner),
    slips=(
        "augment(images, chance) -> images / 255",
        "range(300) -> range(0)",
        "range(300) -> range(10)",
        "lr=0.003 -> lr=3.0",
    ),
    also_wrong=(lambda images, person: person, nn.Identity),
    praise="You trained a network, and it names people in photographs that it has never seen.",
    context={"cross_entropy": cross_entropy},
)

EXERCISES = collect("02", globals())
