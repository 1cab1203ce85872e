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
CLIPPED_AT = 40
STEPS = memory.STEPS  # of cells that recall
LEARNT, TRIED = 400, 300  # people of clips to learn from, and others; half as many in the open
PLAIN: dict[str, Callable[[Tensor], Tensor]] = {
    "last frame": lambda frames: frames[:, -1], "mean of the frames": lambda frames: frames.mean(1)
}  # fmt: skip
TRAINED = ("weighted mean", *CELLS)
ORDERS: dict[str, Callable[[Tensor], Tensor]] = {
    "in order": lambda frames: frames, "shuffled": sequences.shuffle_frames,
    "backwards": lambda frames: frames.flip(1),
}  # fmt: skip


def over_lengths(
    lengths: Sequence[int], seeds: Sequence[int], measure: Callable[[str, int, int], float]
) -> dict[str, dict[str, list[float]]]:
    """[start][length]: what `measure` finds for a start, a length and a seed, one a seed."""
    return {
        start: {str(length): [measure(start, length, seed) for seed in seeds] for length in lengths}
        for start in tqdm(memory.STARTS, "starts")
    }


def recall(start: str, length: int, seed: int) -> float:
    """How often the first symbol is known at the end."""
    return memory.measure_recall(start, length, seed, STEPS)[0]


def clipped() -> dict[str, dict[str, dict[str, list[float]]]]:
    """[start][how gradients are taken]: how often the first symbol is known at the end, and the
    longest gradient of the training, one a seed."""
    found: dict = {}
    for start in tqdm([name for name in memory.STARTS if name.startswith("RNN")], "clipped"):
        for name, most in CLIPPED.items():
            runs = [memory.measure_recall(start, CLIPPED_AT, seed, STEPS, most) for seed in SEEDS]
            found.setdefault(start, {})[name] = {
                "recalled": [right for right, _ in runs],
                "longest gradient": [max(lengths) for _, lengths in runs],
            }
    return found


def people() -> dict[str, dict[str, list]]:
    """[reader]: of each seed the metrics of clips in order and shuffled, and the share of sets of
    ORL's photographs that are named rightly."""
    learn = sequences.render_clips(LEARNT, sequences.LEARN).codes()
    tried = sequences.render_clips(TRIED, sequences.TRY).codes()
    found: dict[str, dict[str, list]] = {}
    for seed in tqdm(SEEDS, "people"):
        trained = {kind: sequences.train_clip_embedder(kind, learn, seed, sequences.STEPS)
                   for kind in TRAINED}  # fmt: skip
        shown = {"clips": tried, "shuffled": sequences.shuffle_frames(tried, seed)}
        one, sets = sequences.embed_orl_sets(seed)
        for name, reader in (PLAIN | trained).items():
            runs = found.setdefault(name, {"clips": [], "shuffled": [], "ORL sets": []})
            for part, codes in shown.items():
                pairs = sequences.verify_clips(reader, codes)
                runs[part].append({"AUC": pairs.auc, "TAR at 1 % FAR": pairs.tar_at(0.01)})
            runs["ORL sets"].append(sequences.score_sets(reader, one, sets))
    return found


def orders() -> dict[str, dict[str, dict[str, list[float]]]]:
    """[features][reader][order of the frames]: how often it is told to which side a head turned
    first, one a seed."""
    learn = sequences.render_clips(LEARNT // 2, sequences.LEARN, 0.0)
    tried = sequences.render_clips(TRIED // 2, sequences.TRY, 0.0)
    features = {
        "pixels": [sequences.flatten_frames(clips.images) for clips in (learn, tried)],
        "embeddings": [clips.codes() for clips in (learn, tried)],
    }
    found: dict = {}
    for name, (first, second) in features.items():
        found[name] = {kind: {} for kind in ("mean", "last", *CELLS)}
        for kind, runs in found[name].items():
            for seed in FEW:
                case = first, learn.right_first, seed, sequences.STEPS
                model = sequences.train_clip_classifier(kind, *case)
                for order, change in ORDERS.items():
                    told = sequences.score_labels(model, change(second), tried.right_first)
                    runs.setdefault(order, []).append(told)
    return found


def main(folder: Path = HERE) -> None:
    """Measure and store all of it, some twenty minutes on one thread."""
    torch.manual_seed(0)
    payload = {
        "seeds": SEEDS,
        "few": FEW,
        "gradients": over_lengths(memory.LENGTHS, SEEDS, memory.measure_gradient),
        "recall": over_lengths(RECALLED, FEW, recall),
        "clipped": clipped(),
        "people": people(),
        "orders": orders(),
    }
    evidence.write("evidence", payload, folder)


if __name__ == "__main__":
    main()
