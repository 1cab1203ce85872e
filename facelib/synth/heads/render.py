"""Pictures of people who don't exist: render(people, photographs) -> uint8 images."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from facelib.synth import noise
from facelib.synth.colours import colours
from facelib.synth.factors import Factors
from facelib.synth.heads.head import surface
from facelib.synth.heads.identity import IDENTITY
from facelib.synth.heads.nuisance import NUISANCE
from facelib.synth.heads.paint import paint
from facelib.synth.heads.prepare import scalars
from facelib.synth.heads.relief import marks
from facelib.synth.render import check, develop, grain

CHUNK, COMPILED_CHUNK = 24, 48  # images of 64 x 64 at a time on a CPU; eager, for each thread


def render(
    person: Factors,
    photo: Factors,
    size: int = 64,
    channels: int = 1,
    device: torch.device | str = "cpu",
    compiled: bool = False,
) -> Tensor:
    """One image for each row, uint8 (N, channels, size, size).

    Args:
        person: rows of `identities`, as many as of `photo`.
        photo: rows of `nuisances`.
        size: 64 or 112 pixels a side; both show the same face.
        channels: 1 for grey (the brightness of the colours) or 3 for RGB.
        device: where to render and to leave the images.
        compiled: with torch.compile: half a minute for the first call of a size, then an eighth
            less time on a CPU. Within one grey level of the other.

    Raises:
        ValueError: other tables, different numbers of rows, another size or number of channels.
    """
    check(person, photo, (IDENTITY, NUISANCE), size, channels)
    person, photo = person.to(device), photo.to(device)
    chunk = _chunk(photo.values.device, size, compiled)
    draw = _compile() if compiled else picture
    parts = []
    for rows in torch.arange(len(person)).split(chunk):
        if compiled:  # a graph is for one number of images: the last is drawn again
            rows = torch.cat([rows, rows[-1:].expand(chunk - len(rows))])
        parts.append(draw(*_ready(person[rows], photo[rows], size, channels)))
    return torch.cat(parts)[: len(person)]


def _ready(person: Factors, photo: Factors, size: int, channels: int) -> tuple[Any, ...]:
    """What `picture` draws from."""
    maps, frame = surface(person, photo, size)
    p = scalars(person, photo, frame, size)
    table = noise.table(maps.device)
    layers = colours(person, photo, channels)
    numbers = torch.stack(list(p.values()), 1)
    return tuple(p), numbers, maps, marks(p), layers, grain(photo, size), table


def _chunk(device: torch.device, size: int, compiled: bool) -> int:
    """Images at a time: on a CPU few enough for their planes to stay in its cache."""
    if device.type != "cpu":
        return int(256 * (64 / size) ** 2)  # below 2 GiB
    chunk = COMPILED_CHUNK if compiled else CHUNK * torch.get_num_threads()
    return max(1, int(chunk * (64 / size) ** 2))


@lru_cache(1)
def _compile() -> Callable[..., Tensor]:
    return torch.compile(picture, dynamic=False, fullgraph=True)


@torch.no_grad()
def picture(
    names: tuple[str, ...],
    numbers: Tensor,
    maps: Tensor,
    marks: Tensor,
    colours: Tensor,
    grain: Tensor,
    table: Tensor,
) -> Tensor:
    """uint8 (N, C, size, size) from what `_ready` made: the part worth compiling."""
    p = dict(zip(names, numbers[:, :, None, None].unbind(1), strict=True))
    return develop(paint(p, maps, marks, colours, table), p, grain)
