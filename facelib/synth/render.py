"""Pictures of people who don't exist: render(people, photographs) -> uint8 images."""

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
from facelib.synth.relief import atlas, bell

SIZES = (64, 112)


def render(
    person: Factors,
    photo: Factors,
    size: int = 64,
    channels: int = 1,
    device: torch.device | str = "cpu",
) -> Tensor:
    """One image for each row, uint8 (N, channels, size, size).

    Args:
        person, photo: as many rows of `identities` as of `nuisances`.
        size: 64 or 112 pixels a side; both show the same face.
        channels: 1 for grey (the brightness of the colours) or 3 for RGB.
        device: where to render and to leave the images.
    """
    if person.table is not IDENTITY or photo.table is not NUISANCE:
        raise ValueError("want render(person, photo): rows of identities() and of nuisances()")
    if len(person) != len(photo):
        raise ValueError(
            f"want as many people as photographs, got {len(person)} and {len(photo)}: "
            "people.repeat(k) gives every person k rows"
        )
    if size not in SIZES or channels not in (1, 3):
        raise ValueError(f"want size 64 or 112 and channels 1 or 3, got {size} and {channels}")
    person, photo = person.to(device), photo.to(device)
    some = torch.arange(len(person)).split(_chunk(photo.values.device, size))
    return torch.cat([_picture(person[rows], photo[rows], size, channels) for rows in some])


def _chunk(device: torch.device, size: int) -> int:
    """Images at a time: on a CPU few enough for their planes to stay in its cache."""
    chunk = 512 if device.type != "cpu" else 24 * torch.get_num_threads()
    return max(1, int(chunk * (64 / size) ** 2))


@torch.no_grad()
def _picture(person: Factors, photo: Factors, size: int, channels: int) -> Tensor:
    maps, frame = surface(person, photo, size)
    p = scalars(person, photo, frame, size)
    soft, layers = atlas(p), colours(person, photo, channels)
    p = {name: column[:, None, None] for name, column in p.items()}
    linear = paint(p, maps, soft, layers, noise.table(maps.device))
    return _develop(linear, p, noise.grain(photo["noise_place"], size))


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
