"""The experiments of lesson 03: one first layer three ways, shifted faces, codebooks."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from facelib.compress import decoded, save_shared, share
from facelib.compress.share import ShareReport
from facelib.data import Augment, FaceSet, resize
from facelib.lessons.charts import Table
from facelib.lessons.lesson01 import half_size
from facelib.measure import (
    latency_ratio,
    macs,
    mean_interval,
    paired_interval,
    parameters,
    saved_bytes,
)
from facelib.models import FaceCNN, predict, save
from facelib.models.local import LocallyConnected2d
from facelib.training import fit

SIZE = 28, 23  # pixels: a quarter of ORL's in each direction, so that full connection is affordable
CHANNELS, KERNEL, STRIDE = 16, 5, 2
MAP = 12, 10  # places of the 5 x 5 window, two pixels apart
STILL = Augment(shift=0, degrees=0, scale=0, mirror=False, light=0)  # faces as they are
SHIFTS = (0, 1, 2, 3)
VALUES = (2, 4, 8, 16, 32, 64, 128, 256)


def quarter_size(images: Tensor) -> Tensor:
    """112 x 92 -> 28 x 23."""
    return resize(images, *SIZE)


def shifted(images: Tensor, pixels: int) -> Tensor:
    """Images moved to the right; the left edge is repeated into the gap."""
    moved = pad(images.float(), (pixels, 0, 0, 0), mode="replicate")[..., : images.shape[3]]
    return moved.to(images.dtype)


def linear_layer() -> nn.Sequential:
    """Every output sees every pixel with weights of its own (the articles' "weight allocation")."""
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(SIZE[0] * SIZE[1], CHANNELS * MAP[0] * MAP[1]),
        nn.Unflatten(1, (CHANNELS, *MAP)),
    )


def local_layer() -> LocallyConnected2d:
    """Every output sees a window, with weights of its own."""
    return LocallyConnected2d(1, CHANNELS, SIZE, KERNEL, STRIDE)


def conv_layer() -> nn.Conv2d:
    """Every output of a channel sees its window with the *same* weights."""
    return nn.Conv2d(1, CHANNELS, KERNEL, STRIDE)


LAYERS: dict[str, Callable[[], nn.Module]] = {
    "Linear": linear_layer,
    "locally connected": local_layer,
    "Conv2d": conv_layer,
}


class Standardise(nn.Module):
    """Each image to mean 0 and spread 1, as FaceCNN does it."""

    def forward(self, images: Tensor) -> Tensor:
        spread, mean = torch.std_mean(images, dim=(1, 2, 3), keepdim=True)
        return (images - mean) / (spread + 1e-3)


