"""The only reader and writer of weights: safetensors with JSON beside them in one file.

safetensors holds numbers and text only, so that loading a file can never run code. A file is
written whole or not at all, and carries a SHA-256 of its content, checked on reading.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load as from_bytes
from safetensors.torch import save as to_bytes
from torch import Tensor, nn
from torch.nn.utils import parametrize

from facelib import files
from facelib.models.facecnn import FaceCNN
from facelib.models.faceresnet import FaceResNet
from facelib.models.recurrent import FaceRNN
from facelib.models.shapes import edit, edits

ARCHITECTURES = {kind.__name__: kind for kind in (FaceCNN, FaceResNet, FaceRNN)}


def save(model: nn.Module, path: str | Path) -> None:
    """Write a model's architecture, settings, layer sizes and weights to `path`.

    The model is one of `ARCHITECTURES`, as it was made or pruned, factorised or made shallower. A
    weight that two layers hold is written for each of them, and comes back as two.

    Raises:
        TypeError: as `about`.
        ValueError: layers have masks, codebooks or rounding, for which a plain file has no place,
            or weights are NaN or infinite.
        OSError: it can't be written (no space, no folder, no permission); nothing is left behind.
    """
    if made := [name for name, m in model.named_modules() if parametrize.is_parametrized(m)]:
        raise ValueError(
            f"layers {made} have masks, codebooks or rounding, want plain weights: save "
            "decode(model) of facelib.compress; from share(), call save_shared(model)"
        )
    _refuse_nan(model.state_dict(), "not saved: the model")
    save_tensors(path, model.state_dict(), about(model))


def about(model: nn.Module) -> dict[str, Any]:
    """What `build` needs to know to make an untrained model of the same kind and size.

    Raises:
        TypeError: the architecture is not one of `ARCHITECTURES`, or a layer became one of another
            kind than `shapes.edits` knows.
    """
    name = type(model).__name__
    if ARCHITECTURES.get(name) is not type(model):
        raise TypeError(f"can save {sorted(ARCHITECTURES)}, got {type(model).__qualname__}")
    with torch.device("meta"):  # sizes without weights, and no random number is drawn
        plain = ARCHITECTURES[name](**model.config)
    changed = edits(model, plain)
    return {"architecture": name, "config": model.config} | ({"edits": changed} if changed else {})


def load(path: str | Path) -> nn.Module:
    """The model that `save` wrote, on the CPU and in evaluation mode.

    Raises:
        FileNotFoundError, ValueError: as `load_tensors`, `build` and `load_weights`.
    """
    tensors, about = load_tensors(path)
    model = build(about, path)
    load_weights(model, tensors, path)
    return model.eval()


def build(about: dict[str, Any], path: str | Path) -> nn.Module:
    """A model of the kind and size that `about` describes, as read from `path`, without numbers.

    It is on the device "meta" and takes no memory, however large it claims to be, until
    `load_weights` has found weights of all its sizes.

    Raises:
        ValueError: it is of no known architecture, or changed in a way that doesn't fit it.
    """
    name = about.get("architecture", "a training run" if "run" in about else None)
    if name not in list(ARCHITECTURES):
        raise ValueError(f"{path} holds {name!r}, can load models: {sorted(ARCHITECTURES)}")
    try:
        with torch.device("meta"):
            model = ARCHITECTURES[name](**about["config"])
            edit(model, about.get("edits", {}))
    except Exception as error:  # whatever Python and torch say of settings that make no sense
        raise ValueError(f"{path} has sizes that no {name} can have: {error!r}") from error
    return model


def load_weights(model: nn.Module, tensors: dict[str, Tensor], path: str | Path) -> None:
    """Put `tensors`, read from `path`, into `model`, on the CPU if it was on "meta".

    Raises:
        ValueError: names, shapes or kinds of number differ: the file is of another model; or
            weights are NaN or infinite, or a variance is negative. The model is unchanged.
    """
    own = model.state_dict()
    kinds, wanted = ({name: _kind(part[name]) for name in part} for part in (tensors, own))
    wrong = sorted(own.keys() ^ tensors.keys()) or [
        f"{name} {kinds[name]} instead of {kind}"
        for name, kind in wanted.items()
        if kinds[name] != kind
    ]
    if wrong:
        raise ValueError(
            f"{path} is of another model: {', '.join(wrong[:3])}"
            f"{f' and {len(wrong) - 3} more' if len(wrong) > 3 else ''} do not fit. "
            "Build the model with the settings it was saved with."
        )
    _refuse_nan(tensors, path)
    if any(tensor.is_meta for tensor in own.values()):
        model.to_empty(device="cpu")
    model.load_state_dict(tensors)


def _kind(tensor: Tensor) -> tuple[int | str, ...]:
    """Its shape, and "whole" if it isn't of one of the floating-point types that can be used."""
    real = tensor.is_floating_point() and tensor.element_size() > 1  # float8 can't calculate
    return *tensor.shape, *([] if real else ["whole"])


def _refuse_nan(tensors: dict[str, Tensor], owner: str | Path) -> None:
    bad = [
        name
        for name, tensor in tensors.items()
        if not tensor.isfinite().all() or (name.endswith("running_var") and tensor.min() < 0)
    ]
    if bad:
        raise ValueError(
            f"{owner} has weights that are NaN or infinite, or a variance below 0, in {bad}: "
            "train it again"
        )


def save_tensors(path: str | Path, tensors: dict[str, Tensor], about: dict[str, Any]) -> None:
    """Write tensors and a JSON-able dict to one file, atomically.

    Raises:
        OSError: it can't be written; the old file, if there was one, is as it was.
    """
    # safetensors wants each in memory of its own, which two layers may share.
    own = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    text = json.dumps(about, sort_keys=True)
    # One entry, because safetensors writes several in random order: same content, same bytes.
    header = json.dumps({"about": text, "sha256": digest(own, text)})
    files.write(path, to_bytes(own, {"facelib": header}))


def load_tensors(path: str | Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors and the dict that `save_tensors` wrote.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is truncated, altered, or was not written by `save_tensors`.
    """
    try:
        if Path(path).is_file():
            with safe_open(path, "pt"):  # it is as long as it says
                pass
        data = files.read(path, "weights")  # once: another process may replace the file meanwhile
        tensors = from_bytes(data)
        size = int.from_bytes(data[:8], "little")
        header = json.loads(json.loads(data[8 : 8 + size])["__metadata__"]["facelib"])
        text = header["about"]
        if header["sha256"] != digest(tensors, text) or len(text) > files.TEXT:
            raise ValueError("its SHA-256 does not match")
        about = json.loads(text)
        if not isinstance(about, dict):
            raise TypeError(about)
    except SafetensorError as error:
        raise ValueError(
            f"{path} is not a whole safetensors file ({error}). It may be cut short: "
            "copy it again, or go back to an earlier one."
        ) from error
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(
            f"{path} was altered after it was written, or not by facelib: its SHA-256 does not "
            "match. Don't use it; copy it again, or go back to an earlier one."
        ) from error
    return tensors, about


def digest(tensors: dict[str, Tensor], text: str = "") -> str:
    """A SHA-256 that changes with the tensors, wherever they are, their names and the text."""
    found = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        found.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        found.update(to_bytes({"": tensor.contiguous()}))
    return found.hexdigest()
