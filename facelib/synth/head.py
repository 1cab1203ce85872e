"""The head as a camera sees it: the mesh moved, turned, and found again in every pixel.

Spots on the mesh's quads fall into pixels, and the nearest one wins (a z-buffer); where exactly in
its quad a pixel lies, one step of Newton's method says. So edges between quads don't show, and a
chunk of faces takes a dozen operations.
"""

import math
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, normalize, pad

from facelib.synth.factors import Factors
from facelib.synth.mesh import EYE, TOOTH, Mesh, bilinear, load, names

# Where an aligner puts eyes, nose and corners of the mouth, in a square of side 112 (ArcFace's
# template, Deng et al. 2019), and the `scale` at which it does.
TEMPLATE = ((38.29, 51.70), (73.53, 51.50), (56.03, 71.74), (41.55, 92.37), (70.73, 92.20))
CLOSE = 1.25
MAPS = ("u", "v", "lips", "ears", "sky", "eye", "tooth", "right", "down", "toward", "cover")
SOFT = 0.4  # share of the pixels around in each: edges are not jagged
NEAR = 1 / 1024  # depths that count as equal; with the spot, they fit into 31 bits


def surface(person: Factors, photo: Factors, size: int) -> tuple[Tensor, dict[str, Tensor]]:
    """What every pixel sees of the head, (N, len(MAPS), size, size), and `frame` of each face.

    u, v: the place on the head at rest; lips to tooth: shares; right, down, toward: the normal, as
    the camera sees it; cover: share of the pixel that the head fills, 0 where it isn't.
    """
    mesh = load(person.values.device, size)
    points = moved(person, photo, mesh)
    seen, normals, front = turned(points, photo, mesh)
    where, frame = placed(seen, photo, mesh)
    sharp = drawn(where, seen[..., 2], normals, front, mesh, size)
    around = avg_pool2d(sharp, 3, 1, 1, count_include_pad=False)
    maps, cover = torch.lerp(sharp, around, SOFT).split([len(MAPS) - 1, 1], 1)
    return torch.cat([maps / cover.clamp(min=0.01), cover], 1), frame


def moved(person: Factors, photo: Factors, mesh: Mesh) -> Tensor:
    """Vertices (N, V, 3) of these people with these expressions, not yet turned."""
    shapes = person.values[:, : len(names("shape"))]
    lean = 2 * math.pi * person["crooked"][:, None]
    first, second = _lean(shapes.device)[:, : shapes.shape[1]]
    uneven = 0.12 * (lean.cos() * first + lean.sin() * second)
    sides = torch.cat([shapes - uneven, shapes + uneven])
    both = torch.cat([origins(person), expression(photo)], 1).repeat(2, 1)
    far = torch.cat([sides.clamp(min=0), (-sides).clamp(min=0), both], 1)
    left, right = (far @ mesh.moves).view(2, len(person), -1, 3)
    points = mesh.points + torch.lerp(left, right, mesh.right)
    parted = torch.maximum(photo["mouth_open"], photo["teeth"] * photo["smile"].clamp(min=0))
    points[:, mesh.teeth[0], 1] += 0.09 * parted[:, None]  # the upper ones show below the lip
    return points


def origins(person: Factors) -> Tensor:
    """Shares (N, 12) of the twelve heads: African, Asian, European; women, men; old, young."""
    african, asian, man, age = (person[name] for name in ("african", "asian", "masculine", "age"))
    rest = 1 - african
    origin = torch.stack([african, rest * asian, rest * (1 - asian)], 1)
    sex, old = torch.stack([1 - man, man], 1), torch.stack([age, 1 - age], 1)
    return torch.einsum("no,ns,na->nosa", origin, sex, old).flatten(1)


