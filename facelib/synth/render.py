"""Pictures of people who don't exist: render(people, photographs) -> uint8 images."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from facelib.data.preprocess import LUMA
from facelib.synth import noise
from facelib.synth.colours import colours
from facelib.synth.factors import Factors
from facelib.synth.head import surface
from facelib.synth.identity import IDENTITY
from facelib.synth.nuisance import NUISANCE
from facelib.synth.paint import paint
from facelib.synth.prepare import scalars
from facelib.synth.relief import bell, marks

SIZES = (64, 112)
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
        compiled: with torch.compile: half a minute for the first call of a size, several times as
            many faces a second afterwards. Within one grey level of the other.

    Raises:
        ValueError: other tables, different numbers of rows, another size or number of channels.
    """
    _check(person, photo, size, channels)
    person, photo = person.to(device), photo.to(device)
    chunk = _chunk(photo.values.device, size, compiled)
    draw = _compile() if compiled else picture
    parts = []
    for rows in torch.arange(len(person)).split(chunk):
        if compiled:  # a graph is for one number of images: the last is drawn again
            rows = torch.cat([rows, rows[-1:].expand(chunk - len(rows))])
        parts.append(draw(*_ready(person[rows], photo[rows], size, channels)))
    return torch.cat(parts)[: len(person)]


def _check(person: Factors, photo: Factors, size: int, channels: int) -> None:
    """Raise what `render` raises."""
    if person.table is not IDENTITY or photo.table is not NUISANCE:
        raise ValueError("want render(person, photo): rows of identities() and of nuisances()")
    if len(person) != len(photo):
        raise ValueError(
            f"want as many people as photographs, got {len(person)} and {len(photo)}: "
            "people.repeat(k) gives every person k rows"
        )
    if size not in SIZES or channels not in (1, 3):
        raise ValueError(f"want size 64 or 112 and channels 1 or 3, got {size} and {channels}")


def _ready(person: Factors, photo: Factors, size: int, channels: int) -> tuple[Any, ...]:
    """What `picture` draws from."""
    maps, frame = surface(person, photo, size)
    p = scalars(person, photo, frame, size)
    table = noise.table(maps.device)
    layers = colours(person, photo, channels)
    numbers = torch.stack(list(p.values()), 1)
    return tuple(p), numbers, maps, marks(p), layers, noise.grain(photo["noise_place"], size), table


def _chunk(device: torch.device, size: int, compiled: bool) -> int:
    """Images at a time: on a CPU few enough for their planes to stay in its cache."""
    if device.type != "cpu":
        return int(256 * (64 / size) ** 2)  # some 2 GiB
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
    return _develop(paint(p, maps, marks, colours, table), p, grain)


def _develop(linear: Tensor, p: dict[str, Tensor], grain: Tensor) -> Tensor:
    """What the camera does: lens, exposure, tone curve, grain. Linear light -> uint8."""
    size = linear.shape[-1]
    pixel = torch.arange(size, device=linear.device)
    spread = bell(((pixel[:, None] - pixel) / p["blur"]).square())
    lens = (spread / spread.sum(2, keepdim=True))[:, None]
    linear = lens @ linear @ lens.mT
    axis = (pixel + 0.5) * (2 / size) - 1
    corner = axis.square() + axis.square()[:, None]
    linear = linear * (p["gain"] * (1 - p["dim"] * corner))[:, None]
    # The curve works on brightness and keeps colours as they are.
    brightness = linear
    if linear.shape[1] == 3:
        brightness = (linear * linear.new_tensor(LUMA).view(3, 1, 1)).sum(1, keepdim=True)
    brightness = brightness.clamp(min=1e-4)
    tone = brightness ** (p["contrast"] / 2.2)[:, None]
    # Film and sensors roll off before white.
    tone = torch.where(tone > 0.8, 1 - 0.2 * torch.exp((0.8 - tone) * 5), tone)
    image = linear * (tone / brightness) + (p["noise"] * grain)[:, None]
    return (image * 255).round_().clamp_(0, 255).to(torch.uint8)
