"""fit() beside other ways to train the same network: python -m benchmarks.trainers

Lightning's Trainer, Accelerate's loop (`pip install -r requirements/bench.txt`) and a bare loop get
fit()'s faces, in memory and augmented a batch at a time: that compares loops. The usual way,
ImageFolder and DataLoader with torchvision's transforms, decodes and augments an image at a time,
in 0, 1 or 2 worker processes, and computes on one thread or on all; the best counts. Model,
images a step, precision, optimiser and schedule are the same everywhere, bars and logs are off,
setting up counts. Ratios of times, in turns: above 1, fit() is the faster. "computing alone", the
bare loop on batches made before, is the share of fit()'s time that goes into the network: no faster
way to bring images could be below it.
"""

from __future__ import annotations

import copy
import statistics
import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain, product, repeat
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader

from benchmarks import RESULTS
from benchmarks.correctness import difference
from facecourse.kit import evidence
from facelib.data import Augment, FaceSet, orl, resize
from facelib.measure import latency_ratio
from facelib.models import FaceCNN
from facelib.training import fit
from facelib.training.device import choose_device, has_fast_bf16
from facelib.training.loop import generator

SIZE = (56, 46)  # height and width that the lessons train at
BATCH, EPOCHS = 40, 4  # images a step; passes over nine images of each of 40 people in a timed run
PAIRS = 12  # of timed runs for each ratio
WORKERS = (0, 1, 2)  # processes of a DataLoader to try
LR, WEIGHT_DECAY, LABEL_SMOOTHING = 4e-3, 0.05, 0.1
BARS = {"bare loop": 0.95, "Lightning": 1.0, "Accelerate": 1.0}
BARS |= {"computing alone": 0.9, "DataLoader": 1.5}
Batches = Iterable[tuple[Tensor, Tensor]]  # float images (N, 1, H, W) in [0, 1], labels (N,)


def learning(model: nn.Module, steps: int) -> tuple[torch.optim.Optimizer, object]:
    """fit()'s optimiser and schedule."""
    optimizer = torch.optim.AdamW(model.parameters(), LR, weight_decay=WEIGHT_DECAY)
    return optimizer, torch.optim.lr_scheduler.OneCycleLR(optimizer, LR, total_steps=steps)


