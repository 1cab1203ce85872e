"""Lesson 06, your turn: a student of 20 kB is built by the learner, trained and judged here.

Its rival, a linear map as large and trained as long, is judged on the same people.
"""

from collections.abc import Callable, Iterable
from functools import cache
from random import randrange
from statistics import fmean

import torch
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity

from facecourse.kit.checkers import build, kind_of, run_on
from facecourse.kit.exercise import CannotCheckError
from facecourse.kit.seeds import build_seeded
from facecourse.lesson06_distillation import experiment
from facelib.models import embed, face_embedding
from facelib.threads import few_threads

BYTES, AHEAD = 20_000, 0.01  # of the weights; in mean cosine to the teacher, of the rival
STEPS, BATCH, RATE = 400, 64, 0.02
FRESH, PEOPLE = 3, 360  # groups of people that the checker draws from, and how many in each


@cache
def tell(fresh: int | None = None) -> tuple[Tensor, Tensor]:
    """Faces to learn from, or of one of `FRESH` groups of other people, float (N, 1, 32, 32), and
    what the teacher says of each, (N, 128)."""
    if fresh is None:
        people = experiment.render_faces()
    else:
        people = experiment.render_judges(1 + fresh, people=PEOPLE, photos=1)
    return experiment.shrink(people.images), embed(face_embedding(), people.images)


def count_bytes(model: nn.Module) -> int:
    """What the weights take in a file, batch norm's statistics among them."""
    return sum(part.numel() * part.element_size() for part in model.state_dict().values())


def hides_weights(model: nn.Module) -> bool:
    """Whether a part of it keeps tensors or networks, in a list for example, that a file of its
    `state_dict()` would not hold."""
    for part in model.modules():
        own = {**vars(part), **dict.fromkeys(("_parameters", "_buffers", "_modules"))}
        for value in own.values():
            inside = value.values() if isinstance(value, dict) else value
            inside = inside if isinstance(inside, Iterable) else [inside]
            if isinstance(value, Tensor) or any(isinstance(i, Tensor | nn.Module) for i in inside):
                return True
    return any(part._non_persistent_buffers_set for part in model.modules())


def teach(model: nn.Module, seed: int, steps: int = STEPS) -> nn.Module:
    """Train a small student, in place, to give the teacher's directions."""
    (known, said), chance = tell(), torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(model.parameters(), RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
    model.train()
    with few_threads(model, BATCH, torch.device("cpu")):
        for _ in range(steps):
            rows = torch.randint(len(known), (BATCH,), generator=chance)
            mirrored = torch.rand(BATCH, 1, 1, 1, generator=chance) < 0.5
            faces = torch.where(mirrored, known[rows].flip(3), known[rows])
            loss = 1 - cosine_similarity(model(faces), said[rows]).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return model.eval()


def measure(model: nn.Module, group: int) -> float:
    """Mean cosine of a student and the teacher on one of `FRESH` groups of people."""
    faces, said = tell(group)
    with torch.no_grad():
        return float(cosine_similarity(model(faces), said).mean())


def build_rival() -> nn.Sequential:
    """A linear map through twelve numbers."""
    thin = nn.Linear(256, 12, bias=False), nn.BatchNorm1d(12), nn.Linear(12, 128, bias=False)
    return nn.Sequential(nn.AvgPool2d(2), nn.Flatten(), *thin)


def judge_student(answer: Callable[[], nn.Module]) -> str | None:
    """None if what `answer` builds is small enough and, once taught, nearer to the teacher than the
    rival; else what is missing.

    Raises:
        CannotCheckError: it builds no network for such faces.
    """
    seed = randrange(2**31)
    model, other = (build_seeded(start, lambda: build(answer)) for start in (seed, seed + 1))
    faces, wanted = tell()
    said = run_on(model, faces[:2])
    if not isinstance(said, Tensor) or said.shape != (2, wanted.shape[1]):
        found = kind_of(said)
        raise CannotCheckError(f"Two faces must give a tensor of shape (2, 128); this is {found}.")
    if hides_weights(model):
        return "Some weights stand where `state_dict()` does not count them: make them its parts."
    size = count_bytes(model)
    if size > BYTES:
        return f"Its weights take {size:,} bytes, and {BYTES:,} are allowed. {_find_largest(model)}"
    group = randrange(FRESH)
    near = fmean(measure(teach(one, seed), group) for one in (model, other))
    rival = fmean(
        measure(teach(build_seeded(start, build_rival), seed), group) for start in (seed, seed + 1)
    )
    if near >= rival + AHEAD:
        return None
    left = BYTES - size
    found = f"On people nobody has met the mean cosine is {near:.3f}, that of the linear rival "
    found += f"{rival:.3f}; {AHEAD} more than that is wanted. "
    if left > BYTES / 4:
        return f"{found}{left:,} bytes are left: use them."
    return (
        f"{found}Spend the bytes elsewhere: convolutions use each weight at many places; what they "
        "find should keep *where* it was; and a way to 128 numbers through few is cheap."
    )


def _find_largest(model: nn.Module) -> str:
    name, weight = max(model.named_parameters(), key=lambda named: named[1].numel())
    return f"The largest is {name}, {tuple(weight.shape)}, with {weight.numel():,} numbers."


def build_hiding() -> nn.Module:
    """A wrong answer: a layer stands in a list, and nobody counts its weights."""
    model = build_rival()
    model.big = [nn.Linear(1024, 128)]
    return model
