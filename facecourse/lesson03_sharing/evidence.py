"""The evidence of lesson 03: three first layers, shifted faces, codebooks; its scoreboard rows."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from torch import nn
from tqdm import tqdm

from facecourse.kit import evidence, protocol
from facecourse.kit.orl import to_half, train_cnn
from facecourse.kit.scoreboard import Row
from facecourse.lesson03_sharing import experiment as sharing
from facelib import data
from facelib.compress import decode, save_shared, share
from facelib.measure import parameters

HERE = Path(__file__).parent

SEEDS = tuple(range(20))
CODEBOOK_SEEDS = tuple(range(10))
PHOTOS = (1, 2, 5)
STEPS, CODEBOOK_STEPS = 200, 300


def layers() -> dict[str, dict]:
    """top-1[training][photos][network][shift] = one value a seed."""
    faces = data.orl().map(sharing.to_quarter)
    found: dict[str, dict] = {}
    for name, augmented in (("as they are", False), ("augmented", True)):
        for photos in PHOTOS:
            runs = found.setdefault(name, {}).setdefault(str(photos), {})
            for kind in (*sharing.LAYERS, *(sharing.DEEP if photos == 5 else ())):
                runs[kind] = {str(shift): [] for shift in sharing.SHIFTS}
                for seed in tqdm(SEEDS, f"{kind}, {photos} photographs, {name}"):
                    model, _, test = sharing.train_kind(kind, faces, photos, seed, STEPS, augmented)
                    for shift in sharing.SHIFTS:
                        runs[kind][str(shift)].append(sharing.top1_shifted(model, test, shift))
    return found


def codebooks() -> dict[str, dict]:
    """For each size of codebook: top-1 after k-means and fine-tuned, bits and bytes."""
    faces = data.orl()
    found = {name: defaultdict(list) for name in ("32 bits", *map(str, sharing.VALUES))}
    for seed in tqdm(CODEBOOK_SEEDS, "codebooks"):
        dense, train, test = sharing.train_dense(faces, seed, CODEBOOK_STEPS)

        def tuned(model: nn.Module, seed=seed, train=train, test=test, **how: bool) -> float:
            return sharing.top1_shifted(
                sharing.fine_tune(model, train, seed, CODEBOOK_STEPS // 3, **how), test
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


def rows() -> list[Row]:
    """Of the scoreboard: the CNN of lesson 01 as it was, and with 16 and 4 shared values.

    All in one run: the times of two would compare two moods of a machine.
    """
    known, images = protocol.open_people().map(to_half), to_half(protocol.unseen_people().images)
    cnn, _ = train_cnn(protocol.open_people(), seed=0)
    found = [protocol.measure_row("CNN trained on 20 people", "01", cnn, images)]
    for values in (16, 4):
        model = sharing.fine_tune(share(cnn, values)[0], known, seed=0)
        size = sharing.count_file_bytes(model, save_shared)
        costs = {"bytes": size, "parameters": parameters(model)}
        name = f"CNN, {values} shared values a layer"
        found.append(protocol.measure_row(name, "03", decode(model), images, **costs))
    return found


def main(folder: Path = HERE) -> None:
    """Measure and store all of it, some 25 minutes on one thread, and the scoreboard's rows."""
    payload = {
        "seeds": SEEDS,
        "top-1": layers(),
        "codebook seeds": CODEBOOK_SEEDS,
        "codebook": codebooks(),
    }
    evidence.write("evidence", payload, folder)
    protocol.put_rows(rows())


if __name__ == "__main__":
    main()
