"""Classical baselines on LFW's ten folds: python -m benchmarks.lfw_baselines

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

from benchmarks import RESULTS
from facecourse.kit import evidence
from facelib.data import Pairs, lfw, resize, to_grey
from facelib.measure.verification import ten_fold
from facelib.models.classical import BASELINES

# Neighbouring pixels say nearly the same, and ten decompositions of all of them take very long.
SIDE = {"pixels": 56, "eigenfaces": 56, "LBP": 112, "HOG": 112, "Gabor": 112}


def fold_scores(make: Callable[[], Pipeline], images: Tensor, pairs: Pairs, fold: Tensor) -> Tensor:
    """Cosine of every pair, by the baseline fitted without one fold's pairs: float32 (folds, P).

    Args:
        make: an unsupervised baseline.
        images: uint8 (N, 1, H, W).
        pairs: positions in `images`.
        fold: int64 (P,), the fold of each pair; row k leaves out the k-th smallest.
    """
    model = make()
    described = model[0].transform(images)  # learns nothing, so once is enough
    rows = []
    for held_out in fold.unique():
        seen = torch.cat([pairs.left[fold != held_out], pairs.right[fold != held_out]]).unique()
        learned = model[1:-1].fit(described[seen])
        embeddings = torch.from_numpy(learned.transform(described)).float()
        rows.append((embeddings[pairs.left] * embeddings[pairs.right]).sum(1))
    return torch.stack(rows)


def main(folder: Path = RESULTS) -> None:
    """Measure all baselines, print a line for each, and store them in `folder`."""
    faces, pairs, fold = lfw()
    used, position = torch.cat([pairs.left, pairs.right]).unique(return_inverse=True)
    pairs = Pairs(*position.view(2, -1), pairs.same)
    grey = to_grey(faces.images[used])
    rows = {}
    for name, side in SIDE.items():
        scores = fold_scores(BASELINES[name], resize(grey, side, side), pairs, fold)
        measured = ten_fold(scores, pairs.same, fold)
        rows[name] = {
            "side": side,
            "accuracy": measured.interval,
            "standard_error": measured.standard_error,
            "fold_accuracy": measured.accuracy,
            "fold_threshold": measured.threshold,
        }
        print(f"{name:12} {measured}, 95 % interval {measured.interval}", flush=True)
    data = {"source": faces.source, "images": len(used), "pairs": len(pairs.same)}
    print(evidence.write("lfw_baselines", {"seeds": [], "data": data, "baselines": rows}, folder))


if __name__ == "__main__":
    main()
