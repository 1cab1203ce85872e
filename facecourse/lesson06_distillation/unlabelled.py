"""The evidence of lesson 06 on what a student learns from pictures without names.

Its teacher has had one photograph of each person.
"""

from __future__ import annotations

from pathlib import Path

import torch
from tqdm import tqdm

from facecourse.kit import evidence, orl
from facecourse.lesson06_distillation import experiment as distilling
from facecourse.lesson06_distillation.evidence import ALONE, Shares, note_shares, train

HERE = Path(__file__).parent

SEEDS = tuple(range(10))
TUNED = {  # what is shown to the students of the fine-tuned teacher
    "that photograph, better teacher": "that photograph",
    "it and four more, better teacher": distilling.MORE,
}


def pictures() -> dict[str, Shares]:
    """The share named rightly of each split and person.

    Students are shown one of `distilling.PICTURES` and taught without a name by the frozen face
    embedding with a new layer; some also by the fine-tuned one. Their rivals learn the names of the
    one photograph.
    """
    found: dict[str, Shares] = {}
    for seed in tqdm(SEEDS, "pictures"):
        faces, test = orl.split_photos(1, seed)
        teacher = distilling.train_teacher(faces, seed)
        tuned = distilling.train_teacher(faces, seed, "all")
        models = {"teacher": teacher, "teacher, fine-tuned": tuned}
        models |= {name: train(name, faces, teacher, seed, distilling.LONG) for name in ALONE}
        shown = {name: (name, teacher) for name in distilling.PICTURES}
        shown |= {name: (kind, tuned) for name, kind in TUNED.items()}
        for name, (kind, asked) in shown.items():
            models[name] = distilling.distil_unlabelled(
                distilling.PICTURES[kind](seed), asked, faces.people, seed, distilling.LONG
            )
        note_shares(found, models, test)
    return found


def main(folder: Path = HERE) -> None:
    """Measure and store all of it, some fifteen minutes on one thread."""
    torch.manual_seed(0)
    evidence.write("unlabelled", {"seeds": SEEDS, "pictures": pictures()}, folder)


if __name__ == "__main__":
    main()
