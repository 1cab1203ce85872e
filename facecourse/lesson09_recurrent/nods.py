"""Lesson 09, what is yours to build: a network that tells a nod from two.

A clip is twelve frames of a head, put together from pictures of it level and bent down.
"""

from functools import lru_cache
from random import randrange
from statistics import fmean
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from facecourse.kit.checkers import build, find_shape, run_on
from facecourse.kit.seeds import build_seeded
from facecourse.lesson09_recurrent import experiment
from facelib.synth import identities, nuisances, render
from facelib.synth.people import pick_seed

NOD_FRAMES, NOD_CLIPS, POSES = 12, 6, 2
LEVEL = {
    "yaw": (-10.0, 10.0), "pitch": 0.0, "scale": (1.15, 1.35), "azimuth": (-40.0, 40.0),
    "ambient": (0.4, 0.8), "hat": 0.0,
}  # fmt: skip
DOWN = -14.0  # degrees
MOST_WEIGHTS = 1000  # and other numbers of the network
# Shares of clips told rightly: to pass (the span from the first frame down to the last tells 81 %
# of them and no more), and by a network that has learnt little of its own clips.
WANTED, LITTLE = 0.85, 0.7
JUDGED = pick_seed("clips tried", 1)  # of people whom the lesson doesn't show
LEARNT, TRIED, RATE = 100, 80, 2e-2  # people, and how fast it learns
WIDTH = 64  # numbers of a frame


def plan_nods(count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """When heads are down, bool (count, NOD_FRAMES): once, or twice, for as many frames; and which
    of the two, bool (count,). The first and the last frame are level."""
    down, twice = torch.zeros(count, NOD_FRAMES, dtype=torch.bool), torch.arange(count) % 2 == 1

    def pick(low: int, high: int) -> int:
        return int(torch.randint(low, high + 1, (1,), generator=generator))

    for row, two in zip(down, twice, strict=True):
        total = pick(2, 5)
        first, gap = (pick(1, total - 1), pick(1, 4)) if two else (total, 0)
        start = pick(1, NOD_FRAMES - 1 - total - gap)
        row[start : start + first] = True
        row[start + first + gap : start + total + gap] = True
    return down, twice


@lru_cache(4)
def render_heads(people: int, seed: int) -> Tensor:
    """Pictures of heads, float (people, 2, POSES, 64, 64): level, down."""
    generator = torch.Generator().manual_seed(seed + 1)
    photo = nuisances(people, generator, **LEVEL).repeat(2 * POSES)
    jitter = 2 * torch.rand(4, len(photo), generator=generator) - 1
    down = torch.arange(len(photo)) // POSES % 2
    photo = photo.set(
        pitch=DOWN * down + 1.5 * jitter[0], yaw=photo["yaw"] + 3 * jitter[1],
        shift_x=photo["shift_x"] + 0.02 * jitter[2], shift_y=photo["shift_y"] + 0.02 * jitter[3],
    )  # fmt: skip
    pictures = render(identities(people, seed).repeat(2 * POSES), photo)
    return pictures.float().view(people, 2, POSES, 64, 64)


def take_nods(people: int, seed: int, draw: int) -> tuple[Tensor, Tensor]:
    """Clips of people who nod once or twice, some of each person in a row: frames, float (N, T,
    64), 8 x 8 pixels, every clip to mean 0 and spread 1; and how often less one, int64 (N,)."""
    generator = torch.Generator().manual_seed(draw)
    down, twice = plan_nods(people * NOD_CLIPS, generator)
    who = torch.arange(people).repeat_interleave(NOD_CLIPS)[:, None]
    pose = torch.randint(POSES, down.shape, generator=generator)
    small = F.avg_pool2d(render_heads(people, seed).flatten(0, 2)[:, None], 8)
    frames = small.view(people, 2, POSES, -1)[who, down.long(), pose]
    moved = frames - frames.mean(1, keepdim=True)
    return moved / (moved.std((1, 2), keepdim=True) + 1e-3), twice.long()


def train(model: nn.Module, seed: int = experiment.TRY) -> tuple[float, float]:
    """Teach a network, in place, to tell two nods from one: the share of the clips learnt from that
    it then tells rightly, and of other people's, whom the seed draws."""
    learnt = take_nods(LEARNT, experiment.LEARN, randrange(2**31))
    others = take_nods(TRIED, seed, randrange(2**31))
    experiment.train_reader(model, *learnt, nn.CrossEntropyLoss(), RATE)
    return experiment.score_labels(model, *learnt), experiment.score_labels(model, *others)


def judge_reader(answer: Any) -> str | None:
    """Why the network that `answer(WIDTH)` builds won't do; None if it tells enough of new people's
    clips rightly, once it has learnt from others."""
    model, other = (build_seeded(seed, lambda: build(answer, WIDTH)) for seed in (0, 1))
    if (weights := sum(map(torch.numel, model.state_dict().values()))) > MOST_WEIGHTS:
        return (
            f"It has {weights:,} weights; {MOST_WEIGHTS:,} are allowed. Make each frame few "
            "numbers before a cell remembers them."
        )
    frames, _ = take_nods(TRIED, JUDGED, randrange(2**31))
    if (shape := find_shape(run_on(model.forward, frames[:3]))) != (3, 2):
        return f"Of three clips it says {shape}; two logits a clip are wanted, (3, 2)."
    # Two starts, so that luck decides less; no line of `train` is the learner's.
    trained = [run_on(train, one, JUDGED) for one in (model, other)]
    known, share = map(fmean, zip(*trained, strict=True))
    if share >= WANTED:
        print(f"{share:.0%} of new people's clips are told rightly, with {weights} weights.")
        return None
    said = f"Of new people's clips it tells {share:.0%} rightly; {WANTED:.0%} are wanted. "
    with torch.inference_mode():
        answers = model(frames)
        if answers.std(0).max() < 0.01:
            return said + "It says the same of every clip: it has learnt nothing."
        if torch.allclose(answers, model(experiment.shuffle_frames(frames)), atol=1e-3):
            return (
                said + "Shuffled frames make no difference to it: a sum, a mean or a largest "
                "over frames throws their order away."
            )
        early = frames.clone()
        early[:, :-1] = 0
        if torch.allclose(answers, model(early), atol=1e-3):
            return said + "It looks at the last frame only, and every clip ends with a level head."
    if known < LITTLE:
        return (
            said + f"Even of those it learnt from, only {known:.0%}: is the order of frames still "
            "there where it decides, and can the first ones be remembered?"
        )
    return (
        said + f"Of those it learnt from, {known:.0%}: it knows these clips by heart. Make each "
        "frame fewer numbers before a cell reads them."
    )
