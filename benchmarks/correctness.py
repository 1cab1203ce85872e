"""Does training on a device do what it does on the CPU? Each answer with its numbers."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from facelib.data.faceset import FaceSet
from facelib.models import FaceCNN, FaceResNet
from facelib.synth import identities, nuisances, render
from facelib.training import fit, fit_embedding
from facelib.training.batches import FreshFaces
from facelib.training.losses import ContrastiveLoss

CPU = torch.device("cpu")
PLAIN = {"progress": False, "bf16": False}


class Stopped(Exception):
    """A training that is made to stop halfway."""


def faces() -> FaceSet:
    """Eight people's patterns under noise, easy to learn."""
    generator = torch.Generator().manual_seed(0)
    pattern = torch.randint(200, (8, 1, 32, 32), generator=generator).repeat_interleave(8, 0)
    noise = torch.randint(55, pattern.shape, generator=generator)
    person = torch.arange(8).repeat_interleave(8)
    return FaceSet((pattern + noise).byte(), person, tuple("abcdefgh"))


def train_names(device: torch.device, **settings: Any) -> tuple[nn.Module, Tensor]:
    """A small network that learnt the eight names, and its losses."""
    torch.manual_seed(0)
    model = FaceCNN(8, 16, 8)
    given = PLAIN | {"epochs": 6, "batch": 16, "lr": 1e-2, "device": device} | settings
    return model, torch.tensor(fit(model, faces(), **given).loss)


def train_embedding(device: torch.device) -> Tensor:
    """The losses of a small embedding of people who don't exist."""
    torch.manual_seed(0)
    given = PLAIN | {"steps": 60, "batch": 32, "device": device}
    return torch.tensor(
        fit_embedding(FaceResNet(4, 16), FreshFaces(), ContrastiveLoss(), **given).loss
    )


def check_losses(ours: Tensor, theirs: Tensor, close: float) -> dict[str, Any]:
    """They begin alike, before rounding has grown, and both fall."""
    first = float((ours[0] - theirs[0]).abs() / theirs[0])
    fall = float(ours[-3:].mean() / ours[:3].mean())
    return {"ok": first < close and fall < 0.95, "first_loss_off": first, "loss_left": fall}


def check_resume(device: torch.device) -> dict[str, Any]:
    """A run stopped halfway and gone on with ends as far from a whole one as a second whole one."""
    whole, again = train_names(device)[0], train_names(device)[0]
    with tempfile.TemporaryDirectory() as folder:
        calls = iter(range(4))

        def stop(model: nn.Module) -> float:
            if next(calls) == 3:
                raise Stopped
            return 0.0

        settings = {"checkpoint": Path(folder) / "run"}
        try:
            train_names(device, validate=stop, **settings)
        except Stopped:
            resumed, _ = train_names(device, **settings)
    apart = {"resumed_off": difference(whole, resumed), "repeated_off": difference(whole, again)}
    return {"ok": apart["resumed_off"] <= apart["repeated_off"]} | apart


def difference(one: nn.Module, other: nn.Module) -> float:
    """The largest of any weight."""
    weights = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return max(float((a.double() - b.double()).abs().max()) for a, b in weights)


def check_generator(device: torch.device) -> dict[str, Any]:
    """Faces drawn there are the CPU's within one grey level, but where a spot fell aside."""
    people, photos = identities(64, 0), nuisances(64, 1)
    ours = render(people, photos, device=device).cpu().int()
    off = (ours - render(people, photos).int()).abs()
    return {
        "ok": float((off > 1).double().mean()) < 1e-3,
        "most_off": int(off.max()),
        "mean_off": float(off.double().mean()),
    }


def check(device: torch.device) -> dict[str, Any]:
    """All of it, beside the CPU; torch.compile on a GPU alone."""
    names, embedding = cache(train_names), cache(train_embedding)  # each is trained once
    checks: dict[str, Callable[[], dict[str, Any]]] = {
        "fit": lambda: check_losses(names(device)[1], names(CPU)[1], 0.01),
        "fit_embedding": lambda: check_losses(embedding(device), embedding(CPU), 0.02),
        "resume": lambda: check_resume(device),
        "bf16": lambda: check_losses(names(device, bf16=True)[1], names(device)[1], 0.03),
        "generator": lambda: check_generator(device),
    }
    if device.type == "cuda":
        checks["compile"] = lambda: check_losses(
            names(device, compile=True)[1], names(device)[1], 0.01
        )
    found = {}
    for name, ask in checks.items():
        try:
            found[name] = ask()
        except Exception as error:  # one answer less must not cost the others
            found[name] = {"ok": False, "error": repr(error)}
        print(f"  {name}: {found[name]}", flush=True)
    return {"checks": found, "all_ok": all(row["ok"] for row in found.values())}
