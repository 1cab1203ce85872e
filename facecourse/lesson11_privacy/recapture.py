"""Lesson 11: a photograph of a photograph, held before the camera (a presentation attack).

Words and rates are those of ISO/IEC 30107-3. The recaptures are simulated: real printers, screens
and cameras leave other traces, so these rates say nothing about a real attack or a real detector.
"""

import math
from collections.abc import Callable

import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate, pad
from torchvision.transforms.functional import gaussian_blur

from facelib.data import Augment
from facelib.measure import similarity
from facelib.models.classical import lbp_histograms

FINE, MARGIN = 4, 10  # points of a print or a screen for each pixel each way; pixels around it
HELD = Augment(shift=0.02, degrees=4, scale=0.04, mirror=False, light=0.1)  # before the camera
Surface = Callable[[Tensor, Tensor], Tensor]  # light and chances (N, 4, 1, 1) -> light, 0 to 1


def _print(light: Tensor, chance: Tensor) -> Tensor:
    """Dots of ink at 45 degrees, larger where it is darker, on paper that is not white."""
    pitch = 3 + 3 * chance[:, :1]  # points from dot to dot: below one pixel to one and a half
    turn, (height, width) = 2**0.5 * math.pi / pitch, light.shape[2:]
    down, right = turn * torch.arange(height)[:, None], turn * torch.arange(width)
    paper = torch.sigmoid(12 * (light - 0.5) - 2.7 * ((down + right).cos() + (down - right).cos()))
    return 0.12 + 0.7 * paper ** (0.8 + 0.4 * chance[:, 1:2])


def _screen(light: Tensor, chance: Tensor) -> Tensor:
    """Pixels with dark gaps, columns more so than rows, and a reflection from one side."""
    wave, turn = 2 * math.pi / (3 + 2 * chance[:, :1]), 2 * math.pi * chance[:, 1:2]
    down, right = torch.arange(light.shape[2])[:, None], torch.arange(light.shape[3])
    grid = (1 + 0.4 * (wave * right).cos()) * (1 + 0.2 * (wave * down).cos())
    ramp = down / len(down) * turn.sin() + right / len(right) * turn.cos()
    glare = 0.25 * chance[:, 2:3] * (ramp - ramp.amin((2, 3), keepdim=True))
    return (light**2.2 * grid + glare).clamp(0, 1) ** (1 / 2.2)  # a screen's light adds up


def recapture(images: Tensor, seed: int, surface: Surface) -> Tensor:
    """Photographs of what a surface shows, with what the camera does to any face: tilt, blur and
    noise.

    Args:
        images: uint8 (N, 1, H, W).
        seed: of accidents, each image's own.
        surface: one of `SURFACES`.

    Raises:
        ValueError: images of another shape or dtype.
    """
    if images.dtype != torch.uint8 or images.ndim != 4 or images.shape[1] != 1:
        raise ValueError(f"want uint8 (N, 1, H, W), got {images.dtype} {tuple(images.shape)}")
    generator, shots = torch.Generator().manual_seed(seed), []
    for part in images.split(32):  # enlarged, a batch of all would need 0.3 GB
        chance = torch.rand((len(part), 4, 1, 1), generator=generator)
        # With a margin, or the border of dots would tell a print from a face.
        wide = pad(part.float() / 255, [MARGIN] * 4, mode="replicate")
        light = interpolate(wide, scale_factor=FINE, mode="bicubic").clamp(0, 1)
        light = HELD((255 * surface(light, chance)).byte(), generator)
        # Half of a camera's pixel sees light, so that a fine grid comes out as a coarse one, moiré.
        seen = gaussian_blur(avg_pool2d(light, FINE - 1, FINE), 5, 0.6)
        seen = seen[..., MARGIN:-MARGIN, MARGIN:-MARGIN]
        grain = torch.randn(seen.shape, generator=generator)
        shots.append(255 * (seen + (0.01 + 0.02 * chance[:, 3:]) * grain).clamp(0, 1))
    return torch.cat(shots).round().byte()


CAMERA = "live, that camera"
SURFACES: dict[str, Surface] = {
    CAMERA: lambda light, chance: light,
    "print": _print,  # in halftone
    "screen": _screen,  # its grid, which turns into moiré, and glare
}


def make_kinds(images: Tensor, seed: int) -> dict[str, Tensor]:
    """Faces as they are, by the recaptures' camera, and recaptured; arguments as `recapture`."""
    return {"live": images} | {name: recapture(images, seed, s) for name, s in SURFACES.items()}


def share_accepted(asked: Tensor, enrolled: Tensor, person: Tensor, at: float) -> Tensor:
    """Of each image (N,), float64, the share of its person's other photographs it is accepted
    against.

    Args:
        asked, enrolled: float (N, D), embeddings of the same images, recaptured and as they are.
        person: int64 (N,).
        at: threshold.
    """
    other = (person[:, None] == person).fill_diagonal_(False)
    return (other & (similarity(asked, enrolled) >= at)).sum(1).double() / other.sum(1)


def train_detector(live: Tensor, attacks: Tensor) -> Pipeline:
    """Logistic regression on local binary patterns of whole images, uint8 (N, 1, H, W); live faces
    and attacks weigh alike, however many there are."""
    images = torch.cat([live, attacks])
    patterns = FunctionTransformer(lbp_histograms, kw_args={"grid": (1, 1)})
    weighed = LogisticRegression(max_iter=1000, class_weight="balanced")
    model = make_pipeline(patterns, StandardScaler(), weighed)
    return model.fit(images, (torch.arange(len(images)) >= len(live)).numpy())


def score_attacks(model: Pipeline, images: Tensor) -> Tensor:
    """How much a detector takes each image for an attack, float64 (N,)."""
    return torch.from_numpy(model.decision_function(images))


def bpcer_at(live: Tensor, attacks: Tensor, apcer: float) -> Tensor:
    """Which live faces are refused, bool (N,), where this share of the attacks passes; of scores,
    (N,) and (M,), that are higher for attacks."""
    passing = int(apcer * len(attacks))
    return live >= attacks.sort().values[passing]
