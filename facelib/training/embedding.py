"""fit_embedding(): teach a network which faces belong together, from batches drawn as it goes."""

from typing import Any

from torch import Tensor, nn

from facelib.training import distributed
from facelib.training.batches import Source
from facelib.training.loop import generator, train
from facelib.training.settings import History, Settings


def fit_embedding(
    model: nn.Module,
    faces: Source,
    loss: nn.Module,
    *,
    steps: int,
    every: int = 200,
    **settings: Any,
) -> History:
    """Train `model`, in place, to embed the faces that `faces` draws; leave it in evaluation mode.

    Under torchrun every process draws its own part of the batch, and a loss that compares images
    compares those of its process.

    Args:
        model: float images (N, C, H, W) in [0, 1] -> embeddings (N, D).
        faces: called once a step, as `FreshFaces` or `DrawnFaces`.
        loss: `MarginLoss`, `TripletLoss` or `ContrastiveLoss`; its weights are trained, too.
        steps: batches to train on.
        every: steps between two checkpoints and validations.
        settings: any of `Settings`, by name; batch is 256 unless given, lr 2e-3.

    Raises:
        TypeError, ValueError, FloatingPointError, MemoryError: as `fit`.
    """
    chosen = Settings.of(fit_embedding, settings, batch=256, lr=2e-3)
    rank, world = distributed.start(chosen.device)
    batch, share = chosen.batch, world * faces.images_each
    if steps < 1 or every < 1 or batch < 2 * share or batch % share:
        raise ValueError(
            "want at least 1 step, and a batch that gives each process the same number of people, "
            f"two or more, with {faces.images_each} images each; got steps={steps}, every={every}, "
            f"batch={batch}, {world} process(es)"
        )

    def draw(step: int) -> tuple[Tensor, Tensor]:
        return faces(batch // world, generator(chosen.seed, "faces", step, rank), chosen.device)

    run = {"faces": repr(faces), "loss": repr(loss), "steps": steps}
    return train(model, loss, draw, chosen, steps=steps, every=every, run=run)