def bare(model: nn.Module, batches: Batches, steps: int, device: torch.device) -> None:
    """What fit() computes and nothing else: no keyed randomness, no look for NaN, no checkpoint."""
    model.to(device, memory_format=torch.channels_last).train()
    optimizer, schedule = learning(model, steps)
    for images, person in batches:
        images = images.to(device, memory_format=torch.channels_last)
        with torch.autocast(device.type, torch.bfloat16, enabled=has_fast_bf16(device)):
            loss = _loss(model(images), person.to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()


def accelerated(model: nn.Module, batches: Batches, steps: int, device: torch.device) -> None:
    """The same by Accelerate, as its tutorial writes the loop."""
    from accelerate import Accelerator

    precision = "bf16" if has_fast_bf16(device) else "no"
    accelerator = Accelerator(mixed_precision=precision, cpu=device.type == "cpu")
    model.to(device, memory_format=torch.channels_last).train()
    trained, *learner = accelerator.prepare(model, *learning(model, steps))
    optimizer, schedule = learner
    for images, person in batches:
        images = images.to(device, memory_format=torch.channels_last)
        loss = _loss(trained(images), person.to(device))
        optimizer.zero_grad()
        accelerator.backward(loss)
        optimizer.step()
        schedule.step()


def lightning(model: nn.Module, batches: Batches, steps: int, device: torch.device) -> None:
    """The same by Lightning's Trainer."""
    import pytorch_lightning

    class Learner(pytorch_lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def training_step(self, batch: tuple[Tensor, Tensor], index: int) -> Tensor:
            images = batch[0].contiguous(memory_format=torch.channels_last)
            return _loss(self.model(images), batch[1])

        def configure_optimizers(self) -> tuple[list, list]:
            optimizer, schedule = learning(model, steps)
            return [optimizer], [{"scheduler": schedule, "interval": "step"}]

    model.to(device, memory_format=torch.channels_last)
    precision = "bf16-mixed" if has_fast_bf16(device) else "32-true"
    settings = {"accelerator": device.type, "devices": 1, "precision": precision}
    trainer = pytorch_lightning.Trainer(max_steps=steps, logger=False, barebones=True, **settings)
    trainer.fit(Learner(), batches)


def _loss(logits: Tensor, person: Tensor) -> Tensor:
    return cross_entropy(logits, person, label_smoothing=LABEL_SMOOTHING)


class Augmented:
    """fit()'s batches: faces that are on the device already, shuffled, augmented there."""

    def __init__(self, faces: FaceSet, epochs: int) -> None:
        self.faces, self.steps = faces, epochs * (len(faces) // BATCH)

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        faces, epoch = self.faces, len(self.faces) // BATCH
        for step in range(self.steps):
            if step % epoch == 0:
                shuffle = generator(0, "order", step // epoch)
                order = torch.randperm(len(faces), generator=shuffle).split(BATCH)
            index = order[step % epoch].to(faces.images.device)
            images = Augment()(faces.images[index], generator(0, "augment", step, 0))
            yield images, faces.person[index]


def loader(folder: Path, workers: int) -> DataLoader:
    """Such batches made the usual way, of files.

    Images are read as grey, not RGB, and stay PIL images until they are augmented: so small, they
    take torchvision less time than the tensors that its documentation recommends.
    """
    from torchvision.datasets import ImageFolder
    from torchvision.transforms import v2

    ours = Augment()
    shift, scale = (ours.shift, ours.shift), (1 - ours.scale, 1 + ours.scale)
    bilinear = v2.InterpolationMode.BILINEAR
    changes = [
        v2.RandomAffine(ours.degrees, translate=shift, scale=scale, interpolation=bilinear),
        v2.RandomHorizontalFlip(),
        v2.ColorJitter(brightness=ours.light, contrast=ours.light),
        v2.PILToTensor(),
        v2.ToDtype(torch.float32, scale=True),
    ]
    images = ImageFolder(folder, v2.Compose(changes), loader=_grey)
    processes = {"num_workers": workers, "persistent_workers": workers > 0}
    return DataLoader(images, BATCH, shuffle=True, drop_last=True, **processes)


def _grey(path: str) -> Image.Image:
    with Image.open(path) as image:
        return image.convert("L")


def write_pngs(faces: FaceSet, folder: Path) -> None:
    """Lossless grey files as ImageFolder wants them, in one sub-folder a person."""
    for index, (image, person) in enumerate(zip(faces.images, faces.person, strict=True)):
        home = folder / faces.names[person]
        home.mkdir(exist_ok=True)
        Image.fromarray(image[0].cpu().numpy()).save(home / f"{index}.png")


LOOPS = {"bare loop": bare, "Lightning": lightning, "Accelerate": accelerated}


def main(folder: Path = RESULTS) -> None:
    """Measure, print, and store trainers.json in `folder`."""
    device, threads = choose_device(), torch.get_num_threads()
    faces = orl().map(lambda images: resize(images, *SIZE)).split_images(9).train.to(device)
    torch.manual_seed(0)
    model = FaceCNN(24, 128, faces.people)
    batches, speeds, rows = Augmented(faces, EPOCHS), [], []

    def fitted() -> nn.Module:
        learnt = copy.deepcopy(model)
        settings = {"lr": LR, "weight_decay": WEIGHT_DECAY, "label_smoothing": LABEL_SMOOTHING}
        history = fit(learnt, faces, epochs=EPOCHS, batch=BATCH, progress=False, **settings)
        speeds.append(history.images_per_second)
        return learnt

    def compare(name: str, way: Callable[[], object], **about: object) -> None:
        ratio = latency_ratio(way, fitted, pairs=PAIRS, warmup=1)
        rows.append({"name": name, **about, "time_over_fit": ratio, "bar": BARS[name]})
        print(f"time of {name} {about} / fit(): {ratio}, wanted {BARS[name]}", flush=True)

    torch.set_num_threads(1)  # as fit() does with a network so small
    ours = fitted()
    for name, loop in LOOPS.items():
        run = partial(loop, batches=batches, steps=len(batches), device=device)
        run(theirs := copy.deepcopy(model))
        differ = difference(ours, theirs)
        compare(name, lambda run=run: run(copy.deepcopy(model)), weights_differ_by=differ)
    made = list(batches)
    alone = partial(bare, batches=made, steps=len(made), device=device)
    compare("computing alone", lambda: alone(copy.deepcopy(model)))
    with tempfile.TemporaryDirectory() as pngs:
        write_pngs(faces, Path(pngs))
        for number, count in product(WORKERS, sorted({1, threads})):
            usual = loader(Path(pngs), number)

            def by_files(usual: DataLoader = usual, count: int = count) -> None:
                torch.set_num_threads(count)
                passes = chain.from_iterable(repeat(usual, EPOCHS))
                bare(copy.deepcopy(model), passes, EPOCHS * len(usual), device)
                torch.set_num_threads(1)

            compare("DataLoader", by_files, workers=number, threads=count)
    torch.set_num_threads(threads)
    about = {"model": model.config, "size": SIZE, "images": len(faces), "batch": BATCH}
    about |= {"steps": len(batches), "device": device.type, "bf16": has_fast_bf16(device)}
    speed = {"images_per_second": statistics.median(speeds)}
    evidence.write("trainers", about | speed | {"rows": rows}, folder)


if __name__ == "__main__":
    main()
