"""Pictures of people who don't exist: render(people, photographs) -> uint8 images."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor

from facelib.data.preprocess import LUMA
from facelib.synth import noise
from facelib.synth.colours import colours
from facelib.synth.factors import Factors, Table
from facelib.synth.head import bell
from facelib.synth.identity import IDENTITY
from facelib.synth.nuisance import NUISANCE
from facelib.synth.paint import paint
from facelib.synth.prepare import scalars
from facelib.synth.relief import bumps

SIZES = (64, 112)
CHUNK, COMPILED_CHUNK = 8, 48  # images of 64 x 64 at a time on a CPU; eager, for each thread


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
    check(person, photo, (IDENTITY, NUISANCE), size, channels)
    person, photo = person.to(device), photo.to(device)
    p = scalars(person, photo, size)
    numbers = torch.stack(list(p.values()), 1)
    batch = (numbers, bumps(p), colours(person, photo, channels), grain(photo, size))
    chunk = _chunk(numbers.device, size, compiled)
    draw = _compile() if compiled else picture
    if compiled and len(numbers) % chunk:  # a graph is for one number of images
        fill = torch.arange(-(-len(numbers) // chunk) * chunk).clamp(max=len(numbers) - 1)
        batch = tuple(tensor[fill.to(device)] for tensor in batch)
    table = noise.table(numbers.device)
    parts = zip(*(tensor.split(chunk) for tensor in batch), strict=True)
    return torch.cat([draw(tuple(p), *part, table, size) for part in parts])[: len(person)]


def check(
    person: Factors, photo: Factors, tables: tuple[Table, Table], size: int, channels: int
) -> None:
    """Raise what `render` raises; tables: of people and of photographs."""
    if person.table is not tables[0] or photo.table is not tables[1]:
        raise ValueError("want render(person, photo): rows of identities() and of nuisances()")
    if len(person) != len(photo):
        raise ValueError(
            f"want as many people as photographs, got {len(person)} and {len(photo)}: "
            "people.repeat(k) gives every person k rows"
        )
    if size not in SIZES or channels not in (1, 3):
        raise ValueError(f"want size 64 or 112 and channels 1 or 3, got {size} and {channels}")


def grain(photo: Factors, size: int) -> Tensor:
    """The photographs' noise (N, size, size), standard deviation 1."""
    return noise.grain(photo["noise_place"], size)


def _chunk(device: torch.device, size: int, compiled: bool) -> int:
    """Images at a time: on a CPU few enough for their planes to stay in its cache."""
    if device.type != "cpu":
        return 2048
    chunk = COMPILED_CHUNK if compiled else CHUNK * torch.get_num_threads()
    return max(1, int(chunk * (64 / size) ** 2))


@lru_cache(1)
def _compile() -> Callable[..., Tensor]:
    return torch.compile(picture, dynamic=False, fullgraph=True)


@torch.no_grad()
def picture(
    names: tuple[str, ...],
    numbers: Tensor,
    bumps: Tensor,
    colours: Tensor,
    grain: Tensor,
    table: Tensor,
    size: int,
) -> Tensor:
    """uint8 (N, C, size, size) from what `prepare` made: the part worth compiling."""
    p = dict(zip(names, numbers[:, :, None, None].unbind(1), strict=True))
    return develop(paint(p, bumps, colours, table, size), p, grain)


def develop(linear: Tensor, p: dict[str, Tensor], grain: Tensor) -> Tensor:
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
