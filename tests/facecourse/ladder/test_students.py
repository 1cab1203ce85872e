"""The networks of the ladder, at their smallest: who learns from whom, and where it is written."""

import copy

import pytest
import torch

from facecourse.ladder import students
from facelib.compress.layers import find_layers
from facelib.measure import macs
from facelib.models import FaceResNet, embed, load, save
from facelib.training.batches import FreshFaces

pytestmark = pytest.mark.evidence
SETTINGS = {"batch": 16, "progress": False}


@pytest.fixture
def faces(monkeypatch):
    monkeypatch.setattr(students, "FreshFaces", lambda compiled: FreshFaces(compiled=False))
    monkeypatch.setattr(students, "untrained", lambda: _seeded(FaceResNet(2, 8, (0, 0, 1))))
    monkeypatch.setattr(students, "prune", _finely)
    monkeypatch.setattr(students, "KEPT", 4)
    monkeypatch.setattr(students, "RANK", 3)
    students.lessons.cache_clear()
    shipped = _seeded(FaceResNet(2, 8)).eval()
    monkeypatch.setattr(students, "face_embedding", lambda: copy.deepcopy(shipped))
    images, _ = FreshFaces()(32, torch.Generator().manual_seed(3), torch.device("cpu"))
    yield (255 * images).byte(), shipped
    students.lessons.cache_clear()


def _finely(model, ratio, shape, round_to, prune=students.prune):
    return prune(model, ratio, shape, round_to=1)


def _seeded(model):
    generator = torch.Generator().manual_seed(0)
    for weight in model.parameters():
        if weight.ndim > 1:
            torch.nn.init.kaiming_normal_(weight, generator=generator)
    return model


def agreement(model, images, shipped):
    return (embed(model, images) * embed(shipped, images)).sum(1).mean().item()


def test_the_student_comes_to_say_what_the_teacher_says_and_the_rival_does_not(faces, tmp_path):
    images, shipped = faces
    start = agreement(students.untrained(), images, shipped)
    taught = agreement(students.student(tmp_path, steps=60, **SETTINGS), images, shipped)
    alone = agreement(students.rival(tmp_path, steps=60, **SETTINGS), images, shipped)
    assert taught > max(start, alone) + 0.05


def test_half_of_the_work_is_taken_out_of_either(faces, tmp_path):
    _, shipped = faces
    save(students.untrained(), tmp_path / "student.safetensors")
    rivals = ("half", shipped), ("ragged", shipped), ("pruned", students.untrained())
    for name, whole in rivals:
        made = students.NETWORKS[name](tmp_path, steps=1, **SETTINGS)
        assert 0.2 < macs(made, students.SHAPE) / macs(whole, students.SHAPE) <= 0.5


def test_most_weights_of_the_sparse_network_are_zero(faces, tmp_path):
    made = students.sparse(tmp_path, steps=2, **SETTINGS)
    weights = [layer.weight for layer in find_layers(made).values()]
    zeros = sum(int((w == 0).sum()) for w in weights) / sum(w.numel() for w in weights)
    assert zeros == pytest.approx(students.ZEROS, abs=0.01)


def test_from_scratch_is_the_pruned_architecture_and_nothing_of_its_weights(faces, tmp_path):
    save(students.untrained(), tmp_path / "student.safetensors")
    narrow = students.narrow(tmp_path).state_dict()
    made = students.scratch(tmp_path, steps=1, **SETTINGS).state_dict()
    assert {k: v.shape for k, v in made.items()} == {k: v.shape for k, v in narrow.items()}
    moved = [(made[k] - v).abs().mean() / v.abs().mean() for k, v in narrow.items() if v.ndim > 1]
    assert min(moved) > 0.5


def test_a_network_is_written_where_it_was_asked_for(faces, monkeypatch, tmp_path):
    made = students.untrained()
    monkeypatch.setitem(students.NETWORKS, "rival", lambda folder, **_: made)
    students.main("rival", tmp_path)
    images, _ = faces
    assert torch.equal(embed(load(tmp_path / "rival.safetensors"), images), embed(made, images))
