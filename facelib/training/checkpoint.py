"""A training run on disk: weights, optimiser, schedule and step, in one file written atomically."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
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
    try:
        moments, losses, validation = _read(tensors, about, optimizer, schedule)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path} says of its run what no run of {schedule.total_steps} steps leaves behind "
            f"({error!r}). Don't use it; go back to an earlier one, or begin anew."
        ) from error
    io.load_weights(model, tensors, path)
    optimizer.load_state_dict({"state": moments, "param_groups": about["groups"]})
    schedule.load_state_dict(about["schedule"])
    return losses, validation


def _read(
    tensors: dict[str, Tensor], about: dict[str, Any], optimizer: Optimizer, schedule: LRScheduler
) -> tuple[dict[int, dict[str, Tensor]], list[float], list[tuple[int, float]]]:
    """The optimiser's tensors, taken out of `tensors`; losses and validations; all looked at."""
    moments: dict[int, dict[str, Tensor]] = {}
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    for name in [name for name in tensors if name.startswith(OPTIMIZER)]:
        index, key = name.removeprefix(OPTIMIZER).split(".")
        value = moments.setdefault(int(index), {})[key] = tensors.pop(name)
        if value.shape != weights[int(index)].shape and value.numel() != 1:
            raise ValueError(f"{name} has shape {tuple(value.shape)}")
    for name, state in (
        ("groups", optimizer.state_dict()["param_groups"]), ("schedule", schedule.state_dict())
    ):  # fmt: skip
        if not _alike(about[name], json.loads(json.dumps(state))):
            raise ValueError(f"{name} {about[name]}")
    losses = [float(loss) for loss in about["losses"]]
    validation = [(int(step), float(value)) for step, value in about["validation"]]
    done = about["schedule"]["last_epoch"]
    if len(losses) != done or done > schedule.total_steps or not all(map(math.isfinite, losses)):
        raise ValueError(f"{len(losses)} losses, {done} steps")
    return moments, losses, validation


def _alike(one: object, other: object) -> bool:
    """Whether two values of JSON differ in their numbers and texts at most."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    return type(one) is type(other)