def expression(photo: Factors) -> Tensor:
    """How far each of the mesh's movements goes, (N, E)."""
    smile, open_, raised = photo["smile"], photo["mouth_open"], photo["brow_raise"]
    glad, sad = smile.clamp(min=0), (-smile).clamp(min=0)
    pursed, pressed = photo["pucker"].clamp(min=0), (-photo["pucker"]).clamp(min=0)
    narrowed = 0.5 * photo["squint"] + 0.15 * glad
    far = {
        "eye_closure": (0.6 * photo["blink"] + 0.6 * narrowed).clamp(max=0.6),
        "eye_slit": narrowed,
        "eye_opened_up": 0.6 * raised.clamp(min=0), "eyebrows_up": raised.clamp(min=0),
        "eyebrows_down": (-raised).clamp(min=0), "mouth_corner_puller": glad,
        "mouth_part_later": glad * photo["teeth"] + 0.25 * open_,
        "mouth_open": 0.5 * open_ + 0.1 * glad, "mouth_upward_retraction": 0.25 * glad,
        "nose_elevation": 0.15 * glad,
        "mouth_depression": 0.5 * sad, "eyebrows_inner_up": 0.4 * sad,
        "mouth_pursing": 0.4 * pursed, "mouth_protusion": 0.3 * pursed,
        "mouth_compression": 0.4 * pressed, "mouth_retraction": 0.3 * pressed,
    }  # fmt: skip
    zero = torch.zeros_like(smile)
    return torch.stack([far.get(name, zero) for name in names("move")], 1)


def turned(points: Tensor, photo: Factors, mesh: Mesh) -> tuple[Tensor, Tensor, Tensor]:
    """Seen from the camera: vertices and normals (N, V, 3), and which quads face it, (N, Q)."""
    yaw, pitch = (photo[name] * (math.pi / 180) for name in ("yaw", "pitch"))
    cos, sin, up, zero = yaw.cos(), yaw.sin(), pitch.sin(), torch.zeros_like(yaw)
    level = pitch.cos()
    turn = torch.stack(
        [cos, zero, sin, up * sin, level, -up * cos, -level * sin, up, level * cos], 1
    )
    points = points @ turn.view(-1, 3, 3).mT
    a, b, c, d = points[:, mesh.quads].unbind(2)
    facing = torch.linalg.cross(d - b, c - a)
    normals = mesh.around @ facing.transpose(0, 1).flatten(1)
    normals = normalize(normals.unflatten(1, (-1, 3)).transpose(0, 1), dim=2)
    return points, normals, facing[..., 2] > 0


def placed(points: Tensor, photo: Factors, mesh: Mesh) -> tuple[Tensor, dict[str, Tensor]]:
    """Where the vertices are in the image, (N, V, 2) from 0 to 1, and the way back.

    An aligner has moved, turned and scaled the image so that five marks come as close to TEMPLATE
    as they can (Umeyama 1991); scale, shift and roll are what it, or whoever cut, did else.
    """
    far = photo["distance"][:, None, None] * (10 / 1.1)  # metres in the head's units
    flat = points[..., :2] * (far / (far - points[..., 2:]))
    eyes = [flat[:, eye].mean(1) for eye in mesh.eyes]
    marks = torch.stack([*eyes, *(flat[:, point] for point in (mesh.nose, *mesh.corners))], 1)
    to = (points.new_tensor(TEMPLATE) / 112 - 0.5).expand_as(marks)
    middle, goal = marks.mean(1), to.mean(1)
    off, away = marks - middle[:, None], to - goal[:, None]
    size = off.square().sum((1, 2))
    cos = (off * away).sum((1, 2)) / size
    sin = _cross(off, away).sum(1) / size
    roll, zoom = photo["roll"] * (math.pi / 180), photo["scale"] / CLOSE
    leant = torch.stack([roll.cos(), -roll.sin(), roll.sin(), roll.cos()], 1).view(-1, 2, 2)
    leant = zoom[:, None, None] * leant
    fit = leant @ torch.stack([cos, -sin, sin, cos], 1).view(-1, 2, 2)
    goal, middle = (leant @ goal[..., None])[..., 0], (fit @ middle[..., None])[..., 0]
    shift = 0.5 * (1 + torch.stack([photo["shift_x"], photo["shift_y"]], 1)) + goal - middle
    unit = fit.det().sqrt()
    back = fit.mT / unit[:, None, None] ** 2  # of a similarity
    frame = {"xx": back[:, 0, 0], "xy": back[:, 0, 1], "left": shift[:, 0], "top": shift[:, 1],
             "unit": unit, "chin_y": points[:, mesh.chin, 1]}  # fmt: skip
    return flat @ fit.mT + shift[:, None], frame


