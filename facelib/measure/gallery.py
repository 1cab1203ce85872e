"""A gallery of enrolled faces that is searched for people, not for vectors, and knows strangers.

    gallery = Gallery(embeddings, person)             # enrolled by one photograph or by many
    gallery.enrol(one_embedding, torch.tensor([7]))   # a new person, and nothing is trained
    scores, people = gallery.search(probes, k=1, threshold=0.6)   # -1: nobody we know

The search is faiss's (Douze et al. 2024, https://arxiv.org/abs/2401.08281), exact: a probe is
compared with every face.
"""

from __future__ import annotations

import math
import warnings
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from facelib.measure.identification import refuse_rows

UNKNOWN = -1


class Found(NamedTuple):
    """The best people for each probe, best first.

    Attributes:
        scores: float32 (N, k), cosine of the probe and the person's most similar face; -inf where
            fewer than k people were found.
        people: int64 (N, k), their labels; UNKNOWN below the threshold or where nobody was found.
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
        import faiss  # half a second, and only a gallery needs it

        unit = _checked(embeddings, person)
        self.width = unit.shape[1]
        self._index = faiss.IndexFlatIP(self.width)
        self._person, self._key = np.empty(0, np.int64), np.empty(0, np.int64)
        self._add(unit, person)

    def __len__(self) -> int:
        """How many faces are enrolled."""
        return len(self._person)

    @property
    def people(self) -> int:
        """How many people are enrolled."""
        return len(np.unique(self._person))

    def enrol(self, embeddings: Tensor, person: Tensor) -> None:
        """Add faces of new people or more faces of known ones. Nothing is trained.

        One image under two names is most likely a mistake: it is enrolled, with a warning.

        Raises:
            ValueError: as the constructor, or embeddings of another width; nobody is enrolled then.
        """
        self._add(_checked(embeddings, person, self.width), person)

    def _add(self, unit: np.ndarray, person: Tensor) -> None:
        labels, keys = person.cpu().numpy(), _keys(unit)
        self._person = np.concatenate([self._person, labels])
        self._key = np.concatenate([self._key, keys])
        same_threads()
        self._index.add(unit)
        self._most = int(np.unique(self._person, return_counts=True)[1].max())
        # One of the images just enrolled may stand under another name already.
        rows = np.flatnonzero(np.isin(self._key, keys))
        pairs = np.unique(np.stack([self._key[rows], self._person[rows]]), axis=1)
        again = np.flatnonzero(pairs[0, 1:] == pairs[0, :-1])
        if len(again):
            one, other = pairs[1, again[0]], pairs[1, again[0] + 1]
            warnings.warn(
                f"{len(again)} image(s) stand under two names, the first as person {one} and as "
                f"person {other}: one of the names is wrong, or they are very poor images",
                stacklevel=3,
            )

    def search(self, probes: Tensor, k: int = 1, threshold: float = -math.inf) -> Found:
        """The k most similar people for each probe.

        Args:
            probes: float (N, D), any length.
            k: how many people, at most as many as are enrolled.
            threshold: a person who scores below it is UNKNOWN.

        Raises:
            ValueError: k out of range, or probes of another width, NaN or all zero.
        """
        if not 1 <= k <= len(self):
            raise ValueError(f"want k from 1 to the {len(self)} enrolled faces, got {k}")
        unit = _checked(probes, None, self.width)
        # So many faces hold k people, even if the best k - 1 fill the first places.
        faces = min((k - 1) * self._most + 1, len(self))
        same_threads()
        scores, rows = self._index.search(unit, faces)
        people = self._person[rows]
        if faces > 1:
            scores, people = _best_of_each(scores, people, k)
        people = np.where(scores >= threshold, people, UNKNOWN)  # NaN lets nobody in
        return Found(torch.from_numpy(scores), torch.from_numpy(people))


def _checked(embeddings: Tensor, person: Tensor | None, width: int | None = None) -> np.ndarray:
    """float32 (N, D) of unit length, after a look at all that can be wrong with it."""
    if embeddings.ndim != 2 or not embeddings.numel() or width not in (None, embeddings.shape[1]):
        raise ValueError(
            f"want embeddings (N, {width or 'D'}) of at least 1 face, got "
            f"{tuple(embeddings.shape)}: faces of one gallery come from one model"
        )
    if person is not None:
        fits = person.dtype == torch.int64 and person.shape == embeddings.shape[:1]
        if not fits or person.min() < 0:
            least = f" from {int(person.min())}" if person.numel() else ""
            raise ValueError(
                f"want an int64 label of 0 or above for each of the {len(embeddings)} faces, got "
                f"{person.dtype} {tuple(person.shape)}{least}"
            )
    embeddings = embeddings.detach().cpu().float()
    refuse_rows(~embeddings.isfinite().all(1), "embeddings are not finite")
    refuse_rows(~embeddings.any(1), "embeddings are all zero")
    return normalize(embeddings).contiguous().numpy()


def _keys(unit: np.ndarray) -> np.ndarray:
    """int64 (N,), the same for embeddings that agree in three decimals, and hardly for others."""
    return np.array([hash((1000 * row).round().astype(np.int16).tobytes()) for row in unit])


def _best_of_each(scores: np.ndarray, people: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Of faces sorted by score (N, M) the best one of each person, first k people (N, k)."""
    best = np.full((len(scores), k), -np.inf, np.float32)
    who = np.full((len(scores), k), UNKNOWN)
    for row, labels in enumerate(people):
        first = np.sort(np.unique(labels, return_index=True)[1])
        first = first[:k]
        best[row, : len(first)] = scores[row, first]
        who[row, : len(first)] = labels[first]
    return best, who


def same_threads() -> None:
    """faiss brings threads of its own: as many as torch has been given, no more."""
    import faiss

    faiss.omp_set_num_threads(torch.get_num_threads())
