"""Evidence of lesson 01: what augmentation is worth to a network and to Gabor filters where one
photograph a person is enrolled.

Test pictures are looked at once, without their mirror image.
"""

from collections import defaultdict
from pathlib import Path

import torch
from tqdm import tqdm

from facecourse.kit import evidence
from facecourse.kit.orl import STILL, to_half, train_cnn
from facelib.data import Augment, FaceSet, orl
from facelib.models import predict
from facelib.models.classical import BASELINES

HERE = Path(__file__).parent

SPLITS = 6
VIEWS = 20  # augmented pictures of each photograph, enrolled beside it


def augment_enrolled(train: FaceSet, seed: int) -> FaceSet:
    """Each photograph and `VIEWS` changed ones, uint8 and of the same size."""
    generator = torch.Generator().manual_seed(seed)
    views = [Augment()(train.images, generator) for _ in range(VIEWS)]
    changed = [(255 * view).round().to(torch.uint8) for view in views]
    more = train.take(torch.arange(len(train)).repeat(VIEWS + 1))
    return more.map(lambda _: torch.cat([train.images, *changed]))


def compare_help() -> dict[str, list[float]]:
    """Top-1 of two methods with and without help, a number a split."""
    faces = orl()
    top1 = defaultdict(list)
    for seed in tqdm(range(SPLITS)):
        rank = faces.rank_within_person(seed)
        train, test = faces.take(rank < 1), faces.take(rank >= 5)
        named, more = {}, augment_enrolled(train, seed)
        for name, enrolled in {"Gabor": train, "Gabor, augmented": more}.items():
            gabor = BASELINES["Gabor"]().fit(enrolled.images, enrolled.person)
            named[name] = torch.from_numpy(gabor.predict(test.images))
        for name, settings in {"CNN": {"augment": STILL}, "CNN, augmented": {}}.items():
            model = train_cnn(train, seed, **settings)
            named[name] = predict(model, to_half(test.images), flip=False).cpu()
        for name, people in named.items():
            top1[name].append(float((people == test.person).double().mean()))
    return top1


def main(folder: Path = HERE) -> None:
    """Measure and store, some twenty minutes on one thread."""
    payload = {"seeds": list(range(SPLITS)), "top-1": compare_help()}
    evidence.write("one_photo", payload, folder)


if __name__ == "__main__":
    main()
