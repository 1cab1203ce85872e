"""From images to embeddings and to names, each image beside its mirror image.

What the network says of an image and of its mirror image is added (a common habit of face
verification, e.g. Wang et al. 2018, CosFace): the sum depends less on the pose.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from facelib.threads import few_threads

BATCH = 32  # images at a time; on a CPU, more are slower


def embed(model: nn.Module, images: Tensor, flip: bool = True) -> Tensor:
    """Embeddings of unit length, so that a dot product is the cosine similarity.

    Args:
        model: has `embed(float images in [0, 1]) -> (N, D)`; runs in evaluation mode on the device
            where its weights are, in their precision, and is left in the mode it came in.
        images: uint8 (N, C, H, W).
        flip: add the mirror image's embedding.

    Returns:
        float32 (N, D), on the model's device.

    Raises:
        ValueError: images that are not uint8 (N, C, H, W), or not of the model's channels or size.
    """
    return normalize(_run(model, model.embed, images, flip))


def predict(model: nn.Module, images: Tensor, flip: bool = True) -> Tensor:
    """The person the model's head names: int64 (N,). Arguments and errors as `embed`."""
    return _run(model, model, images, flip).argmax(1)


@torch.inference_mode()
def _run(
    model: nn.Module, function: Callable[[Tensor], Tensor], images: Tensor, flip: bool
) -> Tensor:
    if images.dtype != torch.uint8 or images.ndim != 4:
        raise ValueError(
            f"images must be uint8 (N, C, H, W), got {images.dtype} {tuple(images.shape)}"
        )
    like = next(model.parameters(), torch.zeros(()))  # an OnnxModel has none
    parts = []
    with evaluating(model), few_threads(model, min(BATCH, len(images)), like.device):
        for part in images.split(BATCH):
            faces = (part.to(like.device).float() / 255).to(like.dtype)
            result = function(faces)
            parts.append((result + function(faces.flip(3)) if flip else result).float())
    return torch.cat(parts)


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """The model in evaluation mode; each of its modules is left in the mode it came in."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode
