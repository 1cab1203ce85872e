"""The protocol behind every row of the course's scoreboard: people nobody has trained on.

No network that has a row was trained on ORL's people s21 to s40; s1 to s20 are free to train on and
to choose by. The settings of lesson 01's own methods were chosen on splits of all forty; every
later choice is made on s1 to s20.
"""

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from facecourse.kit import evidence
from facecourse.kit.faces import load_faces
from facecourse.kit.scoreboard import Protocol, Row, Scoreboard
from facelib.data import FaceSet, all_pairs
from facelib.measure import latency, macs, parameters, saved_bytes
from facelib.measure.bootstrap import bootstrap_difference, bootstrap_pairs, bootstrap_people
from facelib.measure.identification import similarity
from facelib.measure.interval import Interval
from facelib.measure.verification import Rates
from facelib.models import embed, save

FAR = 0.01
RESAMPLES = 300  # of the people, for each interval
PROTOCOL = Protocol(
    name="Unseen people",
    faces="ORL s21-s40, 200 photographs",
    split="no row was trained on them",
    metrics={
        "AUC": "area under the ROC curve of all 19,900 pairs",
        "TAR at 1 % FAR": "genuine pairs accepted when 1 % of impostor pairs are",
        "one photo": "top-1 with one enrolled photo each, mean over the ten choices of photo",
    },
)


def open_people() -> FaceSet:
    """ORL s1 to s20: free to train on and to choose by."""
    return load_faces().of_people(list(range(20)))


def unseen_people() -> FaceSet:
    """ORL s21 to s40, relabelled 0 to 19: only to report on."""
    return load_faces().of_people(list(range(20, 40)))


def score_pairs(embeddings: Tensor, faces: FaceSet) -> tuple[Tensor, Tensor, Tensor]:
    """All pairs of images: scores, and the people left and right, as `bootstrap_pairs` takes them;
    of embeddings float (N, D), of `faces` in order."""
    left, right, _ = all_pairs(faces.person)
    scores = similarity(embeddings, embeddings).cpu()[left, right]
    return scores, faces.person[left], faces.person[right]


def unseen_metrics(embeddings: Tensor) -> dict[str, Interval]:
    """What `PROTOCOL` asks for, each with a 95 % interval over the 20 people.

    The embeddings are float (200, D), of `unseen_people().images` in order; compared by cosine.
    """
    *pairs, hits, person = _compared(embeddings)
    metrics = {
        name: bootstrap_pairs(statistic, *pairs, RESAMPLES) for name, statistic in _OF_PAIRS.items()
    }
    return metrics | {"one photo": bootstrap_people(hits, person, RESAMPLES)}


def unseen_differences(embeddings: Tensor, others: Tensor) -> dict[str, Interval]:
    """`unseen_metrics` of embeddings (200, D) minus those of others (200, E), paired by person."""
    *pairs, hits, person = _compared(embeddings)
    other_scores, _, _, other_hits, _ = _compared(others)
    differences = {
        name: bootstrap_difference(statistic, pairs[0], other_scores, *pairs[1:], RESAMPLES)
        for name, statistic in _OF_PAIRS.items()
    }
    return differences | {"one photo": bootstrap_people(hits - other_hits, person, RESAMPLES)}


def count_file_bytes(model: nn.Module, save: Callable[[nn.Module, Path], object] = save) -> int:
    """Bytes of the file that `save` makes of a model."""
    with tempfile.TemporaryDirectory() as folder:
        save(model, Path(folder) / "model")
        return saved_bytes(Path(folder) / "model")


def measure_row(method: str, lesson: str, model: nn.Module, images: Tensor, **costs: Any) -> Row:
    """A row of the scoreboard for a network.

    Args:
        method, lesson, costs: as in `Row`; costs that are given are not measured.
        images: `unseen_people().images`, as the network takes them.
    """
    if "bytes" not in costs:
        costs["bytes"] = count_file_bytes(model)
    if "macs" not in costs:
        costs["macs"] = macs(model, tuple(images.shape[1:]))
    costs = {"parameters": parameters(model)} | costs
    took = latency(lambda: embed(model, images[:1]), repeats=200)
    metrics = unseen_metrics(embed(model, images))
    return Row(method, lesson, PROTOCOL, metrics, latency_ms=took.median_ms, **costs)


def put_rows(rows: Iterable[Row]) -> None:
    """Store rows on the scoreboard: in the place of the same method's, or at the end."""
    board = Scoreboard.load(evidence.BOARD)
    for row in rows:
        board.put(row)
    board.save(evidence.BOARD)


_OF_PAIRS: dict[str, Callable[[Rates], float]] = {
    "AUC": lambda rates: rates.auc,
    "TAR at 1 % FAR": lambda rates: rates.tar_at(FAR),
}


def named_rightly(embeddings: Tensor) -> Tensor:
    """In which share of the nine choices of everybody's enrolled photo (its own is none) each image
    is named rightly, float64 (200,), 0 to 1; of embeddings as in `unseen_metrics`.
    """
    person = unseen_people().person
    if len(embeddings) != len(person):
        raise ValueError(
            f"want one embedding for each of the {len(person)} images of unseen_people(), "
            f"got {tuple(embeddings.shape)}"
        )
    scores = similarity(embeddings, embeddings).cpu()
    # With photo j of everybody enrolled, probe i is named named[i, j]; i is no probe of its own.
    named = scores.view(200, 20, 10).argmax(1)
    hit = (named == person[:, None]).double()
    hit[torch.arange(200), torch.arange(200) % 10] = 0
    return hit.sum(1) / 9


def _compared(embeddings: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Scores of all pairs and their people; each image's share of right names; its person."""
    hits, faces = named_rightly(embeddings), unseen_people()
    return *score_pairs(embeddings, faces), hits, faces.person
