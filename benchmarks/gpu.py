"""One command for a GPU, or whatever there is: python -m benchmarks.gpu [--minutes 20] [--out DIR]

In order of worth: is training right on the device, how fast is it, how fast are faces drawn, an
article's case for pruning with all of its 30,000 faces, and, for the minutes that are left, the
training of a face embedding. Each part leaves one JSON, which names the device, and is not done
again; the embedding goes on from its checkpoint. No file is above 16 MB, there are seven. It needs
torch, torchvision, numpy, safetensors and tqdm, and no registry. On a CPU all parts are tiny.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

try:
    from benchmarks import correctness, speed, vgg
    from facelib import files
    from facelib.models import FaceResNet, embed, save
    from facelib.synth import synth
    from facelib.synth.people import pick_seed
    from facelib.training import fit_embedding
    from facelib.training.batches import FreshFaces
    from facelib.training.device import choose_device
    from facelib.training.losses import ContrastiveLoss
except ModuleNotFoundError as error:
    raise SystemExit(
        f"benchmarks.gpu needs {error.name}, which is not here: torch, torchvision, numpy, "
        "safetensors and tqdm are enough"
    ) from error


class TimeIsUp(Exception):
    """The minutes are over in the middle of training; the checkpoint stays."""


class Until:
    """Faces, until `time.monotonic` is at the end."""

    def __init__(self, faces: FreshFaces, end: float) -> None:
        self.faces, self.end, self.images_each = faces, end, faces.images_each

    def __repr__(self) -> str:
        return repr(self.faces)

    def __call__(
        self, n: int, generator: torch.Generator, device: torch.device
    ) -> tuple[Tensor, Tensor]:
        """As the faces do, or TimeIsUp."""
        if time.monotonic() > self.end:
            raise TimeIsUp
        return self.faces(n, generator, device)


def train_embedding(device: torch.device, out: Path, end: float) -> dict[str, Any] | None:
    """FaceResNet on people who don't exist, as its model card says but longer.

    Returns:
        How it went and how it does on people it never saw; None if the time was up before the end.
    """
    gpu = device.type == "cuda"
    steps, batch, width = (20_000, 512, 32) if gpu else (4, 16, 2)
    torch.manual_seed(0)
    model = FaceResNet(width)
    faces = Until(FreshFaces(), end)
    try:
        history = fit_embedding(
            model, faces, ContrastiveLoss(), steps=steps, batch=batch, lr=3e-3, compile=gpu,
            device=device, checkpoint=out / "embedding.run", progress=False,
        )  # fmt: skip
    except TimeIsUp:
        return None
    save(model.cpu(), out / "embedding.safetensors")
    test = synth(500 if gpu else 10, 4, seed=pick_seed("ladder"))
    return {
        "steps": steps, "batch": batch, "loss": history.loss[-1],
        "images_per_second_of_the_last_start": history.images_per_second,
        "TAR": accept(embed(model, test.images), test.person, far=0.01), "FAR": 0.01,
        "people": test.people,
    }  # fmt: skip


def accept(embeddings: Tensor, person: Tensor, far: float) -> float:
    """The share of genuine pairs above the threshold that a share `far` of impostors passes."""
    left, right = torch.triu_indices(len(person), len(person), 1)
    cosine, same = (embeddings[left] * embeddings[right]).sum(1), person[left] == person[right]
    impostors = cosine[~same].sort(descending=True).values
    return float((cosine[same] > impostors[int(far * len(impostors))]).double().mean())


PARTS: dict[str, Callable[[torch.device, Path, float], dict[str, Any] | None]] = {
    "correctness": lambda device, out, end: correctness.check(device),
    "throughput": lambda device, out, end: speed.trainings(device),
    "generator": lambda device, out, end: speed.generator(device),
    "vgg": lambda device, out, end: vgg.run(device),
    "embedding": train_embedding,
}


def main(arguments: list[str] | None = None) -> None:
    """Do what is left to do; raise what parts failed, when the others are done."""
    parser = argparse.ArgumentParser("python -m benchmarks.gpu", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20, help="no part begins after them")
    parser.add_argument("--out", type=Path, default=Path("gpu"), help="folder of the results")
    args = parser.parse_args(arguments)
    args.out.mkdir(parents=True, exist_ok=True)
    device, end, failed = choose_device(), time.monotonic() + 60 * args.minutes, []
    for name, part in PARTS.items():
        file = args.out / f"{name}.json"
        if file.exists():
            print(f"{name}: done before")
            continue
        start = time.monotonic()
        try:
            found = part(device, args.out, end) if start < end else None
        except Exception as error:  # the next part must have its turn on a machine lent for minutes
            error.add_note(f"in part {name}")
            failed.append(error)
            print(f"{name}: failed: {error!r}", flush=True)
            continue
        if found is None:
            print(f"{name}: no time left; the same command goes on here")
            break
        seconds = round(time.monotonic() - start, 1)
        files.write(
            file, json.dumps(about(device) | {"seconds": seconds} | found, indent=1).encode()
        )
        print(f"{name}: {seconds} s, {file}", flush=True)
    if failed:
        raise ExceptionGroup("some parts failed", failed)


def about(device: torch.device) -> dict[str, Any]:
    """What the numbers were measured on."""
    return {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "date": date.today().isoformat(), "torch": torch.__version__, "cuda": torch.version.cuda,
        "python": platform.python_version(), "threads": torch.get_num_threads(),
    }  # fmt: skip


if __name__ == "__main__":
    main()
