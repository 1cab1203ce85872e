"""Lesson 12, capstone: its exercises, and the file that is yours to build."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from torch import nn
from torch.nn.functional import cosine_similarity

from facecourse.kit.checkers import draw_normal, function
from facecourse.kit.exercise import (
    CannotCheckError,
    Checker,
    Exercise,
    NotAttemptedError,
    ____,
    collect,
)
from facecourse.ladder.student import renew_statistics
from facecourse.lesson12_capstone.card import missing
from facecourse.lesson12_capstone.experiment import BUDGETS, DOOR, keeps, shipped, use
from facecourse.lesson12_capstone.scoring import Score, draw_seed, score_file
from facelib.compress import round_weights
from facelib.measure import Interval
from facelib.models import face_compact, face_embedding, face_pruned, face_student

PEOPLE = 600  # whom the checker draws


_NETWORK = draw_normal(6, 8, seed=0)
_CASES = [(_NETWORK, _NETWORK * 3 + 0.4 * draw_normal(6, 8, seed=seed)) for seed in (1, 2)]

parity = Exercise(
    prompt="Return the smallest cosine between a face's embedding from the network and from the "
    "file. Both are (N, D), of any length.",
    starter="def parity(network, file):\n    return ____",
    hints=(
        "A cosine is the dot product of two rows, each divided by its length.",
        "`torch.cosine_similarity(network, file)` compares row by row.",
        "One face that goes wrong is enough to shut somebody out: take the smallest, `.min()`.",
    ),
    answer=("def parity(network, file):\n    return torch.cosine_similarity(network, file).min()"),
    checker=function(
        lambda network, file: cosine_similarity(network, file).min(),
        *_CASES,
    ),
    slips={
        ".min() -> .mean()": "A mean hides the one face that goes wrong: take the smallest.",
        "torch.cosine_similarity(network, file) -> (network * file).sum(1)": "These embeddings "
        "have any length: divide by it, or compare by a cosine.",
        "torch.cosine_similarity(network, file).min() -> (network - file).abs().max()": "That is "
        "the largest difference, which grows with the length. Want a cosine.",
    },
    also_wrong=(lambda network, file: cosine_similarity(network, file, dim=0).min(),),
    praise="One number that says whether the file is the network.",
)


def _score(size: int, faster: tuple, lost: tuple) -> Score:
    intervals = (Interval(*values, n=2000) for values in (faster, lost))
    return Score(size, *intervals, Interval(0.1, 0.08, 0.12, 500), 0, 2000, "")


_SCORES = [
    _score(90_000, (17.0, 16.8, 17.3), (7.0, 6.2, 7.9)),
    _score(90_000, (17.0, 16.8, 17.3), (8.7, 7.9, 9.6)),
    _score(90_000, (8.1, 7.8, 8.4), (7.0, 6.2, 7.9)),
    _score(151_000, (17.0, 16.8, 17.3), (7.0, 6.2, 7.9)),
    _score(150_000, (8.2, 8.0, 8.4), (8.5, 8.0, 9.0)),
]


use_budget = Exercise(
    prompt="Return which shares of a budget a score uses up, at the worse end of each interval: "
    "bytes, time, points lost. At most 1 each keeps it.",
    starter="def use_budget(score, budget):\n    return ____",
    hints=(
        "A score has `bytes`, and the intervals `faster` and `lost`; a budget has three numbers "
        "under the same names.",
        "An interval has `low` and `high`. Which end would disappoint you?",
        "Twice as fast uses half of the time: `budget.faster / score.faster.low`.",
    ),
    answer=(
        "def use_budget(score, budget):\n"
        "    size = score.bytes / budget.bytes\n"
        "    time = budget.faster / score.faster.low\n"
        "    return [size, time, score.lost.high / budget.lost]"
    ),
    checker=function(
        use,
        *((found, DOOR) for found in _SCORES),
    ),
    slips={
        "low\n    return [size, time, score.lost.high -> value\n    return [size, time, "
        "score.lost.value": "A value in the middle of its interval may lie on the wrong side by "
        "chance: take the end that would disappoint you.",
        "low\n    return [size, time, score.lost.high -> high\n    return [size, time, "
        "score.lost.low": "That is the end that would please you: take the other.",
        "budget.faster / score.faster.low -> score.faster.low / budget.faster": "A faster file "
        "uses less of its time: turn the second fraction over.",
    },
    also_wrong=(lambda score, budget: [score.bytes / budget.bytes],),
    praise="A promise counts where the worse end of the interval keeps it.",
)


@cache
def _seed() -> int:
    """Of the people whom the checker draws: others in each kernel, unknown to anybody."""
    return draw_seed()


def _judge_recipe(answer: Any) -> str | None:
    if not isinstance(answer, Mapping) or {"budget", "network", "bits"} - set(answer):
        raise CannotCheckError('Want a dict with a "budget", a "network" and "bits".')
    if any(value is ____ for value in answer.values()):
        raise NotAttemptedError
    if answer["budget"] not in BUDGETS:
        raise CannotCheckError(f'The "budget" is one of {", ".join(BUDGETS)}.')
    if not isinstance(answer["network"], nn.Module):
        raise CannotCheckError('The "network" is a PyTorch network, as `face_pruned()` is one.')
    budget = BUDGETS[answer["budget"]]
    try:
        with shipped(answer) as path:
            if (size := path.stat().st_size) > budget.bytes:
                return f"It has {size:,} bytes, and {budget.bytes:,} are allowed."
            found = score_file(path, _seed(), PEOPLE)
    except (ValueError, RuntimeError) as error:
        raise CannotCheckError(f"It can't be shipped: {error}") from error
    if keeps(found, budget):
        return None
    if found.lost.high > budget.lost:
        return f"It may lose more than {budget.lost} points: {found}."
    return f"It is less than {budget.faster} times as fast as the teacher's: {found}."


mine = Exercise(
    points=4,
    prompt='Give a dict: one of the three budgets by its name, a network, and the "bits" of its '
    "weights.",
    starter="mine = ____",
    hints=(
        'Start from the recipe above: {"budget": "card", "network": face_pruned(), "bits": 8} is '
        "too large. What makes a zipped file smaller?",
        "Weights on fewer values zip better: `round_weights(network, bits)`. After it, "
        "`renew_statistics`.",
        "For the phone, begin with `face_embedding()` and make its last layer thin: "
        '`factorize(network, {"embedding.1": 48})[0]`.',
    ),
    answer=(
        "mine = {\n"
        '    "budget": "card",\n'
        '    "network": renew_statistics(round_weights(face_pruned(), 5)),\n'
        '    "bits": 5,\n'
        "}"
    ),
    checker=Checker(
        _judge_recipe,
        mistakes=(
            {"budget": "card", "network": face_pruned(), "bits": 8},
            {"budget": "camera", "network": face_student(), "bits": 8},
            {"budget": "phone", "network": face_student(), "bits": 8},
            {"budget": "card", "network": face_pruned(), "bits": 3},
        ),
    ),
    also_wrong=(
        {"budget": "phone", "network": face_embedding(), "bits": 8},
        {"budget": "phone", "network": face_compact(), "bits": 8},
        {"budget": "watch", "network": face_pruned(), "bits": 8},
        "face_pruned",
    ),
    praise="It keeps the budget on people whom nobody has seen.",
    context={
        "renew_statistics": renew_statistics,
        "round_weights": round_weights,
        "face_pruned": face_pruned,
    },
)


def _judge_card(answer: Any) -> str | None:
    if not isinstance(answer, Mapping):
        raise CannotCheckError('Want a dict, {"purpose": "...", ...}.')
    if any(value is ____ for value in answer.values()):
        raise NotAttemptedError
    return missing(answer)


_CARD = {
    "purpose": "It opens the door of our chess club to members who asked for it.",
    "not for": "No police, no employer, no school, nobody who has not been asked.",
    "when it errs": "Who is kept out rings the bell; a stranger is seen by the warden.",
    "consent and deletion": "Each member has signed; forget NAME deletes a template at once.",
}

_SAME = dict.fromkeys(_CARD, "It opens the door of our club to all its members.")

card_words = Exercise(
    prompt='Write four entries: "purpose", "not for", "when it errs", "consent and deletion".',
    starter="card_words = ____",
    hints=(
        'A dict: {"purpose": "...", "not for": "..."} and so on, eight words or more each.',
        "Lesson 11 has a list of what to write down before you deploy.",
    ),
    answer="card_words = {\n" + "".join(f"    {k!r}: {v!r},\n" for k, v in _CARD.items()) + "}",
    checker=Checker(
        _judge_card,
        mistakes=(
            {name: text for name, text in _CARD.items() if name != "not for"},
            _SAME,
            _SAME | {"year": "2026", "place": "here", "owner": "us"},
            _CARD | {"when it errs": "It never errs."},
            _CARD | {"purpose": "____ is what this door is good for, I think."},
        ),
    ),
    also_wrong=("It opens our door.",),
    praise="A checker counts words. Whether they are true, your members will judge.",
)

EXERCISES = collect("12", globals())
