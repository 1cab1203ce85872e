"""FaceResNet, the network behind the course's shipped embedding: a small residual network.

Residual blocks after He et al. 2016 (https://doi.org/10.1109/CVPR.2016.90). As in ArcFace (Deng et
al. 2019, https://doi.org/10.1109/CVPR.2019.00482) the last map isn't averaged over space but
flattened, so that the embedding knows what was where in the face.
"""

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn.functional import instance_norm

SIDE = 64  # pixels: height and width of the images it reads
SHAPE = (1, SIDE, SIDE)  # of one of them


def _conv(inputs: int, outputs: int, stride: int = 1) -> list[nn.Module]:
    return [
        nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),  # one module a call: pruning and quantization tools tell calls apart by module
    ]


class Residual(nn.Module):
    """x + two convolutions of x, then ReLU; no change of shape."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.change = nn.Sequential(*_conv(channels, channels), *_conv(channels, channels)[:2])
        self.relu = nn.ReLU()

    def forward(self, maps: Tensor) -> Tensor:
        """Maps (N, channels, H, W) -> the same shape."""
        return self.relu(maps + self.change(maps))


class FaceResNet(nn.Module):
    """Grey face of 64 x 64 pixels -> embedding.

    Args:
        width: channels of the first layer; later ones have 2 to 4 times as many.
        embedding: length of the embedding.
        blocks: how many residual blocks there are at 32, 16 and 8 pixels.
    """

    def __init__(
        self, width: int = 32, embedding: int = 128, blocks: Sequence[int] = (1, 2, 2)
    ) -> None:
        super().__init__()
        for name, value in (("width", width), ("embedding", embedding)):
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
        if len(blocks) != 3 or not 0 <= min(blocks) <= max(blocks) <= 100:
            raise ValueError(f"blocks must be three counts from 0 to 100, got {blocks}")
        self.config = {"width": width, "embedding": embedding, "blocks": list(blocks)}
        layers, channels = [], 1
        for factor, count in zip((1, 2, 4), blocks, strict=True):
            layers += _conv(channels, factor * width, stride=2)
            channels = factor * width
            layers += [Residual(channels) for _ in range(count)]
        self.features = nn.Sequential(*layers, *_conv(channels, 3 * width, stride=2))
        self.embedding = nn.Sequential(
            nn.Flatten(),
            nn.Linear(3 * width * (SIDE // 16) ** 2, embedding, bias=False),
            nn.BatchNorm1d(embedding),
        )

    def embed(self, images: Tensor) -> Tensor:
        """Images float (N, 1, 64, 64) in [0, 1] -> embeddings (N, embedding), any length."""
        if images.shape[1:] != (1, SIDE, SIDE):
            raise ValueError(
                f"want grey images (N, 1, {SIDE}, {SIDE}), got {tuple(images.shape)}: "
                f"facelib.data.to_grey and resize(images, {SIDE}, {SIDE}) make them so"
            )
        # Each face to mean 0 and deviation 1: one node in ONNX, where std_mean would be twenty.
        return self.embedding(self.features(instance_norm(images, eps=3e-4)))

    forward = embed
