"""The evidence of lesson 03: three first layers, shifted faces, codebooks; its scoreboard rows."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from torch import nn
from tqdm import tqdm

from facecourse.kit import evidence, protocol
from facecourse.kit.orl import to_half, train_cnn
from facecourse.kit.scoreboard import Row, Scoreboard
from facecourse.lesson03_sharing import experiment as sharing
from facelib import data, measure
from facelib.compress import decode, save_shared, share
from facelib.models import embed

SEEDS = tuple(range(20))
CODEBOOK_SEEDS = tuple(range(10))
PHOTOS = (1, 2, 5)
HERE, BOARD = Path(__file__).parent, evidence.BOARD.name


def layers(seeds: Sequence[int], steps: int) -> dict[str, dict]:
    """top-1[training][photos][network][shift] = one value a seed."""
    faces = data.orl().map(sharing.to_quarter)
    found: dict[str, dict] = {}
    for name, augmented in (("as they are", False), ("augmented", True)):
        for photos in PHOTOS:
            kinds = (*sharing.LAYERS, *(sharing.DEEP if photos == 5 else ()))
            for kind in kinds:
                runs = found.setdefault(name, {}).setdefault(str(photos), {})
                runs[kind] = {str(shift): [] for shift in sharing.SHIFTS}
                for seed in tqdm(seeds, f"{kind}, {photos} photographs, {name}"):
                    model, test = sharing.train_kind(kind, faces, photos, seed, steps, augmented)
                    for shift in sharing.SHIFTS:
                        runs[kind][str(shift)].append(sharing.top1_shifted(model, test, shift))
    return found


def codebooks(seeds: Sequence[int], steps: int) -> dict[str, dict]:
    """For each size of codebook: top-1 after k-means and fine-tuned, bits and bytes."""
    faces = data.orl()
    found: dict[str, defaultdict] = {
        name: defaultdict(list) for name in ("32 bits", *map(str, sharing.VALUES))
    }
    for seed in tqdm(seeds, "codebooks"):
        dense, train, test = sharing.train_dense(faces, seed, steps)

        def tuned(model: nn.Module, seed=seed, train=train, test=test, **how: bool) -> float:
            return sharing.top1_shifted(
                sharing.fine_tune(model, train, seed, steps // 3, **how), test
            )

        row = found["32 bits"]
        row["top-1"].append(sharing.top1_shifted(dense, test))
        row["trained on"].append(tuned(dense))  # the rival learns for as long
        row["bytes"].append(sharing.count_file_bytes(dense))
        for values in sharing.VALUES:
            row = found[str(values)]
            small, report, size = sharing.share_to_file(dense, values)
            row["k-means"].append(sharing.top1_shifted(small, test))
            row["fine-tuned"].append(tuned(small))
            if values in sharing.FROZEN:
                row["all but codebooks"].append(tuned(small, frozen=True))
            row["bits"].append(report.bits)
            row["entropy"].append(report.entropy)
            row["bytes"].append(size)
    return found


def scoreboard(folder: Path) -> Scoreboard:
    """The board of the lessons before, and the CNN of lesson 01 with 16 and 4 shared values."""
    known, unseen = protocol.open_people(), protocol.unseen_people()
    cnn, _ = train_cnn(known, seed=0)
    models = {"CNN trained on 20 people": cnn} | {
        f"CNN, {values} shared values a layer": sharing.fine_tune(
            share(cnn, values)[0], known.map(to_half), seed=0
        )
        for values in (16, 4)
    }
    # All in one run: two sessions would compare two machines' moods.
    one, took = unseen.images[:1], {}
    for name, model in models.items():
        plain = decode(model)
        took[name] = measure.latency(lambda plain=plain: embed(plain, to_half(one)), repeats=200)

    board = Scoreboard(protocol.PROTOCOL)
    for row in Scoreboard.load(evidence.BOARD).rows:
        if row.lesson == "03":
            continue
        if row.method in took:
            row = replace(row, latency_ms=took.pop(row.method).median_ms)
        board.add(row)
    for name, time in took.items():
        with tempfile.TemporaryDirectory() as place:
            save_shared(models[name], Path(place) / "shared")
            size = measure.saved_bytes(Path(place) / "shared")
        metrics = protocol.unseen_metrics(embed(models[name], to_half(unseen.images)))
        costs = {
            "bytes": size, "parameters": measure.parameters(models[name]),
            "macs": measure.macs(cnn, (1, 56, 46)), "latency_ms": time.median_ms,
        }  # fmt: skip
        board.add(Row(name, "03", board.protocol, metrics, **costs))
    board.save(folder / BOARD)
    return board


def main(
    seeds: Sequence[int] = SEEDS,
    codebook_seeds: Sequence[int] = CODEBOOK_SEEDS,
    steps: tuple[int, int] = (200, 300),
    folder: Path = HERE,
) -> None:
    """Measure and store all of it, some 25 minutes on one thread.

    Args:
        seeds: of the first layers.
        codebook_seeds: of the codebooks.
        steps: of training, for both.
        folder: where to store.
    """
    payload = {
        "seeds": seeds, "top-1": layers(seeds, steps[0]),
        "codebook seeds": codebook_seeds, "codebook": codebooks(codebook_seeds, steps[1]),
    }  # fmt: skip
    evidence.write("evidence", payload, folder)
    scoreboard(folder)
