"""The evidence of lesson 05 on real people whom the shipped embedding never saw.

It was trained on people who don't exist. Beside it stand pixels, LBP and eigenfaces, and
EfficientNet-Lite0 as ImageNet left it. What has settings (how tall images become square, which part
of EfficientNet is read at which size) is chosen on ORL's people s1 to s20; s21 to s40 and LFW
(`FACELIB_LFW`, ten folds, thresholds from the other nine) are only reported on. On ORL what a
baseline learns it learns from s1 to s20, on LFW from the other nine folds. "Centred" is a network
from which one vector was taken away, the mean embedding of those same people, without their names:
all that a domain has in common.
"""

from collections.abc import Callable
from itertools import product
from pathlib import Path

import torch
from sklearn.pipeline import Pipeline
from torch import Tensor
from torch.nn.functional import normalize

from facecourse.kit import evidence, protocol, verify
from facecourse.lesson05_embeddings import experiment
from facelib.data import Pairs, lfw, resize, to_grey, to_square
from facelib.measure import Interval, paired_interval, ten_fold
from facelib.models import embed, face_embedding
from facelib.models.backbones import efficientnet_lite0
from facelib.models.classical import BASELINES, features

HERE = Path(__file__).parent

CLASSICAL = ("pixels", "LBP", "eigenfaces")
# Neighbouring pixels say nearly the same, and ten decompositions of all of them take very long.
SIDE = {"pixels": 56, "eigenfaces": 56, "LBP": 112}
OURS = ("ours", "ours, centred")
STAGES, SIDES = (4, 6, 7), (96, 128, 224)
Recogniser = Callable[[Tensor], Tensor]  # uint8 (N, C, H, W) -> unit embeddings (N, D)


def crop(images: Tensor) -> Tensor:
    """Tall images without what a square has no room for, above and below."""
    extra = (images.shape[2] - images.shape[3]) // 2
    return images[:, :, extra : images.shape[2] - extra]


SQUARE: dict[str, Callable[[Tensor], Tensor]] = {
    "squeezed": lambda images: images, "cropped": crop, "padded": to_square,
}  # fmt: skip


def ours(square: str, flip: bool = True) -> Recogniser:
    """The shipped embedding, of images made square in this way."""
    model = face_embedding()
    return lambda images: embed(model, resize(SQUARE[square](to_grey(images)), 64, 64), flip)


def imagenet(stages: int, side: int, square: str) -> Recogniser:
    """Frozen EfficientNet-Lite0, the mean over places after so many stages."""
    model = efficientnet_lite0(stages, side)
    return lambda images: embed(model, SQUARE[square](images))


def choose(candidates: dict[str, Recogniser]) -> tuple[str, Recogniser, dict[str, float]]:
    """The best on the open people, its name first, and the AUC of each there."""
    known = protocol.open_people()
    scores = {
        name: verify.verify_pairs(recognise(known.images), known).auc
        for name, recognise in candidates.items()
    }
    best = max(scores, key=scores.get)
    return best, candidates[best], scores


def centre(embeddings: Tensor, known: Tensor) -> Tensor:
    """Less the mean of known faces' embeddings, of unit length again."""
    return normalize(embeddings - known.mean(0))


def measure_orl(recognisers: dict[str, Recogniser]) -> dict[str, dict]:
    """Metrics of each on s21 to s40; and how much better ours is, paired over people."""
    known, unseen = protocol.open_people(), protocol.unseen_people()
    found = {}
    for name, recognise in recognisers.items():
        found[name] = recognise(unseen.images)
        found[f"{name}, centred"] = centre(found[name], recognise(known.images))
    for name in CLASSICAL:
        model = BASELINES[name]().fit(known.images, known.person)
        found[name] = features(model, unseen.images)
    return {
        name: {"metrics": protocol.unseen_metrics(rival)}
        | _leads(name, lambda own, rival=rival: protocol.unseen_differences(found[own], rival))
        for name, rival in found.items()
    }


