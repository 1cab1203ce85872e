"""Lesson 11, privacy and security: its exercises, and the door that is yours to fool."""

from functools import cache
from random import randrange
from typing import Any

import torch
from scipy.linalg import orthogonal_procrustes
from torch import Tensor

from facecourse.kit.checkers import as_numbers, draw_normal, function, number, run
from facecourse.kit.exercise import CannotCheckError, Checker, Exercise, collect
from facecourse.lesson11_privacy import experiment
from facecourse.lesson11_privacy.experiment import climb_to
from facecourse.lesson11_privacy.recapture import bpcer_at
from facelib.models import face_embedding


def _turn_back(templates: Tensor, rotated: Tensor, known: Tensor) -> Tensor:
    return templates @ torch.from_numpy(orthogonal_procrustes(rotated, known)[0])


def _case(seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Rotated templates, and rotated and plain ones of forty known people; noisy, as other
    photographs of them would be."""
    plain = draw_normal(60, 8, seed=seed)
    secret, _ = torch.linalg.qr(draw_normal(8, 8, seed=seed + 1))
    secret[:, 0] *= secret.det().sign()  # a rotation, no mirror
    noisy = plain[:40] + 0.3 * draw_normal(40, 8, seed=seed + 2)
    return plain[40:] @ secret, plain[:40] @ secret, noisy


turn_back = Exercise(
    points=3,
    prompt="Return the templates as they were before they were rotated.",
    starter="def turn_back(templates, known_rotated, known):\n    return ____",
    hints=(
        "Procrustes: the rotation R that brings `known_rotated @ R` nearest to `known` comes from "
        "an SVD of `known_rotated.T @ known`.",
        "With `left, _, right = torch.linalg.svd(...)` it is the product of left and right: the "
        "singular values are left out, so that nothing is stretched.",
    ),
    answer="""\
def turn_back(templates, known_rotated, known):
    left, _, right = torch.linalg.svd(known_rotated.T @ known)
    return templates @ (left @ right)""",
    checker=function(_turn_back, _case(0), _case(10), tolerance=1e-4),
    slips={
        "templates @ (left @ right) -> templates": "They are still rotated.",
        "(left @ right) -> (left @ right).T": "You turned them on: the inverse is wanted.",
        "templates @ (left @ right) -> left @ right": "That is the rotation. Now apply it to the "
        "templates.",
        "(left @ right) -> (known_rotated.T @ known)": "This product stretches: take its SVD and "
        "leave the singular values out.",
        "(left @ right) -> torch.linalg.lstsq(known_rotated, known).solution": "Any matrix may "
        "stretch as the noise likes (least squares). A rotation may not: take the SVD.",
    },
    praise="The key is out, and with it everybody's template: one key for all is one secret.",
)


def _scores(seed: int, apcer: float) -> tuple[Tensor, Tensor, float]:
    """Of some 200 live faces and 200 attacks, and an APCER. No live face lies between the last
    attack that passes and the next one: any threshold in between, on either side's terms, is right.
    """
    live, attacks = draw_normal(200, seed=seed), draw_normal(200, seed=seed + 1) + 2
    passing = round(200 * apcer)
    low, high = attacks.sort().values[passing - 1 : passing + 1]
    return live[(live < low) | (live > high)], attacks, apcer


bpcer = Exercise(
    prompt="Return the BPCER, the smallest share of live faces refused, where at most this share "
    "of the attacks passes.",
    starter="def bpcer(live, attacks, apcer):\n    return ____",
    hints=(
        "The higher a score, the more like an attack: whoever scores the threshold or more is "
        "refused.",
        "`attacks.quantile(apcer)` is a threshold below which this share of the attacks lies.",
    ),
    answer="""\
def bpcer(live, attacks, apcer):
    threshold = attacks.quantile(apcer)
    return (live >= threshold).double().mean()""",
    checker=function(
        lambda live, attacks, apcer: bpcer_at(live, attacks, apcer).double().mean(),
        _scores(28, 0.05),
        _scores(6, 0.1),
    ),
    slips={
        "(apcer) -> (1 - apcer)": "At your threshold nearly all attacks pass: take it at their "
        "lower end.",
        "live >= threshold -> live < threshold": "That is the share of live faces let in.",
        "attacks.quantile(apcer) -> live.quantile(1 - apcer)": "You chose by live faces, and let "
        "that share be refused. How many attacks pass there? Choose by attacks.",
        "attacks.quantile(apcer) -> 1.0": "A threshold of 1 says nothing: these attacks decide "
        "where it must be.",
    },
    praise="Where one attack in 20 passes, the standard calls it BPCER20.",
)

leak = Exercise(
    prompt="Which line of the card says, if it is true, that the errors in line 5 are too small?",
    starter="line = ____",
    hints=(
        "Errors are too small where a network is measured on people it has met. Who is measured?",
        "Follow the brackets: one line sends you to the very people of line 5.",
    ),
    answer="line = 3",
    checker=number(
        3,
        reasons={
            4: "The threshold was chosen on other people, with a seed of their own: as it should.",
            5: "That one says who is measured. Which line says that the network has met them?",
            6: "The seed is that of line 5. Who else uses these people?",
            7: "To count errors is what it was for. Which line says that it was used otherwise?",
            8: "If line 8 is true there is no leak. Which line contradicts it?",
        },
    ),
    praise="Lines 3 and 8 can't both be true. An earlier edition of this lesson printed that card.",
)

LIMIT, COUNT, WANTED = 8 / 255, 12, 9  # largest change, impostors, how many must be let in
TRIES = 3  # sets of people that the checker draws from


@cache
def _door() -> tuple[experiment.See, float]:
    see = experiment.defend(face_embedding().eval().requires_grad_(False), "none")
    return see, experiment.choose_door_threshold(experiment.as_recogniser(see), 150)


@cache
def _impostors(number: int) -> tuple[Tensor, Tensor]:
    """Faces, float (COUNT, 1, 64, 64), and the templates that they want to match."""
    _, (enrolled, other, _) = experiment.render_victims((number + 1) * COUNT, 1)
    some = slice(number * COUNT, None)
    templates = experiment.as_recogniser(_door()[0])(enrolled[some])
    return other[some].roll(1, 0).float() / 255, templates.clone()


def _judge_fool(answer: Any) -> str | None:
    see, threshold = _door()
    faces, targets = _impostors(randrange(TRIES))
    made = as_numbers(run(answer, (see, faces, targets, LIMIT))[0]).float()
    if made.shape != faces.shape:
        raise CannotCheckError(f"Return as many faces; yours are of shape {tuple(made.shape)}.")
    made = (made.clamp(0, 1) * 255).round() / 255  # a picture has whole grey values
    change = float((made - faces).abs().max())
    if change > LIMIT + 1e-4:
        return f"A pixel changes by {255 * change:.0f} grey values; 8 are allowed: clamp each step."
    with torch.no_grad():
        before, after = ((see(images) * targets).sum(1) for images in (faces, made))
    inside = int((after >= threshold).sum())
    if inside >= WANTED:
        return None
    found = f"{inside} of {COUNT} are let in; want {WANTED}. "
    if torch.equal(made, faces):
        return found + "Nothing has changed: step along the sign of the gradient."
    if after.mean() < before.mean():
        return found + "The cosine with the victims has fallen: step uphill."
    return found + "One large step overshoots, noise hardly matters: go many small steps uphill."


fool = Exercise(
    points=3,
    prompt="Change each impostor's pixels by at most `limit`, so that the door takes him for his "
    "target.",
    starter="def fool(see, faces, targets, limit):\n    return ____",
    hints=(
        "Start from a copy, `faces.clone().requires_grad_()`. What should grow is "
        "`(see(changed) * targets).sum()`.",
        "`torch.autograd.grad(score, changed)` returns a tuple with the gradient. Take its sign: "
        "every pixel goes as far as it may.",
        "Forty steps of a tenth of the limit each; after each step clamp to `faces - limit` and "
        "`faces + limit`, and to 0 and 1.",
    ),
    answer="""\
def fool(see, faces, targets, limit):
    changed = faces.clone()
    for _ in range(40):
        changed = changed.detach().requires_grad_()
        score = (see(changed) * targets).sum()
        (gradient,) = torch.autograd.grad(score, changed)
        changed = changed + limit / 10 * gradient.sign()
        changed = changed.clamp(faces - limit, faces + limit).clamp(0, 1)
    return changed.detach()""",
    checker=Checker(_judge_fool),
    also_wrong=(
        lambda see, faces, targets, limit: faces,
        lambda see, faces, targets, limit: climb_to(see, faces, targets, limit / 2, 1),
        lambda see, faces, targets, limit: climb_to(see, faces, -targets, limit, 3),
        lambda see, faces, targets, limit: climb_to(see, faces, targets, 4 * limit, 10),
        lambda see, faces, targets, limit: faces + limit * torch.randn_like(faces).sign(),
        lambda see, faces, targets, limit: targets,
    ),
    praise="Hardly anyone would stop for it. It needs the network's weights, or perhaps a copy: "
    "lesson 06 showed how one is made from answers alone.",
)

EXERCISES = collect("11", globals())
