"""A training run on disk: weights, optimiser, schedule and step, in one file written atomically."""

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import OneCycleLR

from facelib.data.faceset import FaceSet
from facelib.models import io
from facelib.training.settings import History

OPTIMIZER = "optimizer."
MOMENTS = {"step", "exp_avg", "exp_avg_sq"}  # of AdamW


def fingerprint(faces: FaceSet) -> str:
    """A short hash that changes with the labels, the image shape or (some of) the pixels."""
    digest = hashlib.sha256(str(tuple(faces.images.shape)).encode())
    digest.update(faces.person.cpu().numpy().tobytes())
    some = torch.linspace(0, len(faces) - 1, min(64, len(faces))).long()
    digest.update(faces.images[some.to(faces.images.device)].cpu().numpy().tobytes())
    return digest.hexdigest()[:16]


def save(
    path: str | Path, model: nn.Module, optimizer: Optimizer, history: History, run: dict[str, Any]
) -> None:
    """Write the state after `len(history.loss)` steps of the run that `run` describes.

    The schedule's is not in it: it follows from the number of steps. Errors as of `save_tensors`.
    """
    tensors = dict(model.state_dict())
    for index, moments in optimizer.state_dict()["state"].items():
        tensors |= {f"{OPTIMIZER}{index}.{name}": value for name, value in moments.items()}
    told = {"losses": history.loss, "validation": history.validation}
    io.save_tensors(path, tensors, {"run": json.loads(json.dumps(run, default=str))} | told)


def load(
    path: str | Path, model: nn.Module, optimizer: Optimizer, schedule: OneCycleLR, run: dict
) -> History:
    """Put the state on disk into model, optimiser and schedule; return its history.

    Raises:
        ValueError: truncated, altered, of another model, or of a run with other settings.
    """
    tensors, about = io.load_tensors(path)
    if not isinstance(about.get("run"), dict):
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
        moments, history = _read(tensors, about, list(model.parameters()), schedule.total_steps)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path} says of its run what no run of {schedule.total_steps} steps leaves behind "
            f"({error!r}). Don't use it; go back to an earlier one, or begin anew."
        ) from error
    io.load_weights(model, tensors, path)
    optimizer.load_state_dict(optimizer.state_dict() | {"state": moments})
    done = len(history.loss)
    schedule.load_state_dict({"last_epoch": done - 1, "_step_count": done + 1})
    schedule.step()
    return history


def _read(
    tensors: dict[str, Tensor], about: dict[str, Any], weights: list[Tensor], steps: int
) -> tuple[dict[int, dict[str, Tensor]], History]:
    """The optimiser's tensors, taken out of `tensors`; losses and validations; all looked at."""
    moments: dict[int, dict[str, Tensor]] = {}
    for name in [name for name in tensors if name.startswith(OPTIMIZER)]:
        index, key = name.removeprefix(OPTIMIZER).split(".")
        value = moments.setdefault(int(index), {})[key] = tensors.pop(name)
        like = torch.zeros(()) if key == "step" else weights[int(index)]
        sound = index.isdecimal() and value.shape == like.shape and value.dtype == like.dtype
        if not sound or not value.isfinite().all() or (key == "exp_avg_sq" and value.min() < 0):
            raise ValueError(f"{name}, {value.dtype} {tuple(value.shape)}, is none of this run's")
    if any(moment.keys() != MOMENTS for moment in moments.values()):
        raise ValueError(f"want {sorted(MOMENTS)} of each weight")
    losses = [float(loss) for loss in about["losses"]]
    validation = [(int(step), float(value)) for step, value in about["validation"]]
    done = {moment["step"].tolist() for moment in moments.values()}
    if done != {len(losses)} or len(losses) > steps or not all(map(math.isfinite, losses)):
        raise ValueError(f"{len(losses)} losses, {done} steps")
    return moments, History(losses, validation)