def drawn(
    where: Tensor, depth: Tensor, normals: Tensor, front: Tensor, mesh: Mesh, size: int
) -> Tensor:
    """MAPS (N, len(MAPS), size, size) of vertices at `where` in the image."""
    n, spots = len(where), len(mesh.spot_quad)
    pixels = where * size
    flat = torch.cat([*pixels.unbind(2), depth]).T.contiguous()  # vertices by columns, rows, depths
    x, y, z = (mesh.spread @ flat).split(n, 1)
    half, kind = size / 2, mesh.kinds[mesh.spot_quad, None]
    inside = ((x - half).abs() < half) & ((y - half).abs() < half) & front.T[mesh.spot_quad]
    cell = torch.where(inside, y.int() * size + x.int(), size * size).long()
    forward = z + 0.03 * (kind == TOOTH) - 0.03 * (kind == EYE)  # lips bare teeth, lids hide eyes
    order = torch.arange(spots, dtype=torch.int32, device=where.device)[:, None]
    key = ((forward + 2) * (1 / NEAR)).int() * spots + order
    nearest = torch.full((size * size + 1, n), -1, dtype=torch.int32, device=where.device)
    nearest.scatter_reduce_(0, cell, key, "amax")
    nearest = _mended(nearest[:-1].T.reshape(n, size, size), spots)
    face, row, column = (nearest >= 0).nonzero(as_tuple=True)
    spot = nearest[face, row, column].long() % spots
    quad = mesh.spot_quad[spot]
    corners, vertices = mesh.quads[quad], torch.cat([pixels, normals], 2)
    corner = vertices.flatten(0, 1)[corners + face[:, None] * where.shape[1]]
    middle = torch.stack([column, row], 1) + 0.5
    weights = bilinear(_newton(corner[..., :2], mesh.spot_place[spot], middle))[:, None]
    marks = (weights @ mesh.marks[corners])[:, 0]
    normal = normalize((weights @ corner[..., 2:])[:, 0], dim=1)
    kind = mesh.kinds[quad, None]
    full = torch.ones_like(kind)
    seen = (marks[:, :2], marks[:, 2:].clamp(0, 1), kind == EYE, kind == TOOTH, normal, full)
    maps = where.new_zeros(n, size, size, len(MAPS))
    maps[face, row, column] = torch.cat([part.float() for part in seen], 1)
    return maps.permute(0, 3, 1, 2)


def _mended(nearest: Tensor, spots: int) -> Tensor:
    """A pixel that all spots missed, or through which what is behind shows, takes a neighbour's."""
    wide = pad(nearest, (1, 1, 1, 1), value=-1)
    around = torch.stack(
        [wide[:, 1:-1, :-2], wide[:, 1:-1, 2:], wide[:, :-2, 1:-1], wide[:, 2:, 1:-1]]
    )
    first, second = around.topk(2, 0).values
    missed = (nearest < 0) & (second >= 0)
    through = (nearest >= 0) & (second // spots - nearest // spots > 0.09 / NEAR)
    return torch.where(missed | through, first, nearest)


def _newton(corner: Tensor, place: Tensor, middle: Tensor) -> Tensor:
    """Places (M, 2) of pixels' `middle`s in quads of corners (M, 4, 2), from places near them."""
    s, t = place.unbind(1)
    a, b, c, d = corner.unbind(1)
    along_s = torch.lerp(b - a, c - d, t[:, None])
    along_t = torch.lerp(d - a, c - b, s[:, None])
    off = middle - (bilinear(place)[:, None] @ corner)[:, 0]
    area = _cross(along_s, along_t)
    area = torch.where(area.abs() < 0.05, torch.inf, area)
    step = torch.stack([_cross(off, along_t), _cross(along_s, off)], 1)
    return (place + (step / area[:, None]).clamp(-0.6, 0.6)).clamp(-0.3, 1.3)


def _cross(a: Tensor, b: Tensor) -> Tensor:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


@lru_cache(4)
def _lean(device: torch.device) -> Tensor:
    """Two ways in which the sides of a face differ, (2, 256): a circle of others lies between."""
    return torch.randn(2, 256, generator=torch.Generator().manual_seed(3)).to(device)
