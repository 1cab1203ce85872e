"""An article's case for pruning as it describes it: VGG16, trained, pruned, retrained, tested.

30,000 faces of 1,000 people, who don't exist. Filters are pruned by the sum of their weights'
magnitudes (Li et al. 2017, https://arxiv.org/abs/1608.08710), the same share in every layer, so
that half of the multiplications are left. The whole network, trained on as long, is the rival.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from facelib.measure import macs, parameters
from facelib.models import predict
from facelib.models.faceresnet import SHAPE
from facelib.synth import synth
from facelib.synth.people import pick_seed
from facelib.training import fit

SEED = pick_seed("pruning")
VGG16 = (64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M")


@dataclass(frozen=True)
class Case:
    """How much of it.

    Attributes:
        divided: VGG16's channels are divided by it; 1 is VGG16.
        people, images: who don't exist, and photographs of each, a fifth of them to test on.
        epochs: of training, and half as many of training on.
        batch, lr: images a step, and peak learning rate.
        keep: share of the filters that stay; the square root of what stays of the multiplications.
        multiple: widths stay multiples of it.
    """

    divided: int = 1
    people: int = 1000
    images: int = 30
    epochs: int = 20
    batch: int = 128
    lr: float = 2e-3
    keep: float = 0.5**0.5
    multiple: int = 16


TINY = Case(divided=8, people=4, images=10, epochs=2, batch=16, multiple=1)


class Vgg(nn.Module):
    """VGG16's thirteen convolutions with batch norm, a mean over places, and names.

    After Simonyan & Zisserman 2015 (https://arxiv.org/abs/1409.1556); batch norm replaces its three
    large linear layers' dropout, as in torchvision's vgg16_bn.

    Args:
        layout: channels of each convolution, "M" where height and width are halved.
        people: how many it tells apart.
    """

    def __init__(self, layout: tuple[int | str, ...], people: int) -> None:
        super().__init__()
        from torchvision.models.vgg import make_layers

        widths = [width for width in layout if width != "M"]
        layers = make_layers(list(layout), batch_norm=True)
        layers[0] = nn.Conv2d(1, widths[0], 3, padding=1)
        self.layout, self.people = layout, people
        self.features = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.head = nn.Linear(widths[-1], people)

    def forward(self, images: Tensor) -> Tensor:
        """Float images (N, 1, 64, 64) in [0, 1] -> logits (N, people)."""
        return self.head(self.features(2 * images - 1))


def prune(model: Vgg, keep: float, multiple: int) -> Vgg:
    """A narrower copy: of every convolution the filters with the largest weights stay."""
    widths = (
        part if part == "M" else max(1, round(part * keep / multiple)) * multiple
        for part in model.layout
    )
    narrow = Vgg(tuple(widths), model.people).to(model.head.weight.device)
    inputs = torch.arange(1)
    for old, new in zip(model.features, narrow.features, strict=True):
        if isinstance(old, nn.Conv2d):
            sizes = old.weight.detach().abs().sum((1, 2, 3)).cpu()
            before, inputs = inputs, sizes.topk(new.out_channels).indices.sort().values
        for name, value in old.state_dict().items():  # batch norm follows its convolution
            value = value[inputs] if value.ndim else value
            getattr(new, name).data = value[:, before] if value.ndim == 4 else value
    narrow.head.weight.data = model.head.weight.detach()[:, inputs]
    narrow.head.bias.data = model.head.bias.detach().clone()
    return narrow.eval()


def run(device: torch.device) -> dict[str, Any]:
    """Train, prune, train on and test; tiny but on a GPU.

    Returns:
        Of each stage parameters, MACs and top-1 on the test photographs; and the last difference,
        paired over people, with a 95 % interval (normal approximation).
    """
    case = Case() if device.type == "cuda" else TINY
    faces = synth(case.people, case.images, seed=SEED, device=device).to("cpu")
    train, _, test = faces.split_images(case.images - case.images // 5)
    torch.manual_seed(0)
    layout = tuple(part if part == "M" else part // case.divided for part in VGG16)
    model = Vgg(layout, case.people)
    settings = {"batch": case.batch, "lr": case.lr, "device": device, "progress": False}
    rows, right = {}, {}

    def note(name: str, network: Vgg) -> None:
        right[name] = (predict(network, test.images).cpu() == test.person).double()
        rows[name] = {
            "parameters": parameters(network), "macs": macs(network, SHAPE),
            "top1": float(right[name].mean()),
        }  # fmt: skip
        print(f"  {name}: {rows[name]}", flush=True)

    fit(model, train, epochs=case.epochs, **settings)
    stages = {"whole": model, "pruned": prune(model, case.keep, case.multiple)}
    for name, network in stages.items():
        note(name, network)
    for name, network in stages.items():
        fit(network, train, epochs=max(1, case.epochs // 2), seed=1, **settings)
        note(f"{name}, trained on", network)
    gain = right["pruned, trained on"] - right["whole, trained on"]
    each = torch.stack([gain[test.person == who].mean() for who in range(test.people)])
    middle, spread = float(each.mean()), float(1.96 * each.std() / len(each) ** 0.5)
    return {
        "case": vars(case), "faces": len(faces), "stages": rows,
        "pruned_minus_whole": {"value": middle, "low": middle - spread, "high": middle + spread},
    }  # fmt: skip
