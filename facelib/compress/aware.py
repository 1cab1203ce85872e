"""Quantization-aware training: a network learns while its numbers are rounded, by torchao.

After Jacob et al. 2018 (https://doi.org/10.1109/CVPR.2018.00286). Rounding has no gradient worth
the name; it is passed through as if nothing had been rounded (Bengio et al. 2013,
https://arxiv.org/abs/1308.3432).
"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from facelib.compress.quantize import check_images
from facelib.compress.quiet import quiet
from facelib.training.embedding import Source, fit_embedding

BITS = range(2, 9)


class FakeQuantized(nn.Module):
    """A network that computes with rounded numbers, in 32 bits: as accurate as whole numbers would
    be, and slower than either. `embed(FakeQuantized, images)` works as with any model."""

    def __init__(self, graph: nn.Module) -> None:
        super().__init__()
        self.graph = graph

    def forward(self, images: Tensor) -> Tensor:
        """Float (N, C, H, W) in [0, 1], two images or more -> what the network makes of them."""
        return self.graph(images)

    embed = forward


def fake_quantize(model: nn.Module, images: Tensor, bits: int = 8) -> FakeQuantized:
    """A copy of `model` that rounds the weights of convolutions and linear layers to so many bits,
    symmetrically and by output, and what they read to 8.

    Args:
        model: float images -> numbers; not changed.
        images: uint8 (N, C, H, W), faces like those to come: what layers read of them sets their
            scales and zero points.
        bits: of a weight, 2 to 8.

    Raises:
        ValueError: another number of bits, or images of another kind or fewer than two.
    """
    if bits not in BITS:
        raise ValueError(f"want {BITS[0]} to {BITS[-1]} bits, got {bits}")
    check_images(images, least=2)
    graph = _prepared(copy.deepcopy(model).cpu(), images[:2].float() / 255, bits)
    graph.eval()  # batch norm as it is; the observers watch nevertheless
    with torch.no_grad():
        for part in images.cpu().split(256):
            if len(part) > 1:
                graph(part.float() / 255)
    for part in graph.modules():
        if hasattr(part, "disable_observer"):
            part.disable_observer()  # the scales stay
    return FakeQuantized(graph).eval()


def train_quantized(
    model: nn.Module, images: Tensor, faces: Source, loss: nn.Module, *, steps: int, bits: int = 8,
    **settings: Any,
) -> tuple[nn.Module, FakeQuantized]:  # fmt: skip
    """A copy of `model` that has been trained on while rounded; and itself rounded.

    Args:
        model, images, bits: as in `fake_quantize`.
        faces, loss, steps, settings: as in `fit_embedding`; `Taught` faces let a teacher judge.

    Returns:
        (the copy with its weights at 32 bits, for `export` and `quantize`; what it computes with
        rounded ones).

    Raises:
        ValueError: as `fake_quantize` and `fit_embedding`.
        FloatingPointError, MemoryError: as `fit_embedding`.
    """
    simulated = fake_quantize(model, images, bits)
    fit_embedding(simulated, faces, loss, steps=steps, device="cpu", bf16=False, **settings)
    trained, learnt = copy.deepcopy(model), simulated.graph.state_dict()
    trained.load_state_dict({name: learnt[name] for name in trained.state_dict()})
    return trained, simulated


def _prepared(model: nn.Module, example: Tensor, bits: int) -> nn.Module:
    with quiet():
        from torchao.quantization import pt2e
        from torchao.quantization.pt2e import quantize_pt2e
        from torchao.quantization.pt2e.quantizer import x86_inductor_quantizer as x86

        sizes = ({0: torch.export.Dim("images", min=2, max=4096)},)
        graph = torch.export.export(model.train(), (example,), dynamic_shapes=sizes).module()
        config = x86.get_default_x86_inductor_quantization_config(is_qat=True)
        # torchao's fused observer takes -4 to 3 for 3 bits whatever it is told; this one doesn't.
        plain = pt2e.FakeQuantize.with_args(observer=pt2e.MovingAveragePerChannelMinMaxObserver)
        most = 2 ** (bits - 1) - 1
        narrow = replace(
            config.weight, quant_min=-most, quant_max=most, observer_or_fake_quant_ctr=plain
        )
        quantizer = x86.X86InductorQuantizer().set_global(replace(config, weight=narrow))
        graph = quantize_pt2e.prepare_qat_pt2e(graph, quantizer)
        return pt2e.allow_exported_model_train_eval(graph)
