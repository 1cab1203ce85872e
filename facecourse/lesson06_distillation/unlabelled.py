"""The evidence of lesson 06 on what a student learns from pictures without names.

Its teacher has had one photograph of each person.
"""

from __future__ import annotations

from pathlib import Path

import torch
from tqdm import tqdm

from facecourse.kit import evidence, orl, transfer
from facecourse.lesson06_distillation import experiment as distilling
from facecourse.lesson06_distillation.evidence import ALONE

HERE = Path(__file__).parent

SEEDS = tuple(range(10))
TUNED = {  # what is shown to the students of the fine-tuned teacher
    "that photograph, better teacher": "that photograph",
    "it and four more, better teacher": distilling.MORE,
}


def pictures() -> dict[str, list[list[float]]]:
    """The share named rightly of each split and person.

    Students are shown one of `distilling.PICTURES` and taught without a name by the frozen face
    embedding with a new layer; some also by the fine-tuned one. Their rivals learn the names of the
    one photograph.
    """
    found: dict[str, list[list[float]]] = {}
    for seed in tqdm(SEEDS, "pictures"):
        train, test = orl.split_photos(1, seed)
        teacher = distilling.train_teacher(train, seed)
        tuned = transfer.adapt("synthetic faces", "all", train, seed)
        models = {"teacher": teacher, "teacher, fine-tuned": tuned}
        for name in ALONE:
            loss, rate = distilling.TAUGHT_BY[name](), distilling.RATES.get(name, distilling.RATE)
            models[name] = distilling.train_student(
                loss, train, seed=seed, steps=distilling.LONG, rate=rate
            )
        for name, drawn in distilling.PICTURES.items():
            models[name] = distilling.distil_unlabelled(
                drawn(seed), teacher, train.people, seed, distilling.LONG
            )
        for name, drawn in TUNED.items():
            pictures = distilling.PICTURES[drawn](seed)
            models[name] = distilling.distil_unlabelled(
                pictures, tuned, train.people, seed, distilling.LONG
            )
        for name, model in models.items():
            found.setdefault(name, []).append(orl.top1_per_person(model, test))
    return found


def main(folder: Path = HERE) -> None:
    """Measure and store all of it, some fifteen minutes on one thread."""
    torch.manual_seed(0)
    evidence.write("unlabelled", {"seeds": SEEDS, "pictures": pictures()}, folder)


if __name__ == "__main__":
    main()
