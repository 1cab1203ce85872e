"""A gallery of enrolled faces that is searched for people, not for vectors, and knows strangers.

gallery = Gallery(embeddings, person)             # enrolled by one photograph or by many
gallery.enrol(one_embedding, torch.tensor([7]))   # a new person, and nothing is trained
scores, people = gallery.search(probes, k=1, threshold=0.6)   # -1: nobody we know
"""

import math
import warnings
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import normalize

from facelib.measure.identification import refuse_rows

UNKNOWN = -1


class Found(NamedTuple):
    """The best people for each probe, best first.

    Attributes: scores, float32 (N, k), cosine of the probe and the person's most similar face, -inf
    where fewer than k people are enrolled; people, int64 (N, k), their labels, UNKNOWN below the
    threshold or where there is nobody.
    """

    scores: Tensor
    people: Tensor


class Gallery:
    """Enrolled faces. A person may have any number of them.

    Args:
        embeddings: float (N, D), any length; N = 1 is enough.
        person: int64 (N,), 0 or above, the person of each.

    Raises:
        ValueError: nobody, labels that don't fit, or embeddings that are NaN or all zero.
    """

    def __init__(self, embeddings: Tensor, person: Tensor) -> None:
        self._faces = torch.empty(0, embeddings.shape[-1])
        self._person = torch.empty(0, dtype=torch.int64)
        self._seen: dict[bytes, int] = {}
        self.enrol(embeddings, person)

    def __len__(self) -> int:
        """How many faces are enrolled."""
        return len(self._person)

    @property
    def people(self) -> int:
        """How many people are enrolled."""
        return len(self._person.unique())

    def enrol(self, embeddings: Tensor, person: Tensor) -> None:
        """Add faces of new people or more faces of known ones. Nothing is trained.

        One image under two names is most likely a mistake: it is enrolled, with a warning.

        Raises:
            ValueError: as the constructor, or embeddings of another width; nobody is enrolled then.
        """
        unit = self._checked(embeddings)
        if person.dtype != torch.int64 or person.shape != unit.shape[:1] or person.min() < 0:
            least = f" from {int(person.min())}" if person.numel() else ""
            raise ValueError(
                f"want an int64 label of 0 or above for each of the {len(unit)} faces, got "
                f"{person.dtype} {tuple(person.shape)}{least}"
            )
        self._faces = torch.cat([self._faces, unit])
        self._person = torch.cat([self._person, person.cpu()])
        rows = (1000 * unit).round().short().numpy()  # those that agree in three decimals are one
        firsts = [
            self._seen.setdefault(row.tobytes(), who)
            for row, who in zip(rows, person.tolist(), strict=True)
        ]
        again = [pair for pair in zip(firsts, person.tolist(), strict=True) if pair[0] != pair[1]]
        if again:
            warnings.warn(
                f"{len(again)} image(s) stand under two names, the first as person {again[0][0]} "
                f"and as person {again[0][1]}: one of the names is wrong, or they are very poor "
                "images",
                stacklevel=2,
            )

    def search(self, probes: Tensor, k: int = 1, threshold: float = -math.inf) -> Found:
        """The k most similar people for each probe: it is compared with every face.

        Args:
            probes: float (N, D), any length.
            k: how many people, at most as many as faces are enrolled.
            threshold: a person who scores below it is UNKNOWN.

        Raises:
            ValueError: k out of range, or probes of another width, NaN or all zero.
        """
        if not 1 <= k <= len(self):
            raise ValueError(f"want k from 1 to the {len(self)} enrolled faces, got {k}")
        scores = self._checked(probes) @ self._faces.T
        people, place = self._person.unique(return_inverse=True)
        best = torch.full((len(scores), len(people) + k), -math.inf)
        best.scatter_reduce_(1, place.expand_as(scores), scores, "amax")
        best, column = best.topk(k)
        people = torch.cat([people, torch.full((k,), UNKNOWN)])[column]
        return Found(best, torch.where(best < threshold, UNKNOWN, people))

    def _checked(self, embeddings: Tensor) -> Tensor:
        """float32 (N, D) of unit length on the CPU, after a look at all that can be wrong."""
        width = self._faces.shape[1]
        if embeddings.ndim != 2 or not embeddings.numel() or embeddings.shape[1] != width:
            raise ValueError(
                f"want embeddings (N, {width}) of at least 1 face, got {tuple(embeddings.shape)}: "
                "faces of one gallery come from one model"
            )
        embeddings = embeddings.detach().cpu().float()
        refuse_rows(~embeddings.isfinite().all(1), "embeddings are not finite")
        refuse_rows(~embeddings.any(1), "embeddings are all zero")
        return normalize(embeddings)
