"""The evidence of lesson 01: closed-set accuracy and the first rows of the scoreboard."""

from collections import defaultdict
from pathlib import Path

import torch
from tqdm import tqdm

from facecourse.kit import evidence, protocol
from facecourse.kit.orl import to_half, train_cnn
from facecourse.kit.scoreboard import Row
from facelib import data, measure
from facelib.models import predict
from facelib.models.classical import BASELINES, features

HERE = Path(__file__).parent

SPLITS = 20
HANDCRAFTED = ("LBP", "HOG", "Gabor")


def closed_set(images: int) -> dict[str, list[float]]:
    """Top-1 of every method on 20 splits of ORL, `images` training images a person, 5 to test."""
    faces = data.orl()
    described = {  # by what learns nothing, so once is enough
        name: features(BASELINES[name]().fit(faces.images, faces.person), faces.images)
        for name in HANDCRAFTED
    }
    accuracy: dict[str, list[float]] = defaultdict(list)
    for seed in tqdm(range(SPLITS), f"{images} a person"):
        rank = faces.rank_within_person(seed)
        known, new = rank < images, rank >= 5
        train, test = faces.take(known), faces.take(new)
        for name, recogniser in BASELINES.items():
            if name == "Fisherfaces" and images == 1:
                continue  # it learns from how one person's images differ
            if name in described:
                codes = described[name]
                named = measure.identify(codes[new], codes[known], train.person)
            else:
                model = recogniser().fit(train.images, train.person)
                named = torch.from_numpy(model.predict(test.images))
            accuracy[name].append(float((named == test.person).double().mean()))
        cnn = train_cnn(train, seed)
        named = predict(cnn, to_half(test.images)).cpu()
        accuracy["CNN"].append(float((named == test.person).double().mean()))
    return accuracy


def rows() -> list[Row]:
    """Of the scoreboard: people never seen, by classical methods and by the lesson's CNN."""
    known, unseen = protocol.open_people(), protocol.unseen_people()
    found = []
    for name in ("pixels", "eigenfaces", "Fisherfaces", *HANDCRAFTED):
        model = BASELINES[name]().fit(known.images, known.person)
        time = measure.latency(lambda model=model: features(model, unseen.images[:1]))
        metrics = protocol.unseen_metrics(features(model, unseen.images))
        found.append(Row(name, "01", protocol.PROTOCOL, metrics, latency_ms=time.median_ms))
    cnn = train_cnn(known, seed=0)
    images = to_half(unseen.images)
    return [*found, protocol.measure_row("CNN trained on 20 people", "01", cnn, images)]


def main(folder: Path = HERE) -> None:
    """Measure and store all of it, some twenty minutes on one thread, and the scoreboard's rows."""
    top1 = {str(images): closed_set(images) for images in (1, 2, 5)}
    payload = {"seeds": list(range(SPLITS)), "top-1": top1}
    evidence.write("evidence", payload, folder)
    protocol.put_rows(rows())


if __name__ == "__main__":
    main()
