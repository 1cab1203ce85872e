"""A training run on disk: weights, optimiser, schedule and step, in one file written atomically."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from facelib.data.faceset import FaceSet
from facelib.models import io
from facelib.training.history import History

OPTIMIZER = "optimizer."


def fingerprint(faces: FaceSet) -> str:
    """A short hash that changes with the labels, the image shape or (some of) the pixels."""
    digest = hashlib.sha256(str(tuple(faces.images.shape)).encode())
    digest.update(faces.person.cpu().numpy().tobytes())
    some = torch.linspace(0, len(faces) - 1, min(64, len(faces))).long()
    digest.update(faces.images[some.to(faces.images.device)].cpu().numpy().tobytes())
    return digest.hexdigest()[:16]


def save(
    path: str | Path,
    model: nn.Module,
    optimizer: Optimizer,
    schedule: LRScheduler,
    history: History,
    run: dict[str, Any],
) -> None:
    """Write the state after `len(history.loss)` steps of the run that `run` describes.

    Raises:
        OSError: it can't be written; the checkpoint before it is kept.
    """
    state = optimizer.state_dict()
    tensors = dict(model.state_dict())
    for index, moments in state["state"].items():
        tensors |= {f"{OPTIMIZER}{index}.{name}": value for name, value in moments.items()}
    about = {
        "run": json.loads(json.dumps(run, default=str)),
        "losses": history.loss,
        "validation": history.validation,
        "groups": state["param_groups"],
        "schedule": schedule.state_dict(),
    }
    io.save_tensors(path, tensors, about)


def load(
    path: str | Path,
    model: nn.Module,
    optimizer: Optimizer,
    schedule: LRScheduler,
    run: dict[str, Any],
) -> tuple[list[float], list[tuple[int, float]]]:
    """Put the state on disk into model, optimiser and schedule; return losses and validations.

    Raises:
        ValueError: truncated, altered, of another model, or of a run with other settings.
    """
    tensors, about = io.load_tensors(path)
    if "run" not in about:
        raise ValueError(f"{path} holds a model, not a training run: give another checkpoint path")
    run, before = json.loads(json.dumps(run, default=str)), about["run"]
    if before != run:
        changed = [
            f"{key} was {before.get(key)!r}, now {run.get(key)!r}"
            for key in sorted(before.keys() | run.keys())
            if before.get(key) != run.get(key)
        ]
        raise ValueError(
            f"{path} is a checkpoint of another run: {'; '.join(changed)}. "
            "Go on with the settings it was made with, or give a new checkpoint path."
        )
    moments: dict[int, dict[str, torch.Tensor]] = {}
    for name in [name for name in tensors if name.startswith(OPTIMIZER)]:
        index, key = name.removeprefix(OPTIMIZER).split(".")
        moments.setdefault(int(index), {})[key] = tensors.pop(name)
    io.load_weights(model, tensors, path)
    optimizer.load_state_dict({"state": moments, "param_groups": about["groups"]})
    schedule.load_state_dict(about["schedule"])
    return about["losses"], [(step, value) for step, value in about["validation"]]
