"""The evidence of lesson 09: what a recurrent network remembers, and what for faces it is good."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from facecourse.kit import evidence
from facecourse.lesson09_recurrent import clips as sequences
from facecourse.lesson09_recurrent import memory
from facelib.models.recurrent import CELLS

HERE = Path(__file__).parent

SEEDS = tuple(range(10))
FEW = tuple(range(5))  # of recall, the slowest
RECALLED = (10, 20, 40, 80)
CLIPPED = {"clipped to 1": 1.0, "as they come": float("inf")}  # gradients
LEARNT, TRIED = 400, 300  # people of clips
PLAIN: dict[str, Callable[[Tensor], Tensor]] = {
    "last frame": lambda frames: frames[:, -1], "mean of the frames": lambda frames: frames.mean(1)
}  # fmt: skip
TRAINED = ("weighted mean", *CELLS)
ORDERS: dict[str, Callable[[Tensor], Tensor]] = {
    "in order": lambda frames: frames, "shuffled": sequences.shuffle_frames,
    "backwards": lambda frames: frames.flip(1),
}  # fmt: skip


def gradients(seeds: Sequence[int], lengths: Sequence[int]) -> dict[str, dict[str, list[float]]]:
    """[start][length]: the length of the gradient that reaches the first input, one a seed."""
    return {
        start: {
            str(length): [memory.measure_gradient(start, length, seed) for seed in seeds]
            for length in lengths
        }
        for start in memory.STARTS
    }


def recalled(
    seeds: Sequence[int], lengths: Sequence[int], steps: int
) -> dict[str, dict[str, list[float]]]:
    """[start][length]: how often the first symbol is known at the end, one a seed."""
    return {
        start: {
            str(length): [memory.measure_recall(start, length, seed, steps)[0] for seed in seeds]
            for length in lengths
        }
        for start in tqdm(memory.STARTS, "recall")
    }


def clipped(
    seeds: Sequence[int], length: int, steps: int
) -> dict[str, dict[str, dict[str, list[float]]]]:
    """[start][how gradients are taken]: how often the first symbol is known at the end, and the
    longest gradient of the training, one a seed."""
    found: dict = {}
    for start in tqdm([name for name in memory.STARTS if name.startswith("RNN")], "clipped"):
        for name, most in CLIPPED.items():
            runs = [memory.measure_recall(start, length, seed, steps, most) for seed in seeds]
            found.setdefault(start, {})[name] = {
                "recalled": [right for right, _ in runs],
                "longest gradient": [max(lengths) for _, lengths in runs],
            }
    return found


def compared(reader: Callable[[Tensor], Tensor], codes: Tensor) -> dict[str, float]:
    """Verification of clips, all pairs of two."""
    pairs = sequences.verify_clips(reader, codes)
    return {"AUC": pairs.auc, "TAR at 1 % FAR": pairs.tar_at(0.01)}


def people(
    seeds: Sequence[int], learn: Tensor, tried: Tensor, steps: int
) -> dict[str, dict[str, list]]:
    """[reader]: of each seed the metrics of clips in order and shuffled, and the share of sets of
    ORL's photographs that are named rightly."""
    found: dict[str, dict[str, list]] = {}
    for seed in tqdm(seeds, "people"):
        trained = {
            kind: sequences.train_clip_embedder(kind, learn, seed, steps) for kind in TRAINED
        }
        one, sets = sequences.embed_orl_sets(seed)
        for name, reader in (PLAIN | trained).items():
            runs = found.setdefault(name, {"clips": [], "shuffled": [], "ORL sets": []})
            runs["clips"].append(compared(reader, tried))
            runs["shuffled"].append(compared(reader, sequences.shuffle_frames(tried, seed)))
            runs["ORL sets"].append(sequences.score_sets(reader, one, sets))
    return found


def orders(
    seeds: Sequence[int], learn: sequences.Clips, tried: sequences.Clips, steps: int
) -> dict[str, dict[str, dict[str, list[float]]]]:
    """[features][reader][order of the frames]: how often it is told to which side a head turned
    first, one a seed."""
    features = {
        "pixels": [sequences.flatten_frames(clips.images) for clips in (learn, tried)],
        "embeddings": [clips.codes() for clips in (learn, tried)],
    }
    found: dict = {}
    for name, (first, second) in features.items():
        for kind in ("mean", "last", *CELLS):
            runs = found.setdefault(name, {}).setdefault(kind, {})
            for seed in seeds:
                model = sequences.train_clip_classifier(kind, first, learn.right_first, seed, steps)
                for order, change in ORDERS.items():
                    told = sequences.score_labels(model, change(second), tried.right_first)
                    runs.setdefault(order, []).append(told)
    return found


def main(
    seeds: Sequence[int] = SEEDS,
    few: Sequence[int] = FEW,
    lengths: Sequence[int] = RECALLED,
    steps: int = sequences.STEPS,
    learnt: int = LEARNT,
    tried: int = TRIED,
    folder: Path = HERE,
) -> None:
    """Measure and store all of it, some twenty minutes on one thread.

    Args:
        seeds, few: of readers, and of cells that recall.
        lengths: of what is recalled.
        steps: of readers and cells.
        learnt, tried: people of clips to learn from, and others.
        folder: where to store.
    """
    torch.manual_seed(0)
    spoilt = [sequences.render_clips(count, seed).codes()
              for count, seed in ((learnt, sequences.LEARN), (tried, sequences.TRY))]  # fmt: skip
    clear = [sequences.render_clips(count // 2, seed, 0.0)
             for count, seed in ((learnt, sequences.LEARN), (tried, sequences.TRY))]  # fmt: skip
    payload = {
        "seeds": list(seeds), "few": list(few),
        "gradients": gradients(seeds, memory.LENGTHS),
        "recall": recalled(few, lengths, steps * 4 // 3),
        "clipped": clipped(seeds, lengths[len(lengths) // 2], steps * 4 // 3),
        "people": people(seeds, *spoilt, steps), "orders": orders(few, *clear, steps),
    }  # fmt: skip
    evidence.write("evidence", payload, folder)
