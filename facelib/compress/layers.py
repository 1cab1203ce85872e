"""A layer's weight: which layers have one, what it is made by, and how it becomes plain again."""

import copy

from torch import nn
from torch.nn.utils import parametrize

LAYERS = (nn.Conv2d, nn.Linear)


def find_layers(model: nn.Module) -> dict[str, nn.Module]:
    """The convolutions and linear layers of `model` by name; ValueError if it has none, or one with
    weights that are NaN or infinite."""
    there = {name: layer for name, layer in model.named_modules() if isinstance(layer, LAYERS)}
    if not there:
        raise ValueError(f"{type(model).__name__} has no convolution or linear layer")
    if bad := [name for name, layer in there.items() if not layer.weight.isfinite().all()]:
        raise ValueError(f"layers {bad[:3]} have weights that are NaN or infinite: train again")
    return there


def refuse_made(name: str, layer: nn.Module, step: str) -> None:
    """Refuse a layer whose weight a codebook, a mask or rounding makes, by a ValueError."""
    if kind := parametrized_by(layer):
        raise ValueError(
            f"layer {name!r} has a weight made by {kind.__name__}, want a plain one: {step} "
            "decode(model), then another"
        )


def decode(model: nn.Module) -> nn.Module:
    """A copy with plain weights in place of codes, masks and rounding: as fast, and larger."""
    model = copy.deepcopy(model)
    for module in model.modules():
        if parametrized_by(module):
            make_plain(module)
    return model


def parametrized_by(layer: nn.Module) -> type[nn.Module] | None:
    """What makes a layer's weight, `Codebook`, `Masked` or `Rounded`; None where it is plain."""
    if parametrize.is_parametrized(layer, "weight"):
        return type(layer.parametrizations.weight[0])
    return None


def make_plain(layer: nn.Module) -> None:
    """Give a layer, in place, the weight that its parametrization makes.

    torch's remove_parametrizations() would take `weight` from the class, which copies of the layer
    have in common, and so from these, too.
    """
    weight, kind = layer.weight.detach(), parametrize.type_before_parametrizations(layer)
    learns = layer.parametrizations.weight.original.requires_grad
    del layer.parametrizations
    layer.__class__ = kind
    layer.weight = nn.Parameter(weight, learns)
