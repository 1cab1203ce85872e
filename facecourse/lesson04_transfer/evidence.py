"""The evidence of lesson 04: what transfers from where, how, and with how many photographs."""

from __future__ import annotations

import time
from collections import defaultdict
from functools import partial
from pathlib import Path
from statistics import fmean

from torch import nn
from tqdm import tqdm

from facecourse.kit import evidence, orl, protocol, transfer
from facecourse.kit.scoreboard import Row
from facecourse.kit.transfer import STEPS
from facecourse.lesson04_transfer import experiment
from facelib import measure
from facelib.data import FaceSet, to_square
from facelib.models import face_embedding
from facelib.models.backbones import efficientnet_lite0

HERE = Path(__file__).parent

SEEDS = {1: range(8), 2: range(3), 5: range(3)}  # splits by photographs a person
HEADS, FEW_STEPS = range(4), 40  # splits and steps for the ImageNet network, a second a step
LONGER = 240  # steps from nothing: of the small network, and of the large with one photograph
WATCHED = 5, 10, 20, 40, 80, 160, 240
CHOICES = range(100, 103)
TRIED = {
    "synthetic faces": (3e-5, 1e-4, 3e-4, 1e-3, 3e-3),
    "from nothing": (1e-4, 3e-4, 1e-3),
    "small, from nothing": (3e-4, 1e-3, 3e-3),
    "ImageNet": (1e-4, 3e-4, 1e-3, 3e-3),
}
STAGES = 5, 6, 7
READ = {  # what is read how
    "ImageNet, full size": ("ImageNet", "full size"),
    "synthetic faces": ("synthetic faces", "64 x 64"),
}
Shares = list[list[float]]  # of each split, of each person: the share named rightly


def choose() -> dict[str, dict[str, list[float]]]:
    """[arm][rate, or stages] = top-1 on s1 to s20, one value a split."""
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for arm, rates in TRIED.items():
        large = arm == "ImageNet"
        source, size = ("ImageNet", "full size") if large else ("synthetic faces", "64 x 64")
        for seed in tqdm(CHOICES[:2] if large else CHOICES, f"choices, {arm}"):
            train, test = experiment.take_photos(1, seed, size, chosen_on=True)
            frozen = transfer.adapt(source, "frozen", train, seed)
            for rate in rates:
                model = train_arm(arm, rate, frozen, train, seed)
                found[arm][f"{rate:g}"].append(orl.top1(model, test))
            for stages in STAGES if large else ():
                base = efficientnet_lite0(stages)
                names = experiment.name_by_neighbour(base, train, test, train)
                found["stages"][str(stages)].append(fmean(orl.share_by_person(names, test)))
    return found


def use_best_rates(chosen: dict[str, dict[str, list[float]]]) -> None:
    """From here on `experiment` learns at the best of the rates tried."""
    for arm in TRIED:
        best = max(chosen[arm].items(), key=lambda tried: sum(tried[1]))
        experiment.RATES[arm] = float(best[0])


def train_arm(
    arm: str, rate: float, frozen: transfer.Recogniser, train: FaceSet, seed: int
) -> nn.Module:
    """One of the arms of `TRIED` at a rate, from a frozen network with its new head."""
    if arm in experiment.NETWORKS:
        steps = STEPS if arm == "from nothing" else LONGER
        return experiment.train_from_nothing(train, seed, rate, steps, arm=arm)
    if arm == "ImageNet":
        return experiment.tune_further(frozen, train, seed, "last third", rate, FEW_STEPS)
    return experiment.tune_further(frozen, train, seed, rate=rate, steps=STEPS)


def measure_arms(photos: int) -> dict[str, dict]:
    """What learns from so many 64 x 64 photographs of each person.

    Returns:
        "top-1", [arm] = `Shares`; "curves", [arm][steps] = top-1 of each split; "functions", as
        `compare_functions`, and "seconds", [arm], one value a split.
    """
    found = {part: defaultdict(list) for part in ("top-1", "functions", "seconds")}
    curves: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for seed in tqdm(SEEDS[photos], f"{photos} photographs"):
        train, test = orl.split_photos(photos, seed)

        def note(arm: str, model: nn.Module, test=test) -> None:
            found["top-1"][arm].append(orl.top1_per_person(model, test))

        def watch(arm: str, model: nn.Module, step: int, test=test) -> None:
            if step in WATCHED:
                curves[arm][str(step)].append(orl.top1(model, test))
            if (arm, step) == ("from nothing", STEPS):
                note(arm, model)

        start = time.perf_counter()
        frozen = transfer.adapt("synthetic faces", "frozen", train, seed)
        found["seconds"]["head"].append(time.perf_counter() - start)
        note("new head", frozen)
        for depth in experiment.DEPTHS[:-1]:
            note(depth, experiment.tune_further(frozen, train, seed, depth, steps=STEPS))
        start = time.perf_counter()
        after = partial(watch, "fine-tuned")
        tuned = experiment.tune_further(frozen, train, seed, steps=STEPS, after=after)
        found["seconds"]["fine-tuned"].append(time.perf_counter() - start)
        note("all layers", tuned)
        for name, share in experiment.compare_functions(frozen, tuned, test).items():
            found["functions"][name].append(share)
        after = partial(watch, "from nothing")
        steps = LONGER if photos == 1 else STEPS
        longer = experiment.train_from_nothing(train, seed, steps=steps, after=after)
        note("from nothing, longer", longer)
        arm = "small, from nothing"
        note(arm, experiment.train_from_nothing(train, seed, steps=LONGER, arm=arm))
    return found | {"curves": curves}


