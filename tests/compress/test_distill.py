import copy
import math

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, kl_div, log_softmax

from facelib.compress import MatchEmbedding, SoftTargets, distill, export
from facelib.compress.distill import Taught
from facelib.models import FaceCNN, FaceResNet
from facelib.models.runtime import OnnxModel
from facelib.synth import synth
from facelib.training.batches import DrawnFaces, Kept
from facelib.training.embedding import fit_embedding

GENERATOR = torch.Generator().manual_seed(0)
LOGITS, TAUGHT = (3 * torch.randn(6, 5, generator=GENERATOR) for _ in range(2))
PERSON = torch.randint(5, (6,), generator=GENERATOR)


@pytest.mark.parametrize("t", [1.0, 4.0])
def test_soft_targets_are_torchs_divergence_and_cross_entropy(t):
    soft = kl_div(
        log_softmax(LOGITS / t, 1), log_softmax(TAUGHT / t, 1), reduction="batchmean",
        log_target=True,
    )  # fmt: skip
    wanted = 0.3 * cross_entropy(LOGITS, PERSON) + 0.7 * t**2 * soft
    assert SoftTargets(t, 0.7)(LOGITS, (TAUGHT, PERSON)).item() == pytest.approx(wanted.item())


def test_a_teacher_alone_needs_no_name():
    assert SoftTargets(weight=1.0)(LOGITS, (TAUGHT, PERSON + 7)).isfinite()


def test_matching_ignores_what_directions_do_not_show():
    assert MatchEmbedding()(3 * TAUGHT, (TAUGHT, PERSON)).item() == pytest.approx(0, abs=1e-6)
    assert MatchEmbedding()(-TAUGHT, (TAUGHT, PERSON)).item() == pytest.approx(2)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: SoftTargets(temperature=0), "temperature above 0 and a weight from 0 to 1"),
        (lambda: SoftTargets(temperature=math.inf), "temperature above 0"),
        (lambda: SoftTargets(weight=2), "weight from 0 to 1"),
        (lambda: SoftTargets()(LOGITS, (TAUGHT[:, :4], PERSON)), r"got \(6, 5\) and \(6, 4\)"),
        (lambda: MatchEmbedding()(LOGITS, (TAUGHT[:, :4], PERSON)), r"got \(6, 5\) and \(6, 4\)"),
        (
            lambda: SoftTargets()(LOGITS, (TAUGHT, PERSON.clamp(min=5))),
            r"the networks name, 5, got person 5, .*take weight=1",
        ),
    ],
)
def test_what_does_not_fit_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()


FACES = DrawnFaces(synth(8, 4, seed=0), 2)


class Bands(nn.Linear):
    """A teacher that says how bright each eighth of the face is; it needs nobody's name."""

    def forward(self, images):
        return 10 * images.unflatten(2, (8, 8)).mean((1, 3, 4))


SETTINGS = {"batch": 12, "lr": 0.01, "device": "cpu", "progress": False}


def teach(source, people=8, steps=1):
    torch.manual_seed(0)
    student, settings = FaceCNN(4, 8, people=people), SETTINGS | {"steps": steps}
    return fit_embedding(student, source, SoftTargets(2.0, 1.0), **settings)


def test_student_and_teacher_stay_as_they_are_and_a_file_may_teach(tmp_path):
    teacher, student = FaceResNet(4, 8), FaceResNet(2, 8)
    before = [copy.deepcopy(model.state_dict()) for model in (teacher, student)]
    report = export(teacher.eval(), tmp_path / "teacher.onnx", (1, 64, 64))
    settings = SETTINGS | {"steps": 2, "seed": 1}
    taught = [
        distill(student, asked, FACES, MatchEmbedding(), **settings)
        for asked in (teacher.train(), OnnxModel(report.path))
    ]
    for (small, history), start in zip(taught, (teacher, student), strict=True):
        assert len(history.loss) == 2
        assert not small.training
        assert start.training
    for model, kept in zip((teacher, student), before, strict=True):
        torch.testing.assert_close(model.state_dict(), kept)


def test_a_student_learns_without_a_name_from_a_teacher_that_is_asked_once_of_whom_is_kept():
    teacher, asked = Bands(1, 1), []
    teacher.forward = lambda images: asked.append(1) or Bands.forward(teacher, images)
    history = teach(Kept(Taught(FACES, teacher), 6), steps=40)
    assert len(asked) == 1
    assert sum(history.loss[-5:]) < 0.7 * sum(history.loss[:5])


def test_a_teacher_is_asked_as_it_was_and_told_apart_by_its_weights():
    teacher, other = (nn.Sequential(nn.BatchNorm2d(1), nn.Flatten()) for _ in range(2))
    asked, generator = Taught(FACES, teacher), torch.Generator().manual_seed(0)
    before = repr(asked)
    asked(12, generator, torch.device("cpu"))
    assert teacher.training
    assert repr(asked) == before == repr(Taught(FACES, other))
    other[0].weight.data += 1
    assert repr(Taught(FACES, other)) != before


def test_a_teacher_that_does_not_fit_is_refused_and_too_little_memory_is_no_fault_of_it():
    other, large = nn.Sequential(nn.Flatten(), nn.Linear(48 * 48, 8)), Bands(1, 1)
    large.forward = lambda images: torch.empty(2**60)
    with pytest.raises(ValueError, match=r"teacher, Sequential, can't read.*\(1, 64, 64\)"):
        teach(Taught(FACES, other))
    with pytest.raises(ValueError, match="the same number of things"):
        teach(Taught(FACES, Bands(1, 1)), people=5)
    with pytest.raises(MemoryError, match="out of memory with batch=12"):
        teach(Taught(FACES, large))
