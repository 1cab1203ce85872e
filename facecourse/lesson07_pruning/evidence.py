"""The evidence of lesson 07: what pruning weights, channels and layers takes, and what returns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from torch import nn
from tqdm import tqdm

from facecourse.kit import evidence, orl
from facecourse.ladder.student import PEOPLE, STEPS, prune_student, tar_drop, train_further
from facecourse.ladder.timing import times_faster
from facecourse.lesson07_pruning import experiment as pruning
from facelib.compress import decode, sparsify
from facelib.compress.prune import IMPORTANCE
from facelib.measure import Interval, macs, parameters
from facelib.models import face_student
from facelib.models.faceresnet import SHAPE

HERE = Path(__file__).parent

SEEDS = tuple(range(5))  # of training on
NAMERS = tuple(range(10))  # splits, and networks that name people
RATIOS = (0.25, 0.5, 0.75)
ROUND_TO = (1, 4, 8, 16)
NAMER_SHARES = (0.2, 0.5, 0.8, 0.9)
ZEROS, SPOILT = (0.5, 0.9), 0.8  # of all weights; of one layer's
EPOCHS = 80  # of networks that name people
PAIRS = 200  # of timed calls


def losses(train: Callable[..., nn.Module], *network: object) -> list[float]:
    """Points lost after `train`, one value a seed."""
    return [tar_drop(train(*network, seed, STEPS), PEOPLE).value for seed in SEEDS]


def sweep() -> dict:
    """[share] of single weights: points lost at once (an interval over people), and one value a
    seed where the student was trained on after one round of pruning, and in several rounds."""
    found: dict[str, dict] = {}
    for share in tqdm(pruning.SHARES, "weights"):
        sparse, _ = sparsify(face_student(), share)
        found[f"{share:g}"] = {
            "at once": tar_drop(sparse, PEOPLE), "trained on": losses(train_further, sparse),
            "in rounds": losses(pruning.prune_in_rounds, face_student(), share),
        }  # fmt: skip
    return found


def channels() -> dict:
    """[ratio][importance] of whole channels: as `sweep`, with a rival from nothing for "L1"."""
    found: dict[str, dict] = {}
    for ratio in RATIOS:
        for importance in tqdm(IMPORTANCE, f"channels, {ratio:g}"):
            small = prune_student(ratio, importance)
            found.setdefault(f"{ratio:g}", {})[importance] = runs = {
                "parameters": parameters(small), "macs": macs(small, SHAPE),
                "at once": tar_drop(small, PEOPLE), "trained on": losses(train_further, small),
            }  # fmt: skip
            if importance == "L1":
                runs["from nothing"] = losses(pruning.train_from_scratch, small)
    return found


def widths() -> dict[str, dict]:
    """[round_to] with half of the MACs gone: widths, MACs, how many times faster in onnxruntime."""
    models = {str(step): prune_student(0.5, round_to=step) for step in ROUND_TO}
    faster = times_faster(models, PAIRS)
    return {
        step: {
            "widths": [p.out_channels for p in small.modules() if isinstance(p, nn.Conv2d)],
            "macs": macs(small, SHAPE), "times faster": faster[step],
        }
        for step, small in models.items()
    }  # fmt: skip


def zeros_are_not_speed() -> dict[str, Interval]:
    """How many times faster onnxruntime is when this share of the weights is 0."""
    models = {f"{share:g}": decode(sparsify(face_student(), share)[0]) for share in ZEROS}
    return times_faster(models, PAIRS)


def blocks() -> dict[str, dict]:
    """[block] taken out whole: as `sweep`, and its MACs."""
    found: dict[str, dict] = {}
    for name in tqdm(pruning.list_blocks(face_student()), "blocks"):
        small = pruning.remove_block(name)
        found[name] = {
            "macs": macs(small, SHAPE), "at once": tar_drop(small, PEOPLE),
            "trained on": losses(train_further, small),
        }  # fmt: skip
    return found


def namers() -> dict[str, list]:
    """Top-1 on s21 to s40, two photographs, by the share of weights that went; one list of people's
    shares a split. "0": trained on as long with all weights, the rival of every pruning.

    "validation" and "test" are the two halves of the faces left over, for whoever chooses by them.
    """
    found: dict[str, list] = {}
    for seed in tqdm(NAMERS, "namers"):
        train, rest = orl.split_photos(2, seed)
        first, later = pruning.train_classifier(train, seed, EPOCHS), (seed + 500, EPOCHS // 2)
        models = {"before": first, "0": pruning.train_classifier(train, *later, first)}
        for share in NAMER_SHARES:
            models[f"{share:g}"] = pruning.prune_classifier(first, share, train, *later)
        half = rest.rank_within_person(seed) < 2
        for name, model in models.items():
            found.setdefault(name, []).append(orl.top1_per_person(model, rest))
            for part, faces in (("validation", rest.take(half)), ("test", rest.take(~half))):
                found.setdefault(f"{name}, {part}", []).append(orl.top1(model, faces))
    return found


def optimism(named: dict[str, list]) -> dict[str, list[float]]:
    """Of each split: the score of the share chosen by the test half on that half, and of the one
    chosen by the validation half on the test half."""
    names = [name for name in named if "," not in name and name != "before"]
    tests = np.array([named[f"{name}, test"] for name in names])
    validation = np.array([named[f"{name}, validation"] for name in names])
    splits = range(tests.shape[1])
    return {
        "chosen by the test": [float(tests[:, s].max()) for s in splits],
        "chosen by validation": [float(tests[validation[:, s].argmax(), s]) for s in splits],
    }


def main(folder: Path = HERE) -> None:
    """Measure and store all of it, some forty minutes on one thread."""
    named = namers()
    payload = {
        "seeds": SEEDS,
        "splits": NAMERS,
        "control": losses(train_further, face_student()),  # what training alone does
        "weights": sweep(),
        "channels": channels(),
        "widths": widths(),
        "zeros": zeros_are_not_speed(),
        "sensitivity": pruning.measure_sensitivity(SPOILT, PEOPLE),
        "blocks": blocks(),
        "names": named,
        "optimism": optimism(named),
    }
    evidence.write("evidence", payload, folder)


if __name__ == "__main__":
    main()