def network(kind: str, people: int = 40) -> nn.Module:
    """One of `LAYERS` and a classifier that is the same for all three; or "FaceCNN"."""
    if kind == "FaceCNN":
        return FaceCNN(width=24, embedding=128, people=people)
    pooled = CHANNELS * (MAP[0] // 2) * (MAP[1] // 2)
    return nn.Sequential(
        Standardise(), LAYERS[kind](), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(pooled, people),
    )  # fmt: skip


def trained(
    kind: str, faces: FaceSet, photos: int, seed: int, steps: int = 200, augmented: bool = False
) -> tuple[nn.Module, FaceSet]:
    """A network that learnt from `photos` of each person, and five other photographs of each."""
    rank = faces.rank_within_person(seed)
    train, test = faces.take(rank < photos), faces.take(rank >= 5)
    torch.manual_seed(seed)
    model = network(kind, faces.people)
    fit(
        model, train, epochs=max(1, steps * 40 // len(train)), seed=seed,
        augment=Augment() if augmented else STILL, progress=False,
    )  # fmt: skip
    return model, test


def top1(model: nn.Module, faces: FaceSet, shift: int = 0) -> float:
    """The share of faces named rightly, moved to the right by `shift` pixels."""
    images = shifted(faces.images, shift)
    named = predict(model, images, flip=False).cpu()
    return (named == faces.person).double().mean().item()


def dense_network(faces: FaceSet, seed: int, steps: int = 300) -> tuple[FaceCNN, FaceSet, FaceSet]:
    """FaceCNN trained on two photographs of each person, those two, and five others of each."""
    faces, rank = faces.map(half_size), faces.rank_within_person(seed)
    train, test = faces.take(rank < 2), faces.take(rank >= 5)
    torch.manual_seed(seed)
    model = FaceCNN(width=24, embedding=128, people=faces.people)
    fit(model, train, epochs=max(1, steps * 40 // len(train)), seed=seed, progress=False)
    return model, train, test


def fine_tuned(model: nn.Module, faces: FaceSet, seed: int, steps: int = 100) -> nn.Module:
    """A copy trained a little longer, at a quarter of the learning rate, without weight decay."""
    model = copy.deepcopy(model)
    epochs = max(1, steps * 40 // len(faces))
    fit(model, faces, epochs=epochs, lr=1e-3, weight_decay=0, seed=seed, progress=False)
    return model


def shared_file(model: nn.Module, values: int) -> tuple[nn.Module, ShareReport, int]:
    """(shared copy, report, bytes of its file)."""
    small, report = share(model, values)
    with tempfile.TemporaryDirectory() as folder:
        save_shared(small, Path(folder) / "shared")
        return small, report, saved_bytes(Path(folder) / "shared")


def file_bytes(model: nn.Module) -> int:
    """Bytes of the file of a model as it is."""
    with tempfile.TemporaryDirectory() as folder:
        save(model, Path(folder) / "model")
        return saved_bytes(Path(folder) / "model")


def costs() -> Table:
    """Parameters and multiplications of each of `LAYERS`."""
    layers = {name: layer() for name, layer in LAYERS.items()}
    rows = [
        [name, f"{parameters(layer):,}", f"{macs(layer, (1, *SIZE)):,}"]
        for name, layer in layers.items()
    ]
    return Table(["layer", "parameters", "multiplications (MACs) a face"], rows)


def advantages(runs: Mapping[str, Mapping]) -> Table:
    """How much better Conv2d is than its rivals, paired within each split.

    Args:
        runs: top-1 by photographs, network and shift, as stored.
    """
    rivals = [kind for kind in LAYERS if kind != "Conv2d"]
    rows = [
        [photos, *(paired_interval(kinds["Conv2d"]["0"], kinds[r]["0"], "splits") for r in rivals)]
        for photos, kinds in runs.items()
    ]
    return Table(["photographs", *(f"Conv2d - {rival}" for rival in rivals)], rows)


def when_moved(runs: Mapping[str, Mapping[str, Sequence[float]]]) -> Table:
    """Mean top-1 of each network by how far the test faces were moved.

    Args:
        runs: top-1 by network and shift, as stored.
    """
    rows = [
        [kind, *(mean_interval(values, "splits") for values in shifts.values())]
        for kind, shifts in runs.items()
    ]
    return Table(["top-1 [95 % CI], moved by", *(f"{shift} pixels" for shift in SHIFTS)], rows)


def codebook_table(stored: Mapping[str, Mapping[str, Sequence[float]]]) -> Table:
    """For each size of codebook its cost in top-1, against 32 bits trained as long, and its size.

    Args:
        stored: the evidence's "codebook".
    """
    rows = []
    for values in VALUES:
        runs = stored[str(values)]
        lost = paired_interval(runs["fine-tuned"], stored["32 bits"]["trained on"], "splits")
        bits, entropy, size = (sum(runs[k]) / len(runs[k]) for k in ("bits", "entropy", "bytes"))
        rows.append([values, f"{bits:.2f}", f"{entropy:.2f}", f"{size:,.0f}", lost])
    return Table(["values", "bits", "entropy", "bytes", "top-1, fine-tuned - 32 bits"], rows)


@torch.inference_mode()
def speeds(model: nn.Module, small: nn.Module, pairs: int = 30) -> Table:
    """How many times as long a layer or network takes as its rival, on 40 faces at a time.

    Args:
        model: a FaceCNN.
        small: the same with codebooks.
        pairs: timed pairs of calls.
    """
    faces, halves = torch.rand(40, 1, *SIZE), torch.rand(40, 1, 56, 46)
    layers = {name: layer() for name, layer in LAYERS.items()}
    plain, model, small = decoded(small).eval(), model.eval(), small.eval()
    rivals = {
        "locally connected / Conv2d": (layers["locally connected"], layers["Conv2d"], faces),
        "Linear / Conv2d": (layers["Linear"], layers["Conv2d"], faces),
        "codebook read at each call / 32 bits": (small, model, halves),
        "codebook read once / 32 bits": (plain, model, halves),
    }
    rows = [
        [name, latency_ratio(lambda a=a, x=x: a(x), lambda b=b, x=x: b(x), pairs=pairs)]
        for name, (a, b, x) in rivals.items()
    ]
    return Table(["time of one over the other", "median ratio [95 % CI]"], rows)