def measure_neighbours() -> dict[str, dict[str, Shares]]:
    """[photographs][source, way] = shares named rightly by nearest neighbour, without training."""
    found: dict[str, dict[str, Shares]] = {str(n): defaultdict(list) for n in SEEDS}
    for name, (source, size) in tqdm(READ.items(), "neighbours"):
        base = transfer.SOURCES[source]()
        faces, others = (
            people().map(experiment.SIZES[size])
            for people in (protocol.unseen_people, protocol.open_people)
        )
        features = orl.embed_or_flatten(base, faces.images)
        centre = orl.embed_or_flatten(base, others.images).mean(0)
        for photos, seed in ((n, seed) for n, splits in SEEDS.items() for seed in splits):
            rank = faces.rank_within_person(seed)
            known, asked = rank < photos, rank >= 5
            for way, shift in {"nearest": 0.0, "nearest, centred": centre}.items():
                away = features - shift
                names = measure.identify(away[asked], away[known], faces.person[known])
                shares = orl.share_by_person(names, faces.take(asked))
                found[str(photos)][f"{name}, {way}"].append(shares)
    return found


def measure_imagenet() -> dict[str, Shares]:
    """[arm] = shares named rightly by heads on the ImageNet network, one photograph a person."""
    found: dict[str, Shares] = defaultdict(list)
    for seed in tqdm(HEADS, "ImageNet"):
        train, test = experiment.take_photos(1, seed, "full size")
        model = transfer.adapt("ImageNet", "frozen", train, seed)
        rate = experiment.RATES["ImageNet"]
        for depth in ("head", "last third"):
            tuned = experiment.tune_further(model, train, seed, depth, rate, FEW_STEPS)
            found[f"ImageNet, full size, {depth}"].append(orl.top1_per_person(tuned, test))
    return found


def measure_bugs() -> dict[str, Shares]:
    """Nearest neighbour by networks that are used as they should be, and with each bug."""
    lite, found = transfer.SOURCES["ImageNet"](), defaultdict(list)
    for seed in tqdm(HEADS, "bugs"):
        splits = {size: experiment.take_photos(1, seed, size) for size in experiment.SIZES}
        said = experiment.mistake_inputs(lite, *splits["full size"])
        said |= experiment.mistake_mode(face_embedding(), *splits["64 x 64"])
        for name, names in said.items():
            found[name].append(orl.share_by_person(names, splits["64 x 64"][1]))
    return found


def rows() -> list[Row]:
    """Of the scoreboard: a network from ImageNet as it comes."""
    faces, lite = protocol.unseen_people().images, transfer.SOURCES["ImageNet"]()
    side = lite.side
    costs = {"bytes": 4 * measure.parameters(lite), "macs": measure.macs(lite, (3, side, side))}
    return [
        protocol.measure_row("ImageNet network, 6 stages", "04", lite, to_square(faces), **costs)
    ]


def main(folder: Path = HERE) -> None:
    """Measure and store all of it, some twenty minutes on two cores, and the scoreboard's rows."""
    chosen = choose()
    use_best_rates(chosen)
    measured = {str(photos): measure_arms(photos) for photos in SEEDS}
    top1 = {photos: found["top-1"] for photos, found in measured.items()}
    for photos, shares in measure_neighbours().items():
        top1[photos] |= shares
    top1["1"] |= measure_imagenet()
    payload = {
        "seeds": {str(photos): list(splits) for photos, splits in SEEDS.items()},
        "choices": chosen,
        "top-1": top1,
        "curves": {photos: found["curves"] for photos, found in measured.items()},
        "functions": measured["1"]["functions"],
        "seconds": measured["1"]["seconds"],
        "bugs": measure_bugs(),
    }
    evidence.write("evidence", payload, folder)
    protocol.put_rows(rows())


if __name__ == "__main__":
    main()
