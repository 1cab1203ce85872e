"""The shipped embedding on real people it never saw: python -m benchmarks.zero_shot

It was trained on people who don't exist. Beside it stand pixels, LBP and eigenfaces,
EfficientNet-Lite0 as ImageNet left it, and a small network that learnt twenty real people. What has
settings (how tall images become square, which part of EfficientNet is read at which size) is chosen
on ORL's people s1 to s20; s21 to s40 and LFW (`FACELIB_LFW`, ten folds, unsupervised) are only
reported on. On ORL what a baseline learns it learns from s1 to s20, on LFW from the other nine
folds. "Centred" is a network from which one vector was taken away, the mean embedding of those same
people, without their names: all that a domain has in common.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import normalize

from benchmarks import RESULTS
from benchmarks.lfw_baselines import SIDE, fold_scores
from facecourse.kit import evidence, protocol
from facecourse.kit.orl import to_half
from facecourse.lesson05_embeddings import sphere
from facelib.data import FaceSet, Pairs, all_pairs, lfw, resize, to_grey
from facelib.measure import Verification, paired_interval, similarity, ten_fold
from facelib.models import embed, face_embedding
from facelib.models.backbones import efficientnet_lite0
from facelib.models.classical import BASELINES, features

CLASSICAL = ("pixels", "LBP", "eigenfaces")
OURS = ("ours", "ours, centred")
STAGES, SIDES = (4, 6, 7), (96, 128, 224)
Recogniser = Callable[[Tensor], Tensor]  # uint8 (N, C, H, W) -> unit embeddings (N, D)


def ours(crop: bool) -> Recogniser:
    """The shipped embedding; `crop` cuts tall images to squares, else they are squeezed."""
    model = face_embedding()

    def recognise(images: Tensor) -> Tensor:
        grey = to_grey(images)
        extra = (grey.shape[2] - grey.shape[3]) // 2 if crop else 0
        return embed(model, resize(grey[:, :, extra : grey.shape[2] - extra], 64, 64))

    return recognise


def imagenet(stages: int, side: int) -> Recogniser:
    """Frozen EfficientNet-Lite0, the mean over places after so many stages."""
    model = efficientnet_lite0(stages, side)
    return lambda images: embed(model, images)


def cnn_of_twenty() -> Recogniser:
    """Lesson 05's FaceCNN, which learnt the names of ORL's s1 to s20 by plain softmax."""
    model = sphere.train_by_loss("softmax")
    return lambda images: embed(model, to_half(to_grey(images)))


def auc(recogniser: Recogniser, faces: FaceSet) -> float:
    """Of all pairs of the faces."""
    embeddings = recogniser(faces.images)
    left, right, same = all_pairs(faces.person)
    return Verification(similarity(embeddings, embeddings)[left, right], same).auc


def chosen(candidates: dict[str, Recogniser]) -> tuple[str, dict[str, float]]:
    """The best on the open people, and the AUC of each there."""
    scores = {name: auc(make, protocol.open_people()) for name, make in candidates.items()}
    return max(scores, key=scores.get), scores


def centred(embeddings: Tensor, known: Tensor) -> Tensor:
    """Less the mean of known faces' embeddings, of unit length again."""
    return normalize(embeddings - known.mean(0))


def on_orl(recognisers: dict[str, Recogniser]) -> dict[str, dict]:
    """Metrics of each on s21 to s40; and how much better ours is, paired over people."""
    known, unseen = protocol.open_people(), protocol.unseen_people()
    embeddings = {}
    for name, recognise in recognisers.items():
        embeddings[name] = recognise(unseen.images)
        embeddings[f"{name}, centred"] = centred(embeddings[name], recognise(known.images))
    for name in CLASSICAL:
        model = BASELINES[name]().fit(known.images, known.person)
        embeddings[name] = features(model, unseen.images)
    rows = {}
    for name, rival in embeddings.items():
        rows[name] = {"metrics": protocol.unseen_metrics(rival)}
        for own in OURS:
            if own != name:
                gain = protocol.unseen_differences(embeddings[own], rival)
                rows[name][f"{own} minus this"] = gain
        print(f"ORL s21-s40  {name:20} {rows[name]['metrics']}", flush=True)
    return rows


def on_lfw(recognisers: dict[str, Recogniser]) -> dict[str, dict]:
    """Ten-fold accuracy of each; and how much better ours is, paired over folds."""
    faces, pairs, fold = lfw()
    used, position = torch.cat([pairs.left, pairs.right]).unique(return_inverse=True)
    pairs, images = Pairs(*position.view(2, -1), pairs.same), faces.images[used]
    scores = {}
    for name, recognise in recognisers.items():
        embeddings = recognise(images)
        scores[name] = (embeddings[pairs.left] * embeddings[pairs.right]).sum(1)
        scores[f"{name}, centred"] = centred_scores(embeddings, pairs, fold)
    grey = to_grey(images)
    for name in CLASSICAL:
        small = resize(grey, SIDE[name], SIDE[name])
        scores[name] = fold_scores(BASELINES[name], small, pairs, fold)
    measured = {name: ten_fold(score, pairs.same, fold) for name, score in scores.items()}
    rows = {}
    for name, result in measured.items():
        rows[name] = {"accuracy": result.interval, "fold_accuracy": result.accuracy}
        for own in OURS:
            if own != name:
                rows[name][f"{own} minus this"] = paired_interval(
                    measured[own].accuracy, result.accuracy, of="folds"
                )
        print(f"LFW  {name:20} {rows[name]['accuracy']}", flush=True)
    return rows


def centred_scores(embeddings: Tensor, pairs: Pairs, fold: Tensor) -> Tensor:
    """Cosines of each fold's pairs, centred by the images of the other nine."""
    scores = torch.empty(len(pairs.same))
    for number in fold.unique():
        mine = fold == number
        others = torch.cat([pairs.left[~mine], pairs.right[~mine]]).unique()
        left, right = (
            centred(embeddings[side[mine]], embeddings[others])
            for side in (pairs.left, pairs.right)
        )
        scores[mine] = (left * right).sum(1)
    return scores


def main(folder: Path = RESULTS, with_lfw: bool = True, sides: tuple[int, ...] = SIDES) -> None:
    """Choose, measure, print, and store zero_shot.json in `folder`."""
    shapes = {"squeezed": ours(crop=False), "cropped": ours(crop=True)}
    shape, shape_scores = chosen(shapes)
    parts = {
        f"{stages} stages, {side} px": imagenet(stages, side) for stages in STAGES for side in sides
    }
    part, part_scores = chosen(parts)
    recognisers = {
        "ours": shapes[shape], "EfficientNet-Lite0": parts[part],
        "CNN of 20 people": cnn_of_twenty(),
    }  # fmt: skip
    payload = {
        "seeds": [0],
        "chosen on s1-s20": {"ours": shape, "EfficientNet-Lite0": part},
        "AUC on s1-s20": shape_scores | part_scores,
        "ORL s21-s40": on_orl(recognisers),
    }
    if with_lfw:
        payload["LFW"] = on_lfw(recognisers)
    print(evidence.write("zero_shot", payload, folder))


if __name__ == "__main__":
    main()
