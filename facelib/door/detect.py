"""Where the faces of a photograph are, and where their eyes are: the cascade MTCNN.

K. Zhang, Z. Zhang, Z. Li, Y. Qiao, "Joint face detection and alignment using multi-task cascaded
convolutional networks", IEEE Signal Processing Letters 23(10), 2016, doi:10.1109/LSP.2016.2603342.
A small network proposes boxes on ever smaller copies of the photograph; a second refuses most of
them, a third refuses again and says where eyes, nose and mouth are.
"""

from typing import NamedTuple

import numpy as np
from PIL import Image

from facelib.door import mtcnn

SMALLEST = 0.125  # of the shorter side
DETAIL = 48  # px of a face that the last network sees
THINNEST = 64  # smaller parts of the longer side are not looked at, however thin the photograph is
CELL = 12  # px a side of what the first network sees
STEP = 0.709  # from one copy to the next: half of the area
MOST = 400  # boxes that the second network looks at: a limit to time and memory


class Detection(NamedTuple):
    """A face in px of the photograph, whose frame it may leave.

    Attributes: box float (4,), left, top, right, bottom; points float (5, 2), x and y of the eye
    that is left in the picture, the other eye, the nose, the left and the right corner of the
    mouth; score in [0, 1].
    """

    box: np.ndarray
    points: np.ndarray
    score: float

    @property
    def eyes(self) -> np.ndarray:
        """Float (2, 2), the left in the picture first, x and y."""
        return self.points[:2]


def detect(image: Image.Image, smallest: float = SMALLEST) -> list[Detection]:
    """The faces that look more or less into the camera, largest first; [] if there is none.

    Args:
        image: RGB, upright, as `read_photo` gives it.
        smallest: face that is looked for, as a share of the photograph's shorter side. None has
            less than 12 px, or than 1/64 of the longer side.

    Raises:
        ImportError, ValueError: as `mtcnn.read_weights`; no RGB image, or no share.
    """
    if getattr(image, "mode", None) != "RGB":
        kind = getattr(image, "mode", type(image).__name__)
        raise ValueError(f"want an RGB image of Pillow, as read_photo gives it; got {kind}")
    if not 0 < smallest <= 1:
        raise ValueError(f"smallest is a share of the shorter side, in (0, 1]; got {smallest}")
    least = max(smallest * min(image.size), max(image.size) / THINNEST, CELL)
    scale = min(1, DETAIL / least)
    image = shrink(image, scale)
    boxes, scores = _propose(image, scale * least)
    boxes = boxes[_distinct(boxes, scores, 0.7)[:MOST]]
    square, moves, scores = _look(mtcnn.REFINE, image, boxes, 24, 0.7)
    boxes = _moved(square, moves)
    boxes = boxes[_distinct(boxes, scores, 0.7)]
    square, moves, points, scores = _look(mtcnn.LOCATE, image, boxes, DETAIL, 0.8)
    boxes = _moved(square, moves)
    kept = _distinct(boxes, scores, 0.7, np.minimum)
    corner, side = square[:, None, :2], square[:, None, 2:] - square[:, None, :2]
    points = corner + side * points.reshape(-1, 2, 5).transpose(0, 2, 1)
    kept = sorted(kept, key=lambda i: -np.prod(boxes[i, 2:] - boxes[i, :2]))
    return [Detection(boxes[i] / scale, points[i] / scale, float(scores[i])) for i in kept]


def shrink(image: Image.Image, scale: float) -> Image.Image:
    """A smaller copy, of 1 px a side at least; a larger one is never made."""
    if scale >= 1:
        return image
    width, height = (max(1, round(scale * side)) for side in image.size)
    return image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=3)


def _propose(image: Image.Image, least: float) -> tuple[np.ndarray, np.ndarray]:
    """Boxes (N, 4) that may hold a face of `least` px or more, and their scores."""
    boxes, scores = [np.empty((0, 4))], [np.empty(0)]
    scale = CELL / least
    while scale * min(image.size) >= CELL:
        copy = shrink(image, scale)
        moves, score = (found[0] for found in mtcnn.run(mtcnn.PROPOSE, np.array(copy)[None]))
        row, column = np.nonzero(score > 0.6)
        corner = 2 * np.stack([column, row], 1)
        box = _moved(np.hstack([corner, corner + CELL]), moves[row, column])
        kept = _distinct(box, score[row, column], 0.5)
        boxes.append(box[kept] * (np.array(image.size * 2) / (copy.size * 2)))
        scores.append(score[row, column][kept])
        scale *= STEP
    return np.concatenate(boxes), np.concatenate(scores)


def _look(
    network: mtcnn.Network, image: Image.Image, boxes: np.ndarray, side: int, least: float
) -> list[np.ndarray]:
    """The squares around boxes (N, 4) that score above `least`, and what the network says of them.

    Beyond the frame the photograph is black.
    """
    sides = (boxes[:, 2:] - boxes[:, :2]).max(1, keepdims=True).round().clip(1)
    corner = ((boxes[:, :2] + boxes[:, 2:] - sides) / 2).round()
    square = np.hstack([corner, corner + sides]).astype(int)
    patches = np.empty((len(square), side, side, 3), np.uint8)
    for patch, box in zip(patches, square.tolist(), strict=True):
        patch[:] = image.crop(box).resize((side, side), Image.Resampling.BILINEAR)
    *found, scores = mtcnn.run(network, patches)
    return [values[scores > least] for values in (square, *found, scores)]


def _moved(boxes: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """Boxes (N, 4) whose edges are moved by shares of their sides."""
    return boxes + moves * np.tile(boxes[:, 2:] - boxes[:, :2], 2)


def _distinct(
    boxes: np.ndarray, scores: np.ndarray, overlap: float, of: np.ufunc = np.add
) -> np.ndarray:
    """Which boxes to keep, best first: none that a better one overlaps by more than `overlap` of
    their union or, if `of` is np.minimum, of the smaller one (non-maximum suppression)."""
    area, left, kept = np.prod(boxes[:, 2:] - boxes[:, :2], 1), np.argsort(-scores), []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        corners = np.minimum(boxes[best], boxes[left]), np.maximum(boxes[best], boxes[left])
        both = (corners[0][:, 2:] - corners[1][:, :2]).clip(0).prod(1)
        whole = of(area[best], area[left]) - (both if of is np.add else 0)
        left = left[both <= overlap * whole]
    return np.array(kept, int)
