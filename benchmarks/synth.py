"""Faces a second out of the generator: python -m benchmarks.synth

Eager and compiled, at 64 and 112 pixels, grey and colour, on the machine's device. People and
photographs are drawn before the clock starts; from their numbers to uint8 images it runs. The first
compiled call, which makes the machine code, is reported by itself.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch

from benchmarks import RESULTS
from facecourse.kit import evidence
from facelib.synth import Factors, identities, nuisances, render
from facelib.training.device import choose_device

BARS = {"cpu": {False: 1_000, True: 5_000}, "cuda": {True: 200_000}}  # faces/s: grey, 64 px


def main(
    faces: dict[str, int] | None = None,
    repeats: int = 15,
    sizes: tuple[int, ...] = (64, 112),
    compiled: tuple[bool, ...] = (False, True),
    folder: Path = RESULTS,
) -> None:
    """Measure, print, and store synth.json in `folder`.

    Args:
        faces: how many are rendered in one call, by type of device.
        repeats: timed calls of each setting; settings take turns, so that whatever else the
            machine does falls on all of them.
        sizes: pixels a side.
        compiled: whether to measure eager, compiled, or both.
    """
    device = choose_device()
    number = (faces or {"cpu": 512, "cuda": 8192})[device.type]
    people, photos = (rows.to(device) for rows in (identities(number), nuisances(number)))
    rows, calls = [], []
    for size in sizes:
        for channels in (1, 3):
            for fused in compiled:
                calls.append(_call(people, photos, size, channels, device, fused))
                row = {"size": size, "channels": channels, "compiled": fused}
                rows.append(row | {"first_call_s": _seconds(calls[-1], device), "faces_per_s": []})
    for _ in range(repeats):
        for row, call in zip(rows, calls, strict=True):
            row["faces_per_s"].append(number / _seconds(call, device))
    for row in rows:
        speeds = row["faces_per_s"]
        row["median"], row["best"] = statistics.median(speeds), max(speeds)
        if row["size"] == 64 and row["channels"] == 1:
            row["bar"] = BARS.get(device.type, {}).get(row["compiled"])
        print(
            f"{row['size']} px, {row['channels']} channels, "
            f"{'compiled' if row['compiled'] else 'eager'}: {row['median']:,.0f} faces/s "
            f"(best {row['best']:,.0f}), first call {row['first_call_s']:.1f} s"
        )
    about = {"device": device.type, "threads": torch.get_num_threads(), "faces": number}
    evidence.write("synth", about | {"rows": rows}, folder)


def _call(
    people: Factors,
    photos: Factors,
    size: int,
    channels: int,
    device: torch.device,
    fused: bool,
) -> Callable[[], object]:
    return lambda: render(
        people, photos, size=size, channels=channels, device=device, compiled=fused
    )


def _seconds(call: Callable[[], object], device: torch.device) -> float:
    start = time.perf_counter()
    call()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
