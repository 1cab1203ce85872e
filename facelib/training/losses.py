"""What an embedding is trained to do: images of one person near each other, other people far.

Three answers of the field, each a module (embeddings float (N, D), person int64 (N,)) -> a number.
All compare by cosine, so the length of an embedding doesn't matter.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, linear, normalize

MARGINS = {"cosface": 2.0, "arcface": math.pi}  # a margin must stay below: cosine, angle


def with_margin(cosine: Tensor, margin: float, kind: str) -> Tensor:
    """The cosine (any shape, -1 to 1) that the right person is given while training.

    CosFace subtracts the margin from the cosine (Wang et al. 2018,
    https://doi.org/10.1109/CVPR.2018.00552), ArcFace adds it to the angle (Deng et al. 2019,
    https://doi.org/10.1109/CVPR.2019.00482). Beyond an angle of pi - margin the latter would rise
    again; there the cosine minus margin * sin(margin) takes over, as in the authors' code.

    Args:
        margin: 0 leaves the cosine as it is; a cosine for CosFace, radians for ArcFace.
        kind: of `MARGINS`, which says below what the margin must stay.
    """
    _check_margin(margin, kind)
    if kind == "cosface":
        return cosine - margin
    # cos(a + m) = cos(a) cos(m) - sin(a) sin(m); acos would have an infinite slope at 1.
    sine = (1 - cosine.square()).clamp(min=1e-12).sqrt()
    turned = cosine * math.cos(margin) - sine * math.sin(margin)
    beyond = cosine < -math.cos(margin)
    return torch.where(beyond, cosine - margin * math.sin(margin), turned)


class MarginLoss(nn.Module):
    """Cross-entropy of scaled cosines with one direction a person, the right one made harder.

    Margin 0 is the normalised softmax. The people are the same in the whole training; their
    directions are learned with the network and thrown away afterwards.

    Args:
        people, embedding: how many people are told apart, by how many numbers.
        margin, kind: see `with_margin`.
        scale: logits run from -scale to scale; 1 would leave no room for a confident answer.
    """

    def __init__(
        self,
        people: int,
        embedding: int,
        margin: float = 0.35,
        kind: str = "cosface",
        scale: float = 30.0,
    ) -> None:
        super().__init__()
        _check_margin(margin, kind)
        if embedding < 1 or people < 2 or not 0 < scale < math.inf:
            raise ValueError(
                "want 2 or more people, embeddings of 1 or more numbers and a finite scale above "
                f"0, got people={people}, embedding={embedding}, scale={scale}"
            )
        self.margin, self.kind, self.scale = margin, kind, scale
        self.weight = nn.Parameter(torch.empty(people, embedding))
        nn.init.normal_(self.weight, std=0.01)

    def forward(self, embeddings: Tensor, person: Tensor) -> Tensor:
        people, length = self.weight.shape
        # To look would wait for CUDA in every step, which itself refuses an index out of bounds.
        known = person.is_cuda or not ((person < 0) | (person >= people)).any()
        if embeddings.shape != (len(person), length) or not known:
            raise ValueError(
                f"want embeddings (N, {length}) of people 0 to {people - 1}, got "
                f"{tuple(embeddings.shape)} of {int(person.min())} to {int(person.max())}: make "
                "MarginLoss(people, embedding) with the numbers of the faces and the network"
            )
        unit, right = _unit(embeddings), person[:, None]
        with torch.autocast(unit.device.type, enabled=False):
            found = linear(unit, _unit(self.weight))
            target = with_margin(found.gather(1, right), self.margin, self.kind)
            return cross_entropy(self.scale * found.scatter(1, right, target), person)

    def extra_repr(self) -> str:
        people, embedding = self.weight.shape
        return f"{people}, {embedding}, {self.margin}, {self.kind!r}, {self.scale}"


class TripletLoss(nn.Module):
    """Mean of d(a, p) - d(a, n) + margin over the semi-hard triplets of a batch; 0 if it has none.

    d is the squared distance on the unit sphere. A triplet is an anchor a, another image p of the
    same person and an image n of somebody else; it is semi-hard if n is farther than p, but not by
    the margin: d(a, p) < d(a, n) < d(a, p) + margin. Harder ones make training collapse early on
    (FaceNet, Schroff et al. 2015, https://doi.org/10.1109/CVPR.2015.7298682).

    Args:
        margin: above 0 and below 4, the largest squared distance there is.
    """

    def __init__(self, margin: float = 0.2) -> None:
        super().__init__()
        if not 0 < margin < 4:
            raise ValueError(f"want a margin above 0 and below 4 (squared distance), got {margin}")
        self.margin = margin

    def forward(self, embeddings: Tensor, person: Tensor) -> Tensor:
        distance = 2 - 2 * cosines(embeddings)
        positive, negative = pairs(person)
        anchor, match = positive.nonzero(as_tuple=True)
        gap = distance[anchor] - distance[anchor, match][:, None]  # (positive pairs, N)
        semi_hard = negative[anchor] & (gap > 0) & (gap < self.margin)
        loss = (self.margin - gap)[semi_hard]
        return loss.mean() if len(loss) else distance.sum() * 0

    def extra_repr(self) -> str:
        return str(self.margin)


class ContrastiveLoss(nn.Module):
    """Every image has to find the others of its person among all images of the batch.

    Cross-entropy of cosines / temperature over the other images, averaged over the right ones
    (supervised contrastive learning, Khosla et al. 2020, https://arxiv.org/abs/2004.11362, its
    L_out). It needs no list of people, so every batch may bring new ones.

    Args:
        temperature: above 0; the smaller, the more the nearest impostors count.
    """

    def __init__(self, temperature: float = 0.1) -> None:
        super().__init__()
        if not 0 < temperature < math.inf:
            raise ValueError(f"want a temperature above 0, got {temperature}")
        self.temperature = temperature

    def forward(self, embeddings: Tensor, person: Tensor) -> Tensor:
        logits = cosines(embeddings) / self.temperature
        positive, _ = pairs(person)
        logits = logits.masked_fill(torch.eye(len(logits), dtype=bool, device=person.device), -1e9)
        right = (logits.log_softmax(1) * positive).sum(1)
        mates = positive.sum(1)
        return -(right / mates.clamp(min=1))[mates > 0].mean()

    def extra_repr(self) -> str:
        return str(self.temperature)


def cosines(embeddings: Tensor) -> Tensor:
    """Embeddings (N, D) -> cosine similarity of all pairs (N, N), in float32 or better."""
    unit = _unit(embeddings)
    with torch.autocast(unit.device.type, enabled=False):
        return unit @ unit.T


def _unit(vectors: Tensor) -> Tensor:
    """Rows of length one, in float32 or better: bfloat16's 8 bits can't tell near ones apart."""
    return normalize(vectors if vectors.dtype == torch.float64 else vectors.float())


def pairs(person: Tensor) -> tuple[Tensor, Tensor]:
    """Which pairs of a batch are two images of one person, and which of two people: bool (N, N).

    Raises:
        ValueError: one kind is missing, so that there is nothing to compare.
    """
    same = person[:, None] == person
    positive = same & ~torch.eye(len(person), dtype=torch.bool, device=person.device)
    if not positive.any() or same.all():
        raise ValueError(
            "want two images of somebody and one of somebody else in every batch, got "
            f"{len(person)} images of {len(person.unique())} people"
        )
    return positive, ~same


def _check_margin(margin: float, kind: str) -> None:
    if kind not in MARGINS:
        raise ValueError(f"want a margin of kind {' or '.join(MARGINS)}, got {kind!r}")
    if not 0 <= margin < MARGINS[kind]:
        unit = "taken from a cosine" if kind == "cosface" else "added to an angle, in radians"
        raise ValueError(
            f"want a margin of 0 to below {MARGINS[kind]:.4g} for {kind} ({unit}), got {margin}"
        )
