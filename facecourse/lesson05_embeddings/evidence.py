"""The evidence of lesson 05: losses on equal terms, promises kept elsewhere, misplaced eyes."""

from __future__ import annotations

from itertools import product
from pathlib import Path

from torch import Tensor
from tqdm import tqdm

from facecourse.kit import evidence, protocol, verify
from facecourse.kit.orl import to_half
from facecourse.lesson05_embeddings import experiment
from facelib.data import FaceSet
from facelib.data.corrupt import misalign
from facelib.measure import Interval
from facelib.models import embed, face_embedding
from facelib.models.classical import BASELINES, features

HERE = Path(__file__).parent

LOSSES = ("softmax", "triplet", "normalised softmax", "CosFace", "ArcFace")
RATES, SCALES = (5e-4, 2e-3, 8e-3), (10.0, 30.0)
SEEDS, STEPS = tuple(range(6)), 150
RIVALS = ("Gabor", "LBP")
SHIFTS = (0, 2, 4, 6, 8, 10, 12)  # % of the width


def choose() -> dict[str, dict]:
    """Of each loss the rate and scale with the best AUC on half of s1 to s20, learnt from the
    other half, mean of both ways; and every AUC."""
    known = protocol.open_people()
    halves = [known.of_people(list(range(start, start + 10))) for start in (0, 10)]
    found = {}
    for name in tqdm(LOSSES, "settings"):
        scales = SCALES if name not in ("softmax", "triplet") else (None,)
        tried = {
            f"{rate:g}, {scale}": [
                _auc(name, learn, judge, rate, scale) for learn, judge in (halves, halves[::-1])
            ]
            for rate, scale in product(RATES, scales)
        }
        best = experiment.pick_best(tried)
        rate, scale = list(product(RATES, scales))[list(tried).index(best)]
        found[name] = {"rate": rate, "scale": scale, "AUC on s1-s20": tried}
    return found


def _auc(name: str, learn: FaceSet, judge: FaceSet, rate: float, scale: float) -> float:
    model = experiment.train_by_loss(name, learn, rate, scale, steps=STEPS)
    return verify.verify_pairs(embed(model, to_half(judge.images)).cpu(), judge).auc


def losses(settings: dict[str, dict]) -> dict[str, dict[str, list[float]]]:
    """Of each loss, trained on s1 to s20: what it reaches on s21 to s40, one value a seed."""
    found: dict[str, dict[str, list[float]]] = {}
    for seed, name in tqdm(list(product(SEEDS, settings)), "losses"):
        rate, scale = settings[name]["rate"], settings[name]["scale"]
        model = experiment.train_by_loss(name, protocol.open_people(), rate, scale, seed, STEPS)
        for metric, value in experiment.score_unseen(model).items():
            found.setdefault(name, {}).setdefault(metric, []).append(value)
    return found


def embeddings() -> dict[str, tuple[Tensor, Tensor]]:
    """s1 to s20 and s21 to s40, by the shipped embedding and by two methods that learn nothing."""
    halves = protocol.open_people(), protocol.unseen_people()
    model, found = face_embedding(), {}
    found["face_embedding"] = tuple(verify.embed_at_64(model, half.images) for half in halves)
    for name in RIVALS:
        rival = BASELINES[name]().fit(halves[0].images, halves[0].person)
        found[name] = tuple(features(rival, half.images) for half in halves)
    return found


def promises(found: dict[str, tuple[Tensor, Tensor]]) -> dict[str, dict[str, Interval]]:
    """The FAR that each method keeps on one half of ORL's people, chosen on the other half."""
    return {
        name: {
            "chosen on s1-s20": experiment.measure_promise(known, unseen, protocol.FAR),
            "chosen on s21-s40": experiment.measure_promise(unseen, known, protocol.FAR),
        }
        for name, (known, unseen) in found.items()
    }


def misplaced() -> dict[str, dict[str, Interval]]:
    """Rates on s21 to s40 by how badly one face of each pair is cropped.

    The threshold is that of 1 % FAR on s1 to s20, well cropped.
    """
    model = face_embedding()
    known, unseen = protocol.open_people(), protocol.unseen_people()
    codes, still = (verify.embed_at_64(model, faces.images) for faces in (known, unseen))
    threshold = verify.verify_pairs(codes, known).threshold_at(protocol.FAR)
    found = {}
    for shift in tqdm(SHIFTS, "shifts"):
        moved = verify.embed_at_64(model, misalign(unseen.images, shift=shift))
        found[str(shift)] = verify.changed_rates(moved, still, unseen, threshold)
    return found


def main(folder: Path = HERE) -> None:
    """Measure and store all of it, some fifteen minutes on one thread."""
    settings = choose()
    payload = {
        "seeds": SEEDS,
        "settings": settings,
        "losses": losses(settings),
        "promises": promises(embeddings()),
        "misplaced": misplaced(),
    }
    evidence.write("evidence", payload, folder)


if __name__ == "__main__":
    main()
