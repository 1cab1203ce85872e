"""MakeHuman's head (CC0), baked into head.npz: its surface at rest and what moves it.

Lengths are those of `identity`; coordinates are u to the right of the image, v down from the eyes'
line, and w towards the camera from the axis of the head.
"""

import zipfile
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

FILE = Path(__file__).parent / "head.npz"
EYE, TOOTH = 1, 2  # kinds of quads; 0 is skin
SPACING = 1.5  # of the spots on a quad at rest, in widths of the image by the head's unit
ASIDE = 0.11  # how quickly one side's parameters give way to the other's


@dataclass(frozen=True)
class Mesh:
    """V vertices, Q quads, and S spots spread over the quads for the z-buffer.

    points (V, 3); quads int64 (Q, 4), corners in order; kinds (Q,); moves (2K + 12 + E, 3V): of K
    shapes at 1, then at -1, of the twelve heads, of E expressions; marks (V, 5): u, v, lips, ears,
    sky, the last three in 0..1; right (V, 1): 1 where the right half's parameters hold. spot_quad
    (S,), spot_place (S, 2) in 0..1; spread: sparse (S, V), vertices to spots; around: sparse (V,
    Q), quads to vertices; eyes: vertices of the image's left and right one; teeth: of the upper and
    the lower ones; nose, corners (of the mouth, left and right), chin: single vertices.
    """

    points: Tensor
    quads: Tensor
    kinds: Tensor
    moves: Tensor
    marks: Tensor
    right: Tensor
    spot_quad: Tensor
    spot_place: Tensor
    spread: Tensor
    around: Tensor
    eyes: tuple[Tensor, Tensor]
    teeth: tuple[Tensor, Tensor]
    nose: int
    corners: tuple[int, int]
    chin: int


@lru_cache(1)
def baked() -> dict[str, np.ndarray]:
    """What head.npz holds; a ValueError if it is missing or damaged."""
    try:
        with np.load(FILE) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(
            f"{FILE} is missing or damaged ({error}): install facelib again"
        ) from error


def names(kind: str) -> list[str]:
    """Of the "shape"s or the "move"s, in order."""
    return baked()[f"{kind}_names"].tolist()


@lru_cache(4)
def load(device: torch.device, size: int) -> Mesh:
    """The mesh on a device, for images of `size` pixels across."""
    b = baked()
    points, quads, kinds = (torch.from_numpy(b[name]) for name in ("points", "quads", "kinds"))
    lips, ears, sky = (torch.from_numpy(b[name]).float() / 255 for name in ("lips", "ears", "sky"))
    quads = quads.long()

    def moved(name: str) -> Tensor:
        """(K, ..., 3V)"""
        whole, step = torch.from_numpy(b[name]).float(), torch.from_numpy(b[f"{name}_step"])
        return torch.einsum("k...,k->k...", whole, step).flatten(-2)

    def two(kind: int, axis: int) -> tuple[Tensor, Tensor]:
        """Vertices of a kind below and above the middle of an axis."""
        vertices = quads[kinds == kind].unique()
        place = points[vertices, axis]
        low = place < (place.max() + place.min()) / 2
        return vertices[low].to(device), vertices[~low].to(device)

    below, above = moved("shapes").unbind(1)
    heads, faces = moved("heads"), moved("moves")
    posed = torch.cat([points[None], points + faces.view(len(faces), -1, 3)])
    quad, place = _spots(posed[:, quads], SPACING / size)
    corners = quads[quad]
    spread = _sparse(
        torch.arange(len(quad))[:, None].expand(-1, 4), corners, bilinear(place), len(points)
    )
    order = torch.arange(len(quads))[:, None].expand(-1, 4)
    around = _sparse(quads, order, torch.ones(quads.shape), len(quads))
    u, v, w = points.unbind(1)
    on_lips = torch.where(lips > 0.4, u, 0.0)
    middle = torch.where(u.abs() < 0.05, w, -9.0)
    return Mesh(
        points.to(device), quads.to(device), kinds.to(device),
        torch.cat([above, below, heads, faces]).to(device),
        torch.stack([u, v, lips, ears, sky], 1).to(device),
        torch.sigmoid(u / ASIDE)[:, None].to(device), quad.to(device), place.to(device),
        spread.to(device), around.to(device), two(EYE, 0), two(TOOTH, 1),
        int(torch.where((v > 0.07) & (v < 0.44), middle, -9.0).argmax()),
        (int(on_lips.argmin()), int(on_lips.argmax())),
        int(torch.where((u.abs() < 0.05) & (w > 0.7), v, -9.0).argmax()),
    )  # fmt: skip


def bilinear(place: Tensor) -> Tensor:
    """Weights (..., 4) of a quad's corners at places (..., 2) in it."""
    s, t = place.unbind(-1)
    return torch.stack([(1 - s) * (1 - t), s * (1 - t), s * t, (1 - s) * t], -1)


def _spots(corner: Tensor, spacing: float) -> tuple[Tensor, Tensor]:
    """Spots no further apart than `spacing` in any pose: quads (S,) and places in them (S, 2).

    corner: of the quads in every pose, (poses, Q, 4, 3).
    """

    def steps(*sides: tuple[int, int]) -> Tensor:
        lengths = [(corner[:, :, a] - corner[:, :, b]).norm(dim=2) for a, b in sides]
        return (torch.cat(lengths).amax(0) / spacing).ceil().clamp(min=1).long()

    across, along = steps((0, 1), (3, 2)), steps((0, 3), (1, 2))
    quad = torch.arange(corner.shape[1]).repeat_interleave(across * along)
    first = torch.cumsum(across * along, 0) - across * along
    number = torch.arange(len(quad)) - first[quad]
    row, column = number // along[quad], number % along[quad]
    return quad, torch.stack([(row + 0.5) / across[quad], (column + 0.5) / along[quad]], 1)


def _sparse(rows: Tensor, columns: Tensor, values: Tensor, width: int) -> Tensor:
    place = torch.stack([rows.reshape(-1), columns.reshape(-1)])
    size = (int(rows.max()) + 1, width)
    return torch.sparse_coo_tensor(
        place, values.reshape(-1), size, check_invariants=False
    ).coalesce()
