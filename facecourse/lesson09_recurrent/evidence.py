"""The evidence of lesson 09: what cells recall, how clips are pooled, faces read row by row."""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

import torch
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from facecourse.kit import evidence, orl
from facecourse.lesson09_recurrent import experiment
from facecourse.lesson09_recurrent.experiment import Clips
from facelib.measure import Interval
from facelib.measure.tail import Tail, take_tail, tar_lost
from facelib.training.losses import ContrastiveLoss

HERE = Path(__file__).parent

SEEDS, CHOICES = tuple(range(5)), (100, 101)  # reported, and those that rates were chosen by
SPLITS = tuple(range(3))  # of photographs
FEW = tuple(range(3))  # trainings of each reader of clips
BATCHES, STEPS = experiment.BATCHES, experiment.STEPS  # of training: recall, and all others
ASKED, CHOSEN_AT = (20, 40, 80), (20, 40)  # steps until the symbol is asked for
LEARNT, HELD_OUT, TRIED = 400, 100, 1000  # people of clips; those held out choose rates
FAR = 0.001
CELL = "weights by a GRU"
TRAINED = {"attention": experiment.Attention, CELL: experiment.WeighingCell}
MEAN = "mean of the frames"
PHOTOS = (1, 5)
RATES = {
    "recall": (3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1), "people": (5e-4, 2e-3, 1e-2, 5e-2, 0.2, 0.8),
    "rows": (6e-5, 2.5e-4, 1e-3, 4e-3, 1.6e-2),
}  # fmt: skip


def recall() -> tuple[dict[str, float], dict[str, dict[str, list[float]]]]:
    """The best rate of each start; [start][steps] how often the symbol is known, one share a
    seed."""

    def run(start: str, steps: int, seeds: Sequence[int], rate: float) -> list[float]:
        return [experiment.measure_recall(start, steps, seed, rate, BATCHES) for seed in seeds]

    rates, found = {}, {}
    for start in tqdm(experiment.STARTS, "recall"):

        def known(rate: float, start: str = start) -> float:
            return fmean(fmean(run(start, steps, CHOICES, rate)) for steps in CHOSEN_AT)

        rates[start] = max(RATES["recall"], key=known)
        found[start] = {str(steps): run(start, steps, SEEDS, rates[start]) for steps in ASKED}
    return rates, found


def pool_plainly(clips: Clips, codes: Tensor) -> dict[str, Tensor]:
    """What needs no training, and what is told which frames are spoilt: (N, 128) each.

    Args:
        codes: as `Clips.encode` makes them: their length tells how well a face can be seen.
    """
    length, frames = codes.norm(dim=2), F.normalize(codes, dim=2)
    clear = (~clips.spoilt).float()
    clear = torch.where(clear.sum(1, keepdim=True) > 0, clear, 1.0)  # none is: take all
    return {
        "last frame": frames[:, -1],
        "frame of the longest embedding": take_best(frames, length),
        MEAN: frames.mean(1),
        "mean weighted by length": codes.sum(1),
        "mean of the clear frames (told which)": (clear[..., None] * frames).sum(1),
    }


def take_best(codes: Tensor, quality: Tensor) -> Tensor:
    """Of each clip the frame of highest quality, (N, T): (N, D)."""
    return codes[torch.arange(len(codes)), quality.argmax(1)]


def take_clip_tail(pooled: Tensor) -> Tail:
    """All pairs of clips, two of each person in a row."""
    return take_tail(pooled, torch.arange(len(pooled)) // 2, FAR)


def train(name: str, codes: Tensor, rate: float, seed: int) -> torch.nn.Module:
    """One of `TRAINED` that has learnt which two clips show one person."""
    torch.manual_seed(seed)
    model, who = TRAINED[name](experiment.CODE), torch.arange(len(codes)) // 2
    return experiment.train_reader(model, codes, who, ContrastiveLoss(), rate, STEPS, seed)


def people() -> tuple[dict[str, float], dict]:
    """The rate of each trained reader; TAR and points more than the mean's of each reader, and the
    points that shuffled frames give the GRU more than frames in order."""
    learn = experiment.render_clips(LEARNT, experiment.LEARN).embed()
    clips = experiment.render_clips(TRIED, experiment.TRY)
    codes, rates = clips.encode(), {}
    pooled = {name: [found] for name, found in pool_plainly(clips, codes).items()}
    frames = F.normalize(codes, dim=2)
    known, others = learn[: -2 * HELD_OUT], learn[-2 * HELD_OUT :]
    mixed = []
    for name in tqdm(TRAINED, "people"):

        def tar(rate: float, name: str = name) -> float:
            model = train(name, known, rate, CHOICES[0])
            with torch.inference_mode():
                tail = take_tail(model(others), torch.arange(len(others)) // 2, 0.01)
            return float(tail.tars([0.01]))

        rates[name] = max(RATES["people"], key=tar)
        for seed in FEW:
            model = train(name, learn, rates[name], seed)
            with torch.inference_mode():
                pooled.setdefault(name, []).append(model(frames))
                if name == "attention":
                    best = take_best(frames, model.weigh(frames))
                    pooled.setdefault("frame of most attention", []).append(best)
                else:
                    mixed.append(take_clip_tail(model(experiment.shuffle_frames(frames, seed))))
    tails = {name: [take_clip_tail(run) for run in runs] for name, runs in pooled.items()}
    return rates, {
        "TAR": {
            name: fmean(float(run.tars([FAR])) for run in runs) for name, runs in tails.items()
        },
        "gains": {name: gain(runs, tails[MEAN]) for name, runs in tails.items() if name != MEAN},
        "shuffled": gain(mixed, tails[CELL]),
    }


def gain(runs: list[Tail], others: list[Tail]) -> Interval:
    """Points of TAR more than the others', with an interval over people and runs."""
    return tar_lost(runs, others * (len(runs) // len(others)), [FAR])[0]


def rows() -> tuple[dict, dict, dict]:
    """By [photographs][network]: the rate, chosen on s1 to s20; of each split, of each of s21 to
    s40 the share named rightly; and the mean share of the photographs learnt from."""

    def score(
        name: str, photos: int, seed: int, rate: float, chosen_on: bool
    ) -> tuple[list[float], float]:
        train, test = orl.split_photos(photos, seed, chosen_on)
        model = experiment.train_row_classifier(name, train, seed, rate, STEPS)
        return orl.top1_per_person(model, test), orl.top1(model, train)

    rates, found, learnt = ({str(photos): {} for photos in PHOTOS} for _ in range(3))
    for photos in PHOTOS:
        for name in tqdm(experiment.CLASSIFIERS, f"rows, {photos}"):

            def named(rate: float, name: str = name, photos: int = photos) -> float:
                return fmean(score(name, photos, CHOICES[0], rate, True)[0])

            best = rates[str(photos)][name] = max(RATES["rows"], key=named)
            runs = [score(name, photos, seed, best, False) for seed in SPLITS]
            found[str(photos)][name] = [shares for shares, _ in runs]
            learnt[str(photos)][name] = fmean(own for _, own in runs)
    return rates, found, learnt


def main(folder: Path = HERE) -> None:
    """Measure and store all of it, some twelve minutes on one thread."""
    rates = {}
    rates["recall"], recalled = recall()
    rates["people"], pooled = people()
    rates["rows"], named, learnt = rows()
    payload = {"rates": rates, "recall": recalled, "people": pooled}
    payload |= {"rows": named, "rows_learnt": learnt}
    evidence.write("evidence", payload, folder)


if __name__ == "__main__":
    main()
