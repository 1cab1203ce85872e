"""What every rung shares: how a network is trained further, judged and calibrated.

It is judged by the points of TAR it has lost of its teacher's, and trained further by what the
teacher says about people who don't exist.
"""

import copy
from functools import lru_cache

from torch import Tensor, nn
from torch.optim.swa_utils import update_bn

from facecourse.kit.seeds import build_seeded
from facelib.compress import MatchEmbedding, decode, round_weights
from facelib.compress.distill import Taught
from facelib.data import FaceSet
from facelib.measure import Interval
from facelib.measure.groups import ladder_faces
from facelib.measure.tail import Tail, take_tail, tar_lost
from facelib.models import embed, face_embedding
from facelib.synth import synth
from facelib.synth.people import pick_seed
from facelib.training.batches import FreshFaces, Kept
from facelib.training.embedding import fit_embedding

BATCH, KEPT, STEPS = 128, 1280, 100  # of training on after pruning
RATE = 6e-3  # of 1e-3 to 1e-2 the best or nearly so for all that is pruned here, on other people
PEOPLE, FAR = 300, 1e-3  # who don't exist, to count lost points on


class WithMirror(nn.Module):
    """What a network says of a face and of its mirror image, added up, as `embed` compares them."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        return self.model(images) + self.model(images.flip(3))


def asked_teacher() -> WithMirror:
    """The shipped embedding as it is asked: in one pass a network learns what this says in two."""
    return WithMirror(face_embedding()).requires_grad_(False)


@lru_cache(2)
def taught_people(people: int = KEPT) -> Kept:
    """People who don't exist, four photographs each, with what the teacher says of them."""
    return Kept(Taught(FreshFaces(), asked_teacher()), people)


def renew_statistics(model: nn.Module, images: Tensor | None = None) -> nn.Module:
    """A copy whose batch norm knows the means and deviations of what comes in now: after a cut the
    stored ones are stale (Li et al. 2020, https://arxiv.org/abs/2007.02491).

    Nothing is named, no gradient is computed, and no weight changes.

    Args:
        images: uint8 (N, C, H, W) to take them from; `calibration_faces()` unless given.
    """
    model = copy.deepcopy(model)
    images = calibration_faces() if images is None else images
    update_bn((images.float() / 255).split(BATCH), model)
    return model.eval()


def round_after(model: nn.Module, bits: int) -> nn.Module:
    """A copy with weights of so many bits, and new statistics."""
    return renew_statistics(decode(round_weights(model, bits)))


@lru_cache(1)
def _reference(people: int) -> tuple[FaceSet, Tail]:
    faces = ladder_faces(people)
    return faces, embed_tail(face_embedding(), faces, FAR)


def embed_tail(model: nn.Module, faces: FaceSet, far: float) -> Tail:
    """The pairs' scores that decide up to a FAR, by a network that reads each face once."""
    return take_tail(embed(model, faces.images, flip=False).cpu(), faces.person, far)


def tar_drop(model: nn.Module, people: int = PEOPLE) -> Interval:
    """Points of TAR at a FAR of 0.1 % that a network has lost of the teacher's, one pass a face."""
    faces, before = _reference(people)
    return tar_lost([before], [embed_tail(model, faces, FAR)], [FAR])[0]


def train_further(
    model: nn.Module, seed: int = 0, steps: int = STEPS, rate: float = RATE
) -> nn.Module:
    """A copy that has learnt on from the teacher; weights that are masked stay 0."""
    model = copy.deepcopy(model)
    settings = {"steps": steps, "batch": BATCH, "lr": rate, "seed": seed, "progress": False}
    fit_embedding(model, taught_people(), MatchEmbedding(), **settings)
    return model


def renew_weights(model: nn.Module, seed: int = 0) -> nn.Module:
    """A copy of the same architecture that has learnt nothing."""
    model = copy.deepcopy(model)

    def reset() -> None:
        for layer in model.modules():
            if hasattr(layer, "reset_parameters"):
                layer.reset_parameters()

    build_seeded(seed, reset)
    return model


@lru_cache(2)
def calibration_faces(people: int = 128) -> Tensor:
    """Faces to calibrate on, uint8 (4 * people, 1, 64, 64): of people who don't exist."""
    return synth(people, 4, seed=pick_seed("calibration")).images