def measure_lfw(recognisers: dict[str, Recogniser]) -> dict[str, dict]:
    """Ten-fold accuracy of each; and how much better ours is, paired over folds."""
    faces, pairs, fold = lfw().of_pairs()
    grey, scores = to_grey(faces.images), {}
    for name, recognise in recognisers.items():
        codes = recognise(faces.images)
        scores[name] = (codes[pairs.left] * codes[pairs.right]).sum(1)
        scores[f"{name}, centred"] = score_centred(codes, pairs, fold)
    for name in CLASSICAL:
        small = resize(grey, SIDE[name], SIDE[name])
        scores[name] = score_folds(BASELINES[name], small, pairs, fold)
    found = {name: ten_fold(score, pairs.same, fold) for name, score in scores.items()}
    right = {name: result.accuracy for name, result in found.items()}
    return {
        name: {"accuracy": result.interval, "fold_accuracy": result.accuracy}
        | _leads(name, lambda own, name=name: paired_interval(right[own], right[name], of="folds"))
        for name, result in found.items()
    }


def _leads(name: str, compare: Callable[[str], object]) -> dict[str, object]:
    return {f"{own} minus this": compare(own) for own in OURS if own != name}


def score_centred(embeddings: Tensor, pairs: Pairs, fold: Tensor) -> Tensor:
    """Cosines of all pairs, (folds, P): in each row centred by the images of the other folds."""
    rows = []
    for number in fold.unique():
        others = torch.cat([side[fold != number] for side in (pairs.left, pairs.right)]).unique()
        codes = centre(embeddings, embeddings[others])
        rows.append((codes[pairs.left] * codes[pairs.right]).sum(1))
    return torch.stack(rows)


def score_folds(make: Callable[[], Pipeline], images: Tensor, pairs: Pairs, fold: Tensor) -> Tensor:
    """Cosine of every pair, by a baseline fitted without one fold's pairs: float32 (folds, P).

    Args:
        make: an unsupervised baseline; no name is used (Huang et al. 2007, unsupervised).
        images: uint8 (N, 1, H, W).
        pairs: positions in `images`.
        fold: int64 (P,), the fold of each pair; row k leaves out the k-th smallest.
    """
    model, rows = make(), []
    described = model[0].transform(images)  # learns nothing, so once is enough
    for number in fold.unique():
        seen = torch.cat([side[fold != number] for side in (pairs.left, pairs.right)]).unique()
        learned = model[1:-1].fit(described[seen])
        codes = torch.from_numpy(learned.transform(described)).float()
        rows.append((codes[pairs.left] * codes[pairs.right]).sum(1))
    return torch.stack(rows)


def promises() -> dict[str, Interval]:
    """The FAR that ours keeps on one half of ORL's people at the threshold chosen on the other."""
    model, halves = face_embedding(), (protocol.open_people(), protocol.unseen_people())
    known, unseen = (verify.embed_at_64(model, half.images) for half in halves)
    return {
        "chosen on s1-s20": experiment.measure_promise(known, unseen, protocol.FAR),
        "chosen on s21-s40": experiment.measure_promise(unseen, known, protocol.FAR),
    }


def main(folder: Path = HERE) -> None:
    """Choose, measure and store all of it, some twenty minutes."""
    shape, own, shapes = choose({square: ours(square) for square in SQUARE})
    part, lite, parts = choose({
        f"{stages} stages, {side} px, {square}": imagenet(stages, side, square)
        for stages, side, square in product(STAGES, SIDES, SQUARE)
    })  # fmt: skip
    networks = {"ours": own, "EfficientNet-Lite0": lite}
    payload = {
        "seeds": [0],
        "chosen on s1-s20": {"ours": shape, "EfficientNet-Lite0": part},
        "AUC on s1-s20": shapes | parts,
        "ORL s21-s40": measure_orl(networks),
        "LFW": measure_lfw(networks),
        "promises": promises(),
    }
    evidence.write("zero_shot", payload, folder)


if __name__ == "__main__":
    main()
