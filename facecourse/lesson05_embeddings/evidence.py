"""The evidence of lesson 05: circles, losses of equal budget, people never seen, misplaced eyes."""

from __future__ import annotations

from itertools import product
from pathlib import Path

from torch import Tensor, nn
from tqdm import tqdm

from facecourse.kit import evidence, protocol
from facecourse.kit import verify as strangers
from facecourse.kit.orl import to_half
from facecourse.lesson05_embeddings import sphere
from facelib.measure import Interval
from facelib.models import embed, face_embedding
from facelib.models.backbones import efficientnet_lite0
from facelib.models.classical import BASELINES, features

HERE = Path(__file__).parent

SEEDS = tuple(range(10))
LOSS_SEEDS = tuple(range(6))
STEPS, LOSS_STEPS = 200, 150
MARGINS = {"cosface": (0.0, 0.2, 0.35, 0.5, 0.7), "arcface": (0.0, 0.25, 0.5, 0.75)}
OURS = "shipped embedding"
CLASSICAL = ("pixels", "eigenfaces", "Fisherfaces", "LBP", "HOG", "Gabor")


def drawn() -> dict[str, dict]:
    """Angles on circle and sphere by loss, and on the circle by margin: one value a seed."""
    found: dict[str, dict] = {"2": {}, "3": {}, "margins": {}}

    def keep(where: dict, name: str, loss: nn.Module, width: int, seed: int) -> None:
        runs = where.setdefault(name, {"within": [], "between": [], "top-1": []})
        angles = sphere.measure_angles(sphere.train_points(loss, width, STEPS, seed))
        for values, angle in zip(runs.values(), angles, strict=True):
            values.append(angle)

    for seed in tqdm(SEEDS, "circles"):
        for name, width in product(sphere.LOSSES, (2, 3)):
            keep(found[str(width)], name, sphere.build_loss(name, width, seed), width, seed)
        for kind, margins in MARGINS.items():
            where = found["margins"].setdefault(kind, {})
            for margin in margins:
                keep(where, str(margin), sphere.build_margin(margin, kind, seed), 2, seed)
    return found


def losses() -> dict[str, dict[str, list[float]]]:
    """Of each loss, trained on s1 to s20: what it reaches on s21 to s40, one value a seed."""
    found: dict[str, dict[str, list[float]]] = {}
    for seed in tqdm(LOSS_SEEDS, "losses"):
        for name in sphere.LOSSES:
            model = sphere.train_by_loss(name, seed, LOSS_STEPS)
            for metric, value in sphere.score_unseen(model).items():
                found.setdefault(name, {}).setdefault(metric, []).append(value)
    return found


def embeddings() -> dict[str, Tensor]:
    """s21 to s40 by the shipped embedding, and by its rivals; what these learn, from s1 to s20."""
    known, unseen = protocol.open_people(), protocol.unseen_people()
    found = {OURS: strangers.embed_at_64(face_embedding(), unseen.images)}
    for name in CLASSICAL:
        model = BASELINES[name]().fit(known.images, known.person)
        found[name] = features(model, unseen.images)
    lite = efficientnet_lite0(stages=6, side=224)  # chosen on s1 to s20, see zero_shot
    found["EfficientNet-Lite0, ImageNet"] = embed(lite, unseen.images).cpu()
    cnn = sphere.train_by_loss("softmax")
    return found | {"CNN trained on 20 people": embed(cnn, to_half(unseen.images)).cpu()}


def zero_shot(found: dict[str, Tensor]) -> dict[str, dict[str, dict[str, Interval]]]:
    """The protocol's metrics of each method, and how far the shipped embedding is ahead.

    Returns:
        metrics by method; lead by method, paired: the same people are drawn for both.
    """
    ours, *rivals = found
    return {
        "metrics": {name: protocol.unseen_metrics(codes) for name, codes in found.items()},
        "lead": {name: protocol.unseen_differences(found[ours], found[name]) for name in rivals},
    }


def misplaced() -> dict[str, dict[str, dict[str, Interval]]]:
    """Rates on s21 to s40 by how badly one face of each pair is cropped.

    The threshold is that of 1 % FAR on s1 to s20, well cropped.
    """
    model = face_embedding()
    known, unseen = protocol.open_people(), protocol.unseen_people()
    codes, still = (strangers.embed_at_64(model, faces.images) for faces in (known, unseen))
    threshold = strangers.verify_pairs(codes, known).threshold_at(protocol.FAR)
    return {
        kind: {
            str(amount): strangers.probe_rates(model, unseen, still, threshold, kind, amount)
            for amount in tqdm(amounts, kind)
        }
        for kind, amounts in strangers.MISPLACED.items()
    }


def main(folder: Path = HERE) -> None:
    """Measure and store all of it, some nine minutes on one thread."""
    payload = {
        "seeds": SEEDS,
        "drawn": drawn(),
        "loss seeds": LOSS_SEEDS,
        "losses": losses(),
        "zero-shot": zero_shot(embeddings()),
        "misplaced": misplaced(),
    }
    evidence.write("evidence", payload, folder)


if __name__ == "__main__":
    main()
