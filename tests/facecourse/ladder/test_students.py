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
        "untrained": lambda seed: seeded(FaceResNet(2, 8, (0, 0, 1))),
        "prune": lambda model, ratio, shape, round_to: prune(model, ratio, shape, round_to=1),
        "face_embedding": lambda: copy.deepcopy(shipped),
        "asked_teacher": lambda: copy.deepcopy(shipped).requires_grad_(False),
        "PEOPLE": 32,
        "RANK": 3,
    }.items():
        monkeypatch.setattr(students, name, value)
    for name in ("student", "pruned"):
        save(students.untrained(0), tmp_path / f"{name}.safetensors")
    students.taught.cache_clear()
    images, _ = FreshFaces()(32, torch.Generator().manual_seed(3), torch.device("cpu"))
    yield (255 * images).byte(), shipped
    students.taught.cache_clear()


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
    models = students.untrained(0), *(train(name, tmp_path, 60) for name in ("rival", "student"))
    said = embed(shipped, images)
    *others, taught = ((embed(model, images) * said).sum(1).mean().item() for model in models)
    assert taught > max(others) + 0.05


def test_half_of_the_work_is_taken_out_of_either(faces, tmp_path):
    _, shipped = faces
    rivals = ("half", shipped), ("ragged", shipped), ("pruned", students.untrained(0))
    for name, whole in rivals:
        made = train(name, tmp_path, 1)
        assert 0.2 < macs(made, students.SHAPE) / macs(whole, students.SHAPE) <= 0.5


def test_most_weights_of_the_sparse_network_are_zero(faces, tmp_path):
    weights = [layer.weight for layer in find_layers(train("sparse", tmp_path, 2)).values()]
    zeros = sum(int((w == 0).sum()) for w in weights) / sum(w.numel() for w in weights)
    assert zeros == pytest.approx(students.ZEROS, abs=0.01)


def test_new_weights_have_the_pruned_architecture_and_nothing_else_of_it(faces, tmp_path):
    pruned = load(tmp_path / "pruned.safetensors").state_dict()
    made = train("anew", tmp_path, 1).state_dict()
    assert {k: v.shape for k, v in made.items()} == {k: v.shape for k, v in pruned.items()}
    moved = [(made[k] - v).abs().mean() / v.abs().mean() for k, v in pruned.items() if v.ndim > 1]
    assert min(moved) > 0.5


def test_rounded_weights_have_as_many_values_as_their_bits_allow(faces, tmp_path):
    _, *layers = find_layers(train("rounded", tmp_path, 2)).values()
    for layer in layers:
        assert max(len(row.unique()) for row in layer.weight.flatten(1)) <= 2**students.BITS - 1


def test_a_network_is_written_where_it_was_asked_for(faces, monkeypatch, tmp_path):
    made = students.untrained(0)
    start = (lambda get, seed: made, lambda model, **_: None, 1)
    monkeypatch.setitem(students.NETWORKS, "rival", start)
    students.main("rival", tmp_path, 3)
    images, _ = faces
    found = load(tmp_path / "3" / "rival.safetensors")
    assert torch.equal(embed(found, images), embed(made, images))
