"""The evidence of lesson 07: what pruning weights, channels and layers takes, and what returns."""

from __future__ import annotations

from collections.abc import Sequence
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


def sweep(seeds: Sequence[int], shares: Sequence[float], steps: int, people: int) -> dict:
    """[share] of single weights: points lost at once (an interval over people), and one value a
    seed where the student was trained on after one round of pruning, and in several rounds."""
    found: dict[str, dict] = {}
    for share in tqdm(shares, "weights"):
        sparse, _ = sparsify(face_student(), share)
        runs = found.setdefault(f"{share:g}", {"at once": tar_drop(sparse, people)})
        for seed in seeds:
            one = train_further(sparse, seed, steps)
            several = pruning.prune_in_rounds(face_student(), share, seed, steps)
            for name, model in (("trained on", one), ("in rounds", several)):
                runs.setdefault(name, []).append(tar_drop(model, people).value)
    return found


def control(seeds: Sequence[int], steps: int, people: int) -> list[float]:
    """Points the whole student loses when it is trained on as long: what training alone does."""
    return [tar_drop(train_further(face_student(), seed, steps), people).value for seed in seeds]


def channels(seeds: Sequence[int], ratios: Sequence[float], steps: int, people: int) -> dict:
    """[ratio][importance] of whole channels: as `sweep`, with a rival from nothing for "L1"."""
    found: dict[str, dict] = {}
    for ratio in ratios:
        for importance in tqdm(IMPORTANCE, f"channels, {ratio:g}"):
            small = prune_student(ratio, importance)
            runs = found.setdefault(f"{ratio:g}", {}).setdefault(importance, {})
            runs |= {
                "parameters": parameters(small), "macs": macs(small, SHAPE),
                "at once": tar_drop(small, people),
            }  # fmt: skip
            for seed in seeds:
                rows = {"trained on": train_further(small, seed, steps)}
                if importance == "L1":
                    rows["from nothing"] = pruning.train_from_scratch(small, seed, steps)
                for name, model in rows.items():
                    runs.setdefault(name, []).append(tar_drop(model, people).value)
    return found


def widths(steps: Sequence[int], pairs: int) -> dict[str, dict]:
    """[round_to] with half of the MACs gone: widths, MACs, how many times faster in onnxruntime."""
    models = {str(step): prune_student(0.5, round_to=step) for step in steps}
    faster = times_faster(models, pairs)
    return {
        step: {
            "widths": [p.out_channels for p in small.modules() if isinstance(p, nn.Conv2d)],
            "macs": macs(small, SHAPE), "times faster": faster[step],
        }
        for step, small in models.items()
    }  # fmt: skip


def zeros_are_not_speed(shares: Sequence[float], pairs: int) -> dict[str, Interval]:
    """How many times faster onnxruntime is when this share of the weights is 0."""
    models = {f"{share:g}": decode(sparsify(face_student(), share)[0]) for share in shares}
    return times_faster(models, pairs)


def blocks(seeds: Sequence[int], steps: int, people: int) -> dict[str, dict]:
    """[block] taken out whole: as `sweep`, and its MACs."""
    found: dict[str, dict] = {}
    for name in tqdm(pruning.list_blocks(face_student()), "blocks"):
        small = pruning.remove_block(name)
        runs = found.setdefault(
            name, {"macs": macs(small, SHAPE), "at once": tar_drop(small, people)}
        )
        runs["trained on"] = [
            tar_drop(train_further(small, seed, steps), people).value for seed in seeds
        ]
    return found


def namers(seeds: Sequence[int], shares: Sequence[float], epochs: int) -> dict[str, list]:
    """Top-1 on s21 to s40, two photographs, by the share of weights that went; one list of people's
    shares a split. "0": trained on as long with all weights, the rival of every pruning.

    "validation" and "test" are the two halves of the faces left over, for whoever chooses by them.
    """
    found: dict[str, list] = {}
    for seed in tqdm(seeds, "namers"):
        train, rest = orl.split_photos(2, seed)
        first = pruning.train_classifier(train, seed, epochs)
        models = {
            "before": first,
            "0": pruning.train_classifier(train, seed + 500, epochs // 2, first),
        }
        for share in shares:
            models[f"{share:g}"] = pruning.prune_classifier(
                first, share, train, seed + 500, epochs // 2
            )
        half = rest.rank_within_person(seed) < 2
        for name, model in models.items():
            found.setdefault(name, []).append(orl.top1_per_person(model, rest))
            for part, faces in (("validation", rest.take(half)), ("test", rest.take(~half))):
                score = orl.top1(model, faces)
                found.setdefault(f"{name}, {part}", []).append(score)
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


def main(
    seeds: Sequence[int] = SEEDS,
    splits: Sequence[int] = NAMERS,
    steps: int = STEPS,
    epochs: int = 80,
    people: int = PEOPLE,
    pairs: int = 200,
    folder: Path = HERE,
) -> None:
    """Measure and store all of it.

    Args:
        seeds: of training on.
        splits: of the people who are named.
        steps, epochs: of training on, and of the networks that name people.
        people: who don't exist, to count lost points on.
        pairs: of timed calls.
        folder: where to store.
    """
    named = namers(splits, NAMER_SHARES, epochs)
    payload = {
        "seeds": list(seeds), "splits": list(splits),
        "control": control(seeds, steps, people),
        "weights": sweep(seeds, pruning.SHARES, steps, people),
        "channels": channels(seeds, RATIOS, steps, people),
        "widths": widths(ROUND_TO, pairs), "zeros": zeros_are_not_speed((0.5, 0.9), pairs),
        "sensitivity": pruning.measure_sensitivity(0.8, people),
        "blocks": blocks(seeds, steps, people), "names": named, "optimism": optimism(named),
    }  # fmt: skip
    evidence.write("evidence", payload, folder)
