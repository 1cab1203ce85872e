"""FaceCNN, the course's small convolutional network: an embedding and a head that names people.

Conv-BN-ReLU blocks after VGG (Simonyan & Zisserman 2015), batch norm (Ioffe & Szegedy 2015).
"""

import torch
from torch import Tensor, nn


def _block(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """3 x 3 convolution, batch norm, ReLU: height and width divided by `stride`."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),  # one module a call: pruning and quantization tools tell calls apart by module
    )


class FaceCNN(nn.Module):
    """Face image of any size from 16 x 16 -> embedding -> one score a person.

    Args:
        width: channels of the first layer; the others have 2, 4 and 4 times as many.
        embedding, people: how many numbers it is, and how many people the head tells apart.
        channels: 1 (grey) or 3 (RGB).
    """

    def __init__(self, width: int, embedding: int, people: int, channels: int = 1) -> None:
        super().__init__()
        self.config = {
            "width": width, "embedding": embedding, "people": people, "channels": channels
        }  # fmt: skip
        for name, value in self.config.items():
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
        self.features = nn.Sequential(
            _block(channels, width, stride=2),  # full-size maps cost 1.6 times the training time
            _block(width, 2 * width),
            nn.MaxPool2d(2),
            _block(2 * width, 4 * width),
            nn.MaxPool2d(2),
            _block(4 * width, 4 * width),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )
        self.embedding = nn.Sequential(
            nn.Linear(4 * width, embedding, bias=False), nn.BatchNorm1d(embedding)
        )
        self.head = nn.Linear(embedding, people)

    def embed(self, images: Tensor) -> Tensor:
        """Images float (N, channels, H, W) in [0, 1] -> embeddings (N, embedding), any length."""
        channels = self.config["channels"]
        if images.ndim != 4 or images.shape[1] != channels:
            raise ValueError(
                f"this FaceCNN reads images (N, {channels}, H, W), got {tuple(images.shape)}: make "
                "it with channels=3 for colour, or the images grey with facelib.data.to_grey"
            )
        spread, mean = torch.std_mean(images, dim=(1, 2, 3), keepdim=True)
        return self.embedding(self.features((images - mean) / (spread + 1e-3)))

    def forward(self, images: Tensor) -> Tensor:
        """Images float (N, C, H, W) in [0, 1] -> logits (N, people)."""
        return self.head(self.embed(images))
