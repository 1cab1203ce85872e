"""A person in motion: smooth paths through the nuisance factors, with what happens known."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from facelib.synth.factors import Factors
from facelib.synth.nuisance import NUISANCE, nuisances
from facelib.synth.render import render

SMOOTH = 6.0  # frames; standard deviation of the bell curve that smooths the paths
# How far each factor wanders: the standard deviation of its path.
WANDER = {
    "yaw": 8.0, "pitch": 4.0, "roll": 2.5, "shift_x": 0.02, "shift_y": 0.02, "scale": 0.02,
    "smile": 0.3, "mouth_open": 0.12, "brow_raise": 0.25, "gaze_x": 0.4, "gaze_y": 0.25,
}  # fmt: skip
BLINK = (0.5, 1.0, 1.0, 0.5)  # how far the eyes are closed in the frames of a blink
BLINK_EVERY = 40  # frames between two blinks, on average
TURNING = 0.5  # degrees a frame from which on the head is said to turn


class Video(NamedTuple):
    """images: uint8 (T, C, H, W). turn: int64 (T,), -1 while the head turns to the left of the
    image, 1 to the right, 0 else. blink: bool (T,), eyes closed. photo: the factors of each frame.
    """

    images: Tensor
    turn: Tensor
    blink: Tensor
    photo: Factors


def video(
    person: Factors,
    frames: int,
    seed: int = 0,
    *,
    turn: float = 0.0,
    size: int = 64,
    channels: int = 1,
    device: torch.device | str = "cpu",
) -> Video:
    """One person for `frames` frames: place, light and clothes stay, head and face move.

    Args:
        person: one row of `identities`.
        turn: degrees by which the head turns to the right from first to last frame, on top of
            small movements; negative to the left.

    Raises:
        ValueError: another number of people than one, or no frames.
    """
    if len(person) != 1 or frames < 1:
        raise ValueError(
            f"want one person and at least 1 frame, got {len(person)} people, {frames} frames: "
            "people[3:4] is one row"
        )
    generator = torch.Generator().manual_seed(seed)
    photo = nuisances(
        1, generator, yaw=0.0, pitch=0.0, roll=0.0, blink=0.0, smile=(-0.2, 0.5), mouth_open=0.0,
        scale=(0.9, 1.1), gaze_x=0.0, gaze_y=0.0,
    )  # fmt: skip
    values = photo.values.repeat(frames, 1)
    paths = _paths(frames, len(WANDER), generator)
    for path, (name, far) in zip(paths, WANDER.items(), strict=True):
        values[:, list(NUISANCE).index(name)] += far * path
    time = torch.linspace(-0.5, 0.5, frames)
    values[:, list(NUISANCE).index("yaw")] += turn * time
    low, high = (torch.tensor([factor[end] for factor in NUISANCE.values()]) for end in (0, 1))
    photo = replace(photo, values=torch.clamp(values, low.clamp(max=0), high)).set(
        blink=_blinks(frames, generator), noise_place=torch.rand(frames, generator=generator)
    )
    speed = torch.gradient(photo["yaw"])[0] if frames > 1 else torch.zeros(1)
    return Video(
        render(person.repeat(frames), photo, size=size, channels=channels, device=device),
        torch.where(speed.abs() > TURNING, speed.sign(), 0.0).long(),
        photo["blink"] > 0.5,
        photo,
    )


def _paths(frames: int, paths: int, generator: torch.Generator) -> Tensor:
    """(paths, frames), smooth, mean 0 and standard deviation 1 over many seeds."""
    reach = int(4 * SMOOTH)
    white = torch.randn(paths, 1, frames + 2 * reach, generator=generator)
    bell = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / SMOOTH) ** 2)
    return torch.nn.functional.conv1d(white, (bell / bell.norm())[None, None])[:, 0]


def _blinks(frames: int, generator: torch.Generator) -> Tensor:
    starts = torch.rand(frames, generator=generator) < 1 / BLINK_EVERY
    closed = torch.zeros(frames + len(BLINK))
    for start in starts.nonzero().flatten().tolist():
        part = closed[start : start + len(BLINK)]
        part.copy_(torch.maximum(part, torch.tensor(BLINK)))
    return closed[:frames]
