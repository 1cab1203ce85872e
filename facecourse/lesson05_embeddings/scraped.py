"""What it costs not to ask: the public dlib embedding beside ours, on ORL and LFW.

D. E. King's network (dlib_face_recognition_resnet_model_v1, CC0) learnt from three million
photographs of 7,485 people, most of them scraped from the web; ours from people who don't exist.
Both get the protocol of `zero_shot` in one pass, without mirror images. dlib aligns faces by five
landmarks of its own, in the box where its detector finds the face, or in the whole image. What it
sees are the crops that ours sees, enlarged; on whole photographs of LFW its author reports 99.38 %
(http://blog.dlib.net/2017/02/high-quality-face-recognition-with-deep.html).

Needs `pip install -r requirements/bench.txt` and, for LFW, `FACELIB_LFW`.
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize
from tqdm import tqdm

from facecourse.kit import evidence, protocol
from facecourse.lesson05_embeddings import zero_shot
from facelib.data import lfw, resize, to_square
from facelib.measure import paired_interval, ten_fold

HERE = Path(__file__).parent
SIDE, CHIP = 224, 150  # pixels: of images dlib looks for a face in, and of those it embeds


class Dlib:
    """uint8 (N, 1 or 3, H, W) -> embeddings (N, 128) of unit length."""

    def __init__(self) -> None:
        import dlib

        folder = Path(find_spec("face_recognition_models").origin).parent / "models"
        self.dlib = dlib
        self.detect = dlib.get_frontal_face_detector()
        self.landmarks = dlib.shape_predictor(str(folder / "shape_predictor_5_face_landmarks.dat"))
        self.network = dlib.face_recognition_model_v1(
            str(folder / "dlib_face_recognition_resnet_model_v1.dat")
        )

    def __call__(self, images: Tensor) -> Tensor:
        large = resize(to_square(images), SIDE, SIDE).expand(-1, 3, -1, -1)
        large = large.permute(0, 2, 3, 1).contiguous().numpy()
        chips = [self._align(image) for image in tqdm(large, "align")]
        codes = [self.network.compute_face_descriptor(chip) for chip in tqdm(chips, "embed")]
        return normalize(torch.tensor(np.array(codes)).float())

    def _align(self, image: np.ndarray) -> np.ndarray:
        boxes = sorted(self.detect(image), key=lambda box: box.area())
        box = boxes[-1] if boxes else self.dlib.rectangle(0, 0, SIDE - 1, SIDE - 1)
        return self.dlib.get_face_chip(image, self.landmarks(image, box), CHIP)


def main(folder: Path = HERE) -> None:
    """Measure and store scraped.json, some forty minutes."""
    rival, unseen = Dlib(), protocol.unseen_people().images
    ways = {square: zero_shot.ours(square, flip=False) for square in zero_shot.SQUARE}
    _, ours, _ = zero_shot.choose(ways)
    theirs, own = rival(unseen), ours(unseen)
    faces, pairs, fold = lfw().of_pairs()
    found = {}
    for name, recognise in {"ours": ours, "dlib": rival}.items():
        codes = recognise(faces.images)
        scores = (codes[pairs.left] * codes[pairs.right]).sum(1)
        found[name] = ten_fold(scores, pairs.same, fold)
    payload = {
        "seeds": [0],
        "ORL s21-s40": {
            "ours": protocol.unseen_metrics(own), "dlib": protocol.unseen_metrics(theirs),
            "dlib minus ours": protocol.unseen_differences(theirs, own),
        },
        "LFW": {
            **{name: result.interval for name, result in found.items()},
            "dlib minus ours": paired_interval(
                found["dlib"].accuracy, found["ours"].accuracy, of="folds"
            ),
        },
    }  # fmt: skip
    evidence.write("scraped", payload, folder)


if __name__ == "__main__":
    main()
