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


@pytest.fixture
def faces(monkeypatch, tmp_path):
    prune, shipped = students.prune, seeded(FaceResNet(2, 8)).eval()
    for name, value in {
        "untrained": lambda: seeded(FaceResNet(2, 8, (0, 0, 1))),
        "prune": lambda model, ratio, shape, round_to: prune(model, ratio, shape, round_to=1),
        "face_embedding": lambda: copy.deepcopy(shipped),
        "KEPT": 4,
        "RANK": 3,
    }.items():
        monkeypatch.setattr(students, name, value)
    save(students.untrained(), tmp_path / "student.safetensors")
    students.lessons.cache_clear()
    images, _ = FreshFaces()(32, torch.Generator().manual_seed(3), torch.device("cpu"))
    yield (255 * images).byte(), shipped
    students.lessons.cache_clear()


def seeded(model):
    generator = torch.Generator().manual_seed(0)
    for weight in model.parameters():
        if weight.ndim > 1:
            torch.nn.init.kaiming_normal_(weight, generator=generator)
    return model


def train(name, folder, steps):
    return students.train(name, folder, steps=steps, batch=16, progress=False)


def test_the_student_comes_to_say_what_the_teacher_says_and_the_rival_does_not(faces, tmp_path):
    images, shipped = faces
    models = students.untrained(), *(train(name, tmp_path, 60) for name in ("rival", "student"))
    said = embed(shipped, images)
    *others, taught = ((embed(model, images) * said).sum(1).mean().item() for model in models)
    assert taught > max(others) + 0.05


def test_half_of_the_work_is_taken_out_of_either(faces, tmp_path):
    _, shipped = faces
    rivals = ("half", shipped), ("ragged", shipped), ("pruned", students.untrained())
    for name, whole in rivals:
        made = train(name, tmp_path, 1)
        assert 0.2 < macs(made, students.SHAPE) / macs(whole, students.SHAPE) <= 0.5


def test_most_weights_of_the_sparse_network_are_zero(faces, tmp_path):
    weights = [layer.weight for layer in find_layers(train("sparse", tmp_path, 2)).values()]
    zeros = sum(int((w == 0).sum()) for w in weights) / sum(w.numel() for w in weights)
    assert zeros == pytest.approx(students.ZEROS, abs=0.01)


def test_from_scratch_is_the_pruned_architecture_and_nothing_of_its_weights(faces, tmp_path):
    narrow = students.narrow(tmp_path).state_dict()
    made = train("scratch", tmp_path, 1).state_dict()
    assert {k: v.shape for k, v in made.items()} == {k: v.shape for k, v in narrow.items()}
    moved = [(made[k] - v).abs().mean() / v.abs().mean() for k, v in narrow.items() if v.ndim > 1]
    assert min(moved) > 0.5


def test_a_network_is_written_where_it_was_asked_for(faces, monkeypatch, tmp_path):
    made = students.untrained()
    start = (lambda folder: made, lambda model, **_: None, 1)
    monkeypatch.setitem(students.NETWORKS, "rival", start)
    students.main("rival", tmp_path)
    images, _ = faces
    assert torch.equal(embed(load(tmp_path / "rival.safetensors"), images), embed(made, images))
