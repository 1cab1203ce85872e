"""The exercise of lesson 00, start here."""

import random

import torch

from facecourse.kit.checkers import as_numbers, draw_normal, run
from facecourse.kit.exercise import Checker, Exercise, collect
from facecourse.kit.faces import load_faces
from facecourse.kit.orl import to_half

LIMIT, TARGET = 40, 0.5  # grey values that may change; share that may still be named rightly


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
        why = " In uint8, 0 - 1 is 255: use `images.float()`." if worst > 255 - LIMIT else ""
        return f"One grey value changes by {worst:.0f}: at most {LIMIT} are allowed.{why}"
    known = train.images.flatten(1).double()
    named = train.person[torch.cdist(spoilt.flatten(1), known).argmin(1)]
    share = (named == test.person).double().mean()
    if share >= TARGET:
        return f"Still {share:.0%} of new pictures are named rightly: it looks past such a change."
    return None


spoil = Exercise(
    points=10,
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
    checker=Checker(_judge_spoiling),
    also_wrong=(
        lambda images: images,
        lambda images: (images + LIMIT * draw_normal(*images.shape, seed=0).sign()).clamp(0, 255),
        lambda images: (images + torch.linspace(-LIMIT, LIMIT, 46)).clamp(0, 255),
        lambda images: images.float() - LIMIT,
        lambda images: images - LIMIT,
        lambda images: images[:, :, 2:],
    ),
    praise="An even change of light is worse for it than noise that is as strong. The network "
    "takes the brightness out first.",
)

EXERCISES = collect("00", globals())
