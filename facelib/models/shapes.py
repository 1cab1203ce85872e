"""What compression changed about a model's layers, as JSON, and how to change a new model so.

A pruned model has narrower layers than its architecture says, a factorised one has two layers in
place of one, and a shallower one has none in place of some. `edits` finds this by comparing the
model with a new one of its architecture, so that nobody needs to keep a record.
"""

from typing import Any

import torch
from torch import nn

NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)
SIZED = (nn.Conv2d, nn.Linear, *NORMS)
SIZES = (  # of them all
    "in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups",
    "in_features", "out_features", "num_features",
)  # fmt: skip
PLACES = ("kernel_size", "stride", "padding", "dilation")


class LowRank(nn.Sequential):
    """Two layers in place of one: the first makes `rank` numbers, the second makes the outputs of
    these (see `facelib.compress.factorize`)."""


def edits(model: nn.Module, plain: nn.Module) -> dict[str, Any]:
    """How the layers of `model` differ from those of `plain`, a model of the same architecture.

    Returns:
        By name of the layer: None where it was taken out, its sizes where they differ, a list of
        the sizes of both where it became a `LowRank`. Empty if nothing differs.

    Raises:
        TypeError: a layer became one of another kind.
    """
    found: dict[str, Any] = {}
    for name, layer in plain.named_modules():
        if any(name.startswith(f"{gone}.") for gone, what in found.items() if what is None):
            continue
        now = model.get_submodule(name)
        if isinstance(now, nn.Identity) and not isinstance(layer, nn.Identity):
            found[name] = None
        elif isinstance(layer, SIZED):
            if isinstance(now, LowRank):
                found[name] = [_sizes(part) for part in now]
            elif not isinstance(now, type(layer)):
                raise TypeError(f"layer {name!r} was {type(layer)} and is {type(now)}")
            elif _sizes(now) != _sizes(layer):
                found[name] = _sizes(now)
    return found


def edit(model: nn.Module, changes: dict[str, Any]) -> None:
    """Change a new model, in place, as `edits` says; its weights are then still to be loaded.

    Raises:
        AttributeError, ValueError: the changes are not of this architecture.
    """
    for name, change in changes.items():
        layer = model.get_submodule(name)
        if change is None:
            model.set_submodule(name, nn.Identity())
        elif not isinstance(layer, SIZED):
            raise ValueError(f"{name!r} is no layer whose size could change: {type(layer)}")
        elif isinstance(change, list):
            first, second = (_layer(layer, sizes) for sizes in change)
            model.set_submodule(name, LowRank(first, second))
        else:
            model.set_submodule(name, _layer(layer, change))


def _sizes(layer: nn.Module) -> dict[str, Any]:
    """The arguments that make a layer of this size, JSON-able."""
    sizes = {name: getattr(layer, name) for name in SIZES if hasattr(layer, name)}
    sizes = {name: list(v) if isinstance(v, tuple) else v for name, v in sizes.items()}
    return sizes if isinstance(layer, NORMS) else sizes | {"bias": layer.bias is not None}


def _layer(like: nn.Module, sizes: dict[str, Any]) -> nn.Module:
    """A layer of the kind of `like` that reaches no further: what weights don't tell."""
    own = _sizes(like)
    if sizes.keys() != own.keys():
        raise ValueError(f"want {list(own)} of a layer, got {list(sizes)}")
    for name in own.keys() & PLACES:
        least = 0 if name == "padding" else 1
        if not all(least <= one <= most for one, most in zip(sizes[name], own[name], strict=True)):
            raise ValueError(f"{name} {sizes[name]} in place of {own[name]}")
    with torch.random.fork_rng([]):  # weights are loaded afterwards: draw none of the caller's
        given = {key: tuple(v) if isinstance(v, list) else v for key, v in sizes.items()}
        return type(like)(**given)
