"""The exercises of lesson 00, start here."""

from __future__ import annotations

import random

import torch
from torch import Tensor, nn

from facecourse.kit.checkers import as_numbers, draw_normal, function, number, run
from facecourse.kit.exercise import Checker, Exercise, collect
from facecourse.kit.faces import load_faces
from facecourse.kit.orl import to_half
from facelib.data import FaceSet, Split
from facelib.models import predict

LIMIT, TARGET = 40, 0.5  # grey values that may change; share that may still be named rightly

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


class _Reader(nn.Module):
    """Names the person whose number is the grey value of a flat picture."""

    def forward(self, images: Tensor) -> Tensor:
        return nn.functional.one_hot((255 * images[:, 0, 0, 0]).round().long(), 10).float()


def _make_case(seed: int) -> tuple[nn.Module, Split]:
    """A network and a split of which it names a part rightly, other parts for another seed."""
    generator = torch.Generator().manual_seed(seed)

    def part(right: int) -> FaceSet:
        person = torch.randint(10, (30,), generator=generator)
        shown = torch.where(torch.arange(30) < right, person, (person + 1) % 10)
        images = shown.to(torch.uint8).view(30, 1, 1, 1).expand(30, 1, 8, 8).contiguous()
        return FaceSet(images, person, tuple("abcdefghij"))

    return _Reader().eval(), Split(part(27 - seed % 5), part(20), part(11 + seed % 7))


def _measure_both(model: nn.Module, split: Split) -> list[float]:
    parts = (split.train, split.test)
    right = [predict(model, part.images) == part.person for part in parts]
    return [share.double().mean().item() for share in right]


memory = Exercise(
    points=4,
    prompt="The share named rightly in `split.train`, and in `split.test`.",
    starter="""\
def measure_both(model, split):
    return ____""",
    hints=(
        "For one part: `named = predict(model, split.test.images)`, then the mean of "
        "`named == split.test.person`.",
        "Do it in a loop, `for part in (split.train, split.test):`, and append each share to a "
        "list. `.double().mean().item()` makes a number of True and False.",
    ),
    answer="""\
def measure_both(model, split):
    shares = []
    for part in (split.train, split.test):
        named = predict(model, part.images).cpu()
        shares.append((named == part.person).double().mean().item())
    return shares""",
    checker=function(
        _measure_both,
        *map(_make_case, (1, 2, 10)),
    ),
    slips={
        "split.train, split.test -> split.test, split.train": "First `split.train`, then "
        "`split.test`.",
        "named == -> named !=": "These are the shares of mistakes.",
        ".mean() -> .sum()": "These are counts. Divide by how many pictures there are.",
        ".item() -> .item() * 100": "These are in per cent. Give shares between 0 and 1.",
        "split.train, split.test -> split.train, split.train": "Both are of `split.train`: the "
        "second picks the test pictures.",
    },
    praise="The first number is memory. Only the second tells whether it recognises anyone.",
    context={"predict": predict},
)


def _judge_spoiling(answer: object) -> str | None:
    """Run a learner's function on photographs of a new split, against the nearest photograph."""
    seed = random.SystemRandom().randrange(2**31)
    train, _, test = load_faces().map(to_half).split_images(train=5, seed=seed)
    (spoilt,) = run(answer, (test.images,)) if callable(answer) else (answer,)
    spoilt = as_numbers(spoilt)
    if spoilt.shape != test.images.shape:
        return f"{tuple(spoilt.shape)} came back for pictures of shape {tuple(test.images.shape)}."
    if not spoilt.isfinite().all() or spoilt.min() < 0 or spoilt.max() > 255:
        return "Some grey values lie outside 0 to 255: `clamp(0, 255)` them."
    if (worst := (spoilt - test.images).abs().max()) > LIMIT + 0.5:
        return f"One grey value changes by {worst:.0f}: at most {LIMIT} are allowed."
    known = train.images.flatten(1).double()
    named = train.person[torch.cdist(spoilt.flatten(1), known).argmin(1)]
    share = (named == test.person).double().mean()
    if share >= TARGET:
        return f"Still {share:.0%} of new pictures are named rightly: it looks past such a change."
    return None


spoil = Exercise(
    points=4,
    prompt="Fewer than half named rightly, and no grey value changed by more than 40.",
    starter="""\
def spoil(images):
    return ____""",
    hints=(
        "The recogniser adds up squared differences of grey values, over all pixels. Random noise "
        "is as often up as down.",
        "What if every pixel changes in the same direction? `images.float()` allows numbers below "
        "0, `clamp(0, 255)` brings them back.",
    ),
    answer="""\
def spoil(images):
    darker = images.float() - 40
    return darker.clamp(0, 255)""",
    checker=Checker(
        _judge_spoiling,
        (
            lambda images: images,
            lambda images: (images + LIMIT * draw_normal(*images.shape, seed=0).sign()).clamp(
                0, 255
            ),
            lambda images: (images + torch.linspace(-LIMIT, LIMIT, 46)).clamp(0, 255),
            lambda images: images.float() - LIMIT,
            lambda images: 255 - images,
            lambda images: images[:, :, 2:],
        ),
    ),
    praise="An even change of light is worse for it than noise that is as strong. Lesson 01 takes "
    "the brightness out first.",
)

EXERCISES = collect("00", globals())
