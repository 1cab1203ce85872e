"""The evidence of lesson 03: three first layers, shifted faces, codebooks; its scoreboard rows."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from benchmarks import results
from benchmarks.lesson01 import train_cnn
from facelib import data, measure
from facelib.compress import decoded, save_shared, share
from facelib.lessons import evidence, sharing
from facelib.lessons.lesson01 import half_size
from facelib.measure import protocol
from facelib.models import embed

SEEDS = tuple(range(20))
CODEBOOK_SEEDS = tuple(range(10))
PHOTOS = (1, 2, 5)
BOARD = evidence.FOLDER / "scoreboard.json"


def layers(seeds: Sequence[int]) -> dict[str, dict]:
    """top-1[training][photos][network][shift] = one value a seed."""
    faces = data.orl().map(sharing.quarter_size)
    found: dict[str, dict] = {}
    for name, augmented in (("as they are", False), ("augmented", True)):
        for photos in PHOTOS:
            for kind in (*sharing.LAYERS, "FaceCNN"):
                runs = found.setdefault(name, {}).setdefault(str(photos), {})
                runs[kind] = {str(shift): [] for shift in sharing.SHIFTS}
                for seed in tqdm(seeds, f"{kind}, {photos} photographs, {name}"):
                    model, test = sharing.trained(kind, faces, photos, seed, augmented=augmented)
                    for shift in sharing.SHIFTS:
                        runs[kind][str(shift)].append(sharing.top1(model, test, shift))
    return found


def codebooks(seeds: Sequence[int]) -> dict[str, dict]:
    """For each size of codebook: top-1 after k-means and fine-tuned, bits and bytes."""
    faces = data.orl()
    found: dict[str, dict] = {
        "32 bits": {"top-1": [], "trained on": [], "bytes": []},
        **{str(v): {k: [] for k in ("k-means", "fine-tuned", "bits", "entropy", "bytes")}
           for v in sharing.VALUES},
    }  # fmt: skip
    for seed in tqdm(seeds, "codebooks"):
        dense, train, test = sharing.dense_network(faces, seed)
        row = found["32 bits"]
        row["top-1"].append(sharing.top1(dense, test))
        # Fine-tuning is more training: the rival gets the same.
        row["trained on"].append(sharing.top1(sharing.fine_tuned(dense, train, seed), test))
        row["bytes"].append(sharing.file_bytes(dense))
        for values in sharing.VALUES:
            row = found[str(values)]
            small, report, size = sharing.shared_file(dense, values)
            row["k-means"].append(sharing.top1(small, test))
            row["bits"].append(report.bits)
            row["entropy"].append(report.entropy)
            row["bytes"].append(size)
            tuned = sharing.fine_tuned(small, train, seed)
            row["fine-tuned"].append(sharing.top1(tuned, test))
    return found


def scoreboard() -> measure.Scoreboard:
    """The board of the lessons before, and the CNN of lesson 01 with 4 and 16 shared values."""
    before = measure.Scoreboard.load(BOARD)
    board = measure.Scoreboard(protocol.PROTOCOL)
    for row in before.rows:
        if row.lesson != "03":
            board.add(row)
    known, unseen = protocol.open_people(), protocol.unseen_people()
    cnn, _ = train_cnn(known, seed=0)
    for values in (16, 4):
        small = sharing.fine_tuned(share(cnn, values)[0], known.map(half_size), seed=0)
        with tempfile.TemporaryDirectory() as folder:
            save_shared(small, Path(folder) / "shared")
            size = measure.saved_bytes(Path(folder) / "shared")
        one, plain = half_size(unseen.images[:1]), decoded(small)
        time = measure.latency(lambda plain=plain, one=one: embed(plain, one))
        metrics = protocol.unseen_metrics(embed(small, half_size(unseen.images)))
        costs = {
            "bytes": size, "parameters": measure.parameters(small),
            "macs": measure.macs(cnn, (1, 56, 46)), "latency_ms": time.median_ms,
        }  # fmt: skip
        name = f"the same, {values} shared values a layer"
        board.add(measure.Row(name, "03", board.protocol, metrics, **costs))
    return board


def main() -> None:
    """Measure and store all of it."""
    payload = {
        "seeds": SEEDS, "top-1": layers(SEEDS),
        "codebook seeds": CODEBOOK_SEEDS, "codebook": codebooks(CODEBOOK_SEEDS),
    }  # fmt: skip
    results.write("03", payload, evidence.FOLDER)
    scoreboard().save(BOARD)
