"""Distillation: a small network, the student, learns to say what a large one, the teacher, says.

After Hinton, Vinyals & Dean 2015 (https://arxiv.org/abs/1503.02531). What the teacher says of a
picture tells more than a name does, and it can be asked about pictures that have no name.
"""

import copy
import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity, cross_entropy, log_softmax, softmax

from facelib.models import io
from facelib.models.embed import evaluating
from facelib.training.batches import Batch, Source, without_address
from facelib.training.device import has_fast_bf16
from facelib.training.embedding import fit_embedding
from facelib.training.loop import reading
from facelib.training.settings import History

Says = tuple[Tensor, Tensor]  # of each image: what the teacher says, and who it shows


class SoftTargets(nn.Module):
    """Names, and the teacher's probabilities at a temperature (Hinton et al. 2015).

    (1 - weight) * cross-entropy with the names + weight * T^2 * KL divergence from the teacher's
    softmax(logits / T). T^2 keeps the gradient's size as T grows.

    Args:
        temperature: T, above 0; the higher, the more the unlikely names count.
        weight: of what the teacher says, 0 to 1; with 1 no name is needed.
    """

    def __init__(self, temperature: float = 4.0, weight: float = 0.9) -> None:
        super().__init__()
        if not 0 < temperature < math.inf or not 0 <= weight <= 1:
            raise ValueError(
                f"want a temperature above 0 and a weight from 0 to 1, got {temperature}, {weight}"
            )
        self.temperature, self.weight = temperature, weight

    def forward(self, logits: Tensor, said: Says) -> Tensor:
        taught, person = said
        _agree(logits, taught)
        if self.weight < 1 and person.max() >= logits.shape[1]:
            raise ValueError(
                f"want faces of as many people as the networks name, {logits.shape[1]}, got person "
                f"{int(person.max())}, counted from 0: build the networks with more people, or "
                "take weight=1, for which no name is needed"
            )
        t, logits = self.temperature, logits.float()
        target = softmax(taught.float() / t, 1)
        soft = (target * (target.clamp(min=1e-30).log() - log_softmax(logits / t, 1))).sum(1).mean()
        hard = cross_entropy(logits, person) if self.weight < 1 else 0.0
        return (1 - self.weight) * hard + self.weight * t**2 * soft

    def extra_repr(self) -> str:
        return f"{self.temperature}, {self.weight}"


class MatchEmbedding(nn.Module):
    """1 - cosine of student's and teacher's embeddings, mean: the same directions, no names."""

    def forward(self, embeddings: Tensor, said: Says) -> Tensor:
        _agree(embeddings, said[0])
        return (1 - cosine_similarity(embeddings.float(), said[0].float())).mean()


def distill(
    student: nn.Module, teacher: nn.Module, faces: Source, loss: nn.Module, **settings: Any
) -> tuple[nn.Module, History]:
    """A copy of `student` that has learnt what `teacher` says about faces, and the history.

    Neither is changed. Arguments and errors as of `Taught`, the losses above and `fit_embedding`.
    """
    student, taught = copy.deepcopy(student), Taught(faces, copy.deepcopy(teacher))
    return student, fit_embedding(student, taught, loss, **settings)


class Taught:
    """Faces with what a teacher says of them, from which `fit_embedding` teaches a student.

    `training.batches.Kept` asks a large teacher only once about each face.

    Args:
        faces: where they come from, as in `fit_embedding`.
        teacher: float images (N, C, H, W) in [0, 1] -> what the student's output is compared with;
            asked in evaluation mode, left in the mode it came in; moved to the device asked for.
    """

    def __init__(self, faces: Source, teacher: nn.Module) -> None:
        self.faces, self.teacher, self.images_each = faces, teacher, faces.images_each

    def __repr__(self) -> str:
        weights = io.digest(self.teacher.state_dict())[:16]
        return f"Taught({without_address(self.faces)}, {type(self.teacher).__name__}, {weights})"

    def __call__(self, n: int, generator: torch.Generator, device: torch.device) -> Batch:
        """As `Source`: n images, and of each (what the teacher says, who it shows)."""
        images, person = self.faces(n, generator, device)
        fast = torch.autocast(device.type, torch.bfloat16, enabled=has_fast_bf16(device))
        teacher = self.teacher.to(device, memory_format=torch.channels_last)
        name, advice = type(teacher).__name__, "Give faces of the shape it learnt on"
        faults = reading(f"the teacher, {name},", images, advice)
        with faults, evaluating(teacher), torch.no_grad(), fast:
            said = teacher(images)
        return images, (said.float(), person)


def _agree(said: Tensor, taught: Tensor) -> None:
    if said.shape != taught.shape:
        raise ValueError(
            f"student and teacher must say the same number of things of each face, got "
            f"{tuple(said.shape)} and {tuple(taught.shape)}: build the student with the teacher's "
            "people or embedding"
        )
