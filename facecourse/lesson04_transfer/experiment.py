"""Lesson 04: what it compares, the two bugs, and a family of people who don't exist."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from facecourse.kit import orl, transfer
from facecourse.kit.transfer import HEAD_RATE, STEPS, Recogniser
from facelib.data import FaceSet, to_square
from facelib.measure import identify
from facelib.models import FaceCNN, FaceResNet
from facelib.models.backbones import TENSORFLOW, efficientnet_lite0
from facelib.synth import identities, synth

SIZES: dict[str, Callable[[Tensor], Tensor]] = {"64 x 64": orl.to_64, "full size": to_square}
# Of the base; the best on s1 to s20 of those that the evidence has tried.
RATES = {
    "synthetic faces": 1e-4, "from nothing": 3e-4, "small, from nothing": 1e-3, "ImageNet": 1e-3
}  # fmt: skip
CARD = {"side": 96, "mean": TENSORFLOW[0], "spread": TENSORFLOW[1]}  # of a network from elsewhere
PHOTOS = 5  # of each of the family to learn from
DEPTHS = ("head", "last third", "two thirds", "all layers")
NETWORKS: dict[str, Callable[[int], nn.Module]] = {  # that start from nothing, by people to name
    "from nothing": lambda people: Recogniser(FaceResNet(), torch.zeros(128), people),
    "small, from nothing": lambda people: FaceCNN(width=24, embedding=128, people=people),
}
After = Callable[[nn.Module, int], None] | None


def take_photos(
    photos: int, seed: int, size: str = "64 x 64", chosen_on: bool = False
) -> tuple[FaceSet, FaceSet]:
    """`orl.split_photos` with the same photographs in one of `SIZES`."""
    return orl.split_photos(photos, seed, chosen_on, SIZES[size])


def name_by_neighbour(
    base: nn.Module | None, train: FaceSet, test: FaceSet, others: FaceSet | None = None
) -> Tensor:
    """Whom each test face resembles most, int64 (N,); `others`, if given, centre the features."""
    known, asked = (orl.embed_or_flatten(base, faces.images) for faces in (train, test))
    centre = orl.embed_or_flatten(base, others.images).mean(0) if others else 0
    return identify(asked - centre, known - centre, train.person)


def list_groups(model: Recogniser, depth: str, rate: float) -> list[dict[str, Any]]:
    """Groups for `transfer.tune_groups`: the head, and so many thirds of the base from its end."""
    layers = [module for module in model.base.modules() if module._parameters]
    learning = layers[len(layers) - DEPTHS.index(depth) * len(layers) // 3 :]
    base = [parameter for layer in learning for parameter in layer.parameters()]
    head = {"params": list(model.head.parameters()), "lr": HEAD_RATE}
    return [head, {"params": base, "lr": rate}] if base else [head]


def train_from_nothing(
    train: FaceSet, seed: int, rate: float | None = None, steps: int = STEPS, after: After = None,
    arm: str = "from nothing",
) -> nn.Module:  # fmt: skip
    """A network without weights from elsewhere, all of it learning at one rate.

    Its batch norm has nothing to keep, so it learns in training mode; `after` as in `tune_groups`.

    Args:
        arm: of `NETWORKS`: the architecture of the face embedding, or the course's small network.
    """
    torch.manual_seed(seed)
    model = NETWORKS[arm](train.people).train()
    groups = [{"params": list(model.parameters()), "lr": rate or RATES[arm]}]
    transfer.tune_groups(model, groups, train, seed, steps, after)
    return model.eval()


def tune_further(
    model: Recogniser, train: FaceSet, seed: int, depth: str = "all layers",
    rate: float | None = None, steps: int = STEPS, after: After = None,
) -> Recogniser:  # fmt: skip
    """A copy, trained on to one of `DEPTHS`; `after` as in `tune_groups`."""
    model = copy.deepcopy(model)
    groups = list_groups(model, depth, rate or RATES["synthetic faces"])
    transfer.tune_groups(model, groups, train, seed, steps, after)
    return model


def mistake_inputs(base: nn.Module, train: FaceSet, test: FaceSet) -> dict[str, Tensor]:
    """Names by nearest neighbour when a network from ImageNet is fed as it should be, and not.

    Args:
        base: a `facelib.models.backbones.Backbone`.
        train, test: as `take_photos` gives them.
    """
    late, bare = copy.deepcopy(base), copy.deepcopy(base)
    late.mean /= 255  # the same as pixels from 0 to 255 into a network that wants 0 to 1
    late.spread /= 255
    bare.mean.zero_()
    bare.spread.fill_(1)
    fed = {"pixels as in training": base, "pixels 0 to 255": late, "no mean, no spread": bare}
    return {
        f"ImageNet: {name}": name_by_neighbour(model, train, test) for name, model in fed.items()
    }


@torch.no_grad()
def embed_in_training_mode(base: nn.Module, images: Tensor) -> Tensor:
    """Unit embeddings in batches of five by somebody who forgot `eval()`; `base` stays as it is."""
    base = copy.deepcopy(base).train()
    return normalize(torch.cat([base(part / 255) for part in images.split(5)]))


def mistake_mode(base: nn.Module, train: FaceSet, test: FaceSet) -> dict[str, Tensor]:
    """Names by nearest neighbour in both modes, the test faces in order of person.

    In training mode a face is judged by its batch of five: mixed people, or one alone.
    """
    known = embed_in_training_mode(base, train.images)
    shuffled = torch.randperm(len(test), generator=torch.Generator().manual_seed(0))
    orders = {"mixed people": shuffled, "one person": torch.arange(len(test))}
    names = {"synthetic faces: evaluation mode": name_by_neighbour(base, train, test)}
    for name, order in orders.items():
        asked = embed_in_training_mode(base, test.images[order])
        named = identify(asked, known, train.person)[order.argsort()]
        names[f"synthetic faces: training mode, {name} a batch"] = named
    return names


def compare_functions(source: nn.Module, target: nn.Module, test: FaceSet) -> Mapping[str, float]:
    """How often f_src and f_tar give one name, and how often each is wrong: shares of `test`."""
    said = [orl.name_faces(model, test) for model in (source, target)]
    wrong = [float((names != test.person).double().mean()) for names in said]
    agreement = float((said[0] == said[1]).double().mean())
    return {"they agree": agreement, "f_src is wrong": wrong[0], "f_tar is wrong": wrong[1]}


def draw_family(seed: int, images: int = 10) -> FaceSet:
    """Two people who don't exist and eight children of theirs, 64 x 64, grey.

    Each child has every factor of its face from the one parent or the other.
    """
    generator = torch.Generator().manual_seed(seed)
    parents = identities(2, seed)
    mother, father = parents.values
    inherited = torch.rand(8, len(mother), generator=generator) < 0.5
    children = torch.where(inherited, mother, father)
    return synth(replace(parents, values=torch.cat([parents.values, children])), images, seed)


def unpack_network() -> tuple[nn.Module, dict[str, Any]]:
    """A network as one finds it, and its card: the last task's base, which knows no face.

    Returns:
        ImageNet's network up to its sixth stage, in training mode and with gradients: normalised
        RGB images -> features (N, 192). On the card: "side", of the images in pixels; "mean" and
        "spread" of R, G and B, of pixels from 0 to 1.
    """
    return efficientnet_lite0(stages=6).body.train().requires_grad_(True), dict(CARD)
