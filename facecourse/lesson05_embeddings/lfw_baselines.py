"""The evidence of lesson 05 on LFW's ten folds: what classical baselines reach.

Unsupervised protocol of Huang et al. 2007 (see facelib.data.lfw): no name is used. What a baseline
learns (the mean face, the principal components) it learns from the images of the other nine folds'
pairs, afresh for every fold, and so is the threshold. Nothing is chosen on LFW: the faces are whole
and grey, the settings are those of facelib.models.classical. Nothing is random.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from sklearn.pipeline import Pipeline
from torch import Tensor

from facecourse.kit import evidence
from facelib.data import Pairs, lfw, resize, to_grey
from facelib.measure.verification import ten_fold
from facelib.models.classical import BASELINES

HERE = Path(__file__).parent
# Neighbouring pixels say nearly the same, and ten decompositions of all of them take very long.
SIDE = {"pixels": 56, "eigenfaces": 56, "LBP": 112, "HOG": 112, "Gabor": 112}


def score_folds(make: Callable[[], Pipeline], images: Tensor, pairs: Pairs, fold: Tensor) -> Tensor:
    """Cosine of every pair, by the baseline fitted without one fold's pairs: float32 (folds, P).

    Args:
        make: an unsupervised baseline.
        images: uint8 (N, 1, H, W).
        pairs: positions in `images`.
        fold: int64 (P,), the fold of each pair; row k leaves out the k-th smallest.
    """
    model, rows = make(), []
    described = model[0].transform(images)  # learns nothing, so once is enough
    for held_out in fold.unique():
        seen = torch.cat([pairs.left[fold != held_out], pairs.right[fold != held_out]]).unique()
        learned = model[1:-1].fit(described[seen])
        embeddings = torch.from_numpy(learned.transform(described)).float()
        rows.append((embeddings[pairs.left] * embeddings[pairs.right]).sum(1))
    return torch.stack(rows)


def measure() -> dict[str, dict]:
    """What was looked at, and how often each baseline is right."""
    faces, pairs, fold = lfw().of_pairs()
    grey, rows = to_grey(faces.images), {}
    for name, side in SIDE.items():
        scores = score_folds(BASELINES[name], resize(grey, side, side), pairs, fold)
        found = ten_fold(scores, pairs.same, fold)
        rows[name] = {
            "side": side, "accuracy": found.interval, "standard_error": found.standard_error,
            "fold_accuracy": found.accuracy, "fold_threshold": found.threshold,
        }  # fmt: skip
    data = {"source": faces.source, "images": len(faces), "pairs": len(pairs.same)}
    return {"data": data, "baselines": rows}


def main(folder: Path = HERE) -> None:
    """Measure and store all of it."""
    evidence.write("lfw_baselines", {"seeds": [], **measure()}, folder)


if __name__ == "__main__":
    main()
