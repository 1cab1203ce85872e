"""fit() against ImageFolder + DataLoader + torchvision v2: python -m benchmarks.throughput

Images a second through data path and training step; model, batch, precision, optimiser and schedule
are the same. fit() keeps all images on the device and augments a batch at a time, with as many
threads as torch takes by itself. The usual way decodes a file and augments an image at a time, in
0, 1 or 2 worker processes, and trains with as many threads or with one, which leaves the other
cores to the workers; the best of all these counts.
"""

from __future__ import annotations

import copy
import statistics
import tempfile
from itertools import chain, product, repeat
from pathlib import Path

import torch
from PIL import Image
from torch.utils.data import DataLoader

from benchmarks import RESULTS
from benchmarks.loop import BATCH, LABEL_SMOOTHING, LR, SIZE, WEIGHT_DECAY, bare
from facecourse.kit import evidence
from facelib.data import Augment, FaceSet, orl, resize
from facelib.measure import Interval, latency_ratio
from facelib.models import FaceCNN
from facelib.training import fit
from facelib.training.device import choose_device, has_fast_bf16

BAR = 1.5  # fit() has to be this many times as fast as the best of the usual ways


def write_pngs(faces: FaceSet, folder: Path) -> None:
    """Lossless grey files as ImageFolder wants them, in one sub-folder a person."""
    for index, (image, person) in enumerate(zip(faces.images, faces.person, strict=True)):
        home = folder / faces.names[person]
        home.mkdir(exist_ok=True)
        Image.fromarray(image[0].numpy()).save(home / f"{index}.png")


def loader(folder: Path, workers: int) -> DataLoader:
    """Batches (float (N, 1, H, W) in [0, 1], labels) made the usual way, augmented as by Augment.

    Images are read as grey, not RGB, and stay PIL images until they are augmented: so small, they
    take torchvision less time than the tensors that its documentation recommends.
    """
    from torchvision.datasets import ImageFolder
    from torchvision.transforms import v2

    ours = Augment()
    changes = [
        v2.RandomAffine(
            ours.degrees,
            translate=(ours.shift, ours.shift),
            scale=(1 - ours.scale, 1 + ours.scale),
            interpolation=v2.InterpolationMode.BILINEAR,
        ),
        v2.RandomHorizontalFlip(),
        v2.ColorJitter(brightness=ours.light, contrast=ours.light),
        v2.PILToTensor(),
        v2.ToDtype(torch.float32, scale=True),
    ]
    return DataLoader(
        ImageFolder(folder, v2.Compose(changes), loader=_grey),
        BATCH,
        shuffle=True,
        drop_last=True,
        num_workers=workers,
        persistent_workers=workers > 0,
    )


def _grey(path: str) -> Image.Image:
    with Image.open(path) as image:
        return image.convert("L")


def main(
    pairs: int = 20,
    epochs: int = 4,
    each: int = 9,
    size: tuple[int, int] = SIZE,
    workers: tuple[int, ...] = (0, 1, 2),
    folder: Path = RESULTS,
) -> None:
    """Measure, print, and store throughput.json in `folder`.

    Args:
        pairs: timed pairs for each of the usual ways, at least 6.
        epochs: passes over the images in each timed run.
        each: images of each of the 40 people, 1 to 9.
        size: height and width of the images.
        workers: numbers of worker processes to try.
    """
    device, all_threads = choose_device(), torch.get_num_threads()
    faces = orl().map(lambda images: resize(images, *size)).split_images(each).train
    torch.manual_seed(0)
    model = FaceCNN(24, 128, faces.people)
    speeds = []

    def fitted() -> None:
        torch.set_num_threads(all_threads)
        history = fit(
            copy.deepcopy(model), faces, epochs=epochs, batch=BATCH,
            lr=LR, weight_decay=WEIGHT_DECAY, label_smoothing=LABEL_SMOOTHING,
        )  # fmt: skip
        speeds.append(history.images_per_second)

    def against(batches: DataLoader, threads: int) -> Interval:
        def usual() -> None:
            torch.set_num_threads(threads)
            passes = chain.from_iterable(repeat(batches, epochs))
            bare(copy.deepcopy(model), passes, epochs * len(batches))

        return latency_ratio(usual, fitted, pairs=pairs, warmup=1)

    rows = []
    with tempfile.TemporaryDirectory() as pngs:
        write_pngs(faces, Path(pngs))
        for number, threads in product(workers, sorted({1, all_threads})):
            ratio = against(loader(Path(pngs), number), threads)
            rows.append({"workers": number, "threads": threads, "fit_over_it": ratio})
            print(f"images/s of fit() / DataLoader, {number} workers, {threads} threads: {ratio}")
    torch.set_num_threads(all_threads)
    best = min(rows, key=lambda row: row["fit_over_it"].value)
    print(f"the best has {best['workers']} workers, {best['threads']} threads; wanted: {BAR}")
    evidence.write(
        "throughput",
        {
            "model": model.config, "size": size, "batch": BATCH, "images": len(faces),
            "epochs": epochs, "files": "PNG", "device": device.type,
            "bf16": has_fast_bf16(device), "images_per_second": statistics.median(speeds),
            "loaders": rows, "best": best, "bar": BAR, "met": best["fit_over_it"].value >= BAR,
        },
        folder,
    )  # fmt: skip


if __name__ == "__main__":
    main()
