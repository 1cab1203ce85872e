"""An article's case for pruning as it describes it: VGG16, trained, pruned, retrained, tested."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from facecourse.kit.charts import Table
from facelib.compress import prune
from facelib.measure import bootstrap_people, macs, parameters
from facelib.models import predict
from facelib.models.faceresnet import SHAPE
from facelib.synth import synth
from facelib.synth.people import pick_seed
from facelib.training import fit

SEED = pick_seed("pruning")


@dataclass(frozen=True)
class Case:
    """How much of it.

    Attributes:
        divided: VGG16's channels are divided by it; 1 is VGG16.
        people, images: who don't exist, and photographs of each, a fifth of them to test on.
        epochs: of training, and half as many of training on.
        ratio: share of the MACs that is pruned.
        round_to: widths stay multiples of it.
    """

    divided: int = 1
    people: int = 1000
    images: int = 30
    epochs: int = 10
    ratio: float = 0.5
    round_to: int = 16


class Vgg(nn.Module):
    """VGG16's thirteen convolutions with batch norm, a mean over places, and names.

    After Simonyan & Zisserman 2015 (https://arxiv.org/abs/1409.1556); batch norm replaces its three
    large linear layers' dropout, as in torchvision's vgg16_bn.

    Args:
        people: how many it tells apart.
        divided: of the channels 64 to 512.
    """

    def __init__(self, people: int, divided: int = 1) -> None:
        super().__init__()
        from torchvision.models import vgg

        layout = [part if part == "M" else part // divided for part in vgg.cfgs["D"]]
        layers = vgg.make_layers(layout, batch_norm=True)
        layers[0] = nn.Conv2d(1, layout[0], 3, padding=1)
        self.features = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.head = nn.Linear(layout[-2], people)

    def embed(self, images: Tensor) -> Tensor:
        """Float images (N, 1, 64, 64) in [0, 1] -> features (N, D)."""
        return self.features(2 * images - 1)

    def forward(self, images: Tensor) -> Tensor:
        """Images -> logits (N, people)."""
        return self.head(self.embed(images))


def done(case: Case) -> Table:
    """Trains, prunes, trains on and tests; beside it the whole network trained on as long.

    Returns:
        Top-1 on the test photographs at each stage, and the last difference, with intervals over
        people.
    """
    faces = synth(case.people, case.images, seed=SEED)
    train, _, test = faces.split_images(case.images - case.images // 5)
    torch.manual_seed(0)
    model = Vgg(case.people, case.divided)
    fit(model, train, epochs=case.epochs, progress=False)
    narrow, _ = prune(model, case.ratio, SHAPE, round_to=case.round_to)
    rows, right = [], {}

    def note(name: str, network: nn.Module) -> None:
        right[name] = (predict(network, test.images).cpu() == test.person).double()
        rows.append([name, f"{parameters(network):,}", f"{macs(network, SHAPE) / 1e6:.1f} million",
                     bootstrap_people(right[name], test.person)])  # fmt: skip

    stages = {"whole": model, "pruned": narrow}
    for name, network in stages.items():
        note(name, network)
    for name, network in stages.items():
        fit(network, train, epochs=max(1, case.epochs // 2), seed=1, progress=False)
        note(f"{name}, trained on", network)
    gain = right["pruned, trained on"] - right["whole, trained on"]
    rows.append(["pruned - whole, both trained on", "", "", bootstrap_people(gain, test.person)])
    return Table(["", "parameters", "MACs", "top-1 [95 % CI]"], rows)
