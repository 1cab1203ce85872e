"""The evidence of lesson 02: corrected names, remedies against over-fitting. ORL only."""

from collections.abc import Iterable
from pathlib import Path

from tqdm import tqdm

from facecourse.kit import evidence
from facecourse.kit.orl import to_half
from facecourse.lesson02_learning import experiment, overfitting
from facelib import data
from facelib.measure import mean_interval

HERE = Path(__file__).parent

SPLITS = 10
CORRECTED = {  # what learns the corrected names, and how many times faster than at its own rate
    "cross-entropy": ("cross-entropy", 1),
    "squared error": ("squared error", 1),
    "squared error, 3 times the rate": ("squared error", 3),
    "squared error, 10 times the rate": ("squared error", 10),
}

Runs = dict[str, list[float]]


def gather(rows: Iterable[dict[str, float]]) -> Runs:
    """[{name: value} of each split] -> {name: [value of each split]}."""
    rows = list(rows)
    return {name: [row[name] for row in rows] for name in rows[0]}


def measure_losses() -> dict[str, object]:
    """Top-1 by loss from scratch, and at some looks after wrong names were corrected."""
    seeds = range(SPLITS)
    corrected = {}
    for name, (loss, faster) in tqdm(CORRECTED.items(), "corrected names"):
        rows = [experiment.correct_names(seed, loss, faster, experiment.LOOKS) for seed in seeds]
        corrected[name] = [mean_interval(runs, "splits") for runs in zip(*rows, strict=True)]
    scratch = gather(experiment.compare_losses(seed) for seed in tqdm(seeds, "losses"))
    return {"from scratch": scratch, "corrected": corrected}


def measure_remedies() -> Runs:
    """Test top-1 with one photograph a person, by remedy."""
    faces, rows = data.orl().map(to_half), []
    for seed in tqdm(range(SPLITS), "remedies"):
        split = experiment.hold_out(faces, 1, seed)
        watches = {
            name: overfitting.train_watched(split, seed, **settings)
            for name, settings in overfitting.REMEDIES.items()
        }
        last = {name: watch.top1["test"][-1] for name, watch in watches.items()}
        rows.append(last | {"early stopping": watches["none"].stopped()})
    return gather(rows)


def main(folder: Path = HERE) -> None:
    """Measure and store all of it, some eight minutes on one thread: the CNN trains 40 times."""
    payload = {
        "seeds": list(range(SPLITS)),
        "losses": measure_losses(),
        "remedies": measure_remedies(),
    }
    evidence.write("evidence", payload, folder)


if __name__ == "__main__":
    main()
