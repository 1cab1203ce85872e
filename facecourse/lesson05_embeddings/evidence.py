"""The evidence of lesson 05 on losses: each at the rate and scale that suit it, same people."""

from itertools import product
from pathlib import Path
from statistics import fmean

from tqdm import tqdm

from facecourse.kit import evidence, protocol, verify
from facecourse.kit.orl import to_half
from facecourse.lesson05_embeddings import experiment
from facelib.data import FaceSet
from facelib.models import embed

HERE = Path(__file__).parent

LOSSES = ("softmax", "triplet", "normalised softmax", "CosFace", "ArcFace")
RATES, SCALES = (2e-5, 1e-4, 5e-4, 2e-3), (3.0, 10.0, 30.0, 100.0, 300.0)
SEEDS, CHOICES, STEPS = tuple(range(6)), (100, 101, 102), 150


def choose() -> dict[str, dict]:
    """Of each loss the rate and scale with the best AUC on half of s1 to s20, learnt from the
    other half, mean of both ways and of three seeds; and every AUC. Half as many people get half
    of the steps, so that a photograph is seen as often as later."""
    known = protocol.open_people()
    one, other = (known.of_people(list(range(start, start + 10))) for start in (0, 10))
    ways = list(product(((one, other), (other, one)), CHOICES))
    found = {}
    for name in tqdm(LOSSES, "settings"):
        scales = SCALES if name not in ("softmax", "triplet") else (None,)
        tried = {
            f"{rate:g}, {scale}": [
                _auc(name, learn, judge, rate, scale, seed) for (learn, judge), seed in ways
            ]
            for rate, scale in product(RATES, scales)
        }
        means = list(map(fmean, tried.values()))
        rate, scale = list(product(RATES, scales))[means.index(max(means))]
        found[name] = {"rate": rate, "scale": scale, "AUC on s1-s20": tried}
    return found


def _auc(
    name: str, learn: FaceSet, judge: FaceSet, rate: float, scale: float | None, seed: int
) -> float:
    model = experiment.train_by_loss(name, learn, rate, scale, seed, STEPS // 2)
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


def main(folder: Path = HERE) -> None:
    """Measure and store all of it, some ten minutes on one thread."""
    settings = choose()
    payload = {"seeds": SEEDS, "settings": settings, "losses": losses(settings)}
    evidence.write("evidence", payload, folder)


if __name__ == "__main__":
    main()
