"""The experiments and figures of lesson 06 show what the lesson says."""

import re
from unittest.mock import Mock

import pytest
import torch
from torch import nn

from facecourse.kit import orl
from facecourse.kit.exercise import define
from facecourse.lesson06_distillation import budget, evidence, exercises, experiment, figures
from facelib.models import FaceResNet


@pytest.fixture
def small_teacher(monkeypatch):
    """In place of the shipped one, and few faces to ask it about."""
    torch.manual_seed(0)
    monkeypatch.setattr(budget, "face_embedding", FaceResNet(2).eval)
    few = experiment.render_faces(4), experiment.render_judges(0, people=3)
    monkeypatch.setattr(experiment, "render_faces", lambda: few[0])
    monkeypatch.setattr(experiment, "render_judges", lambda *_, **__: few[1])
    monkeypatch.setattr(budget, "tell", budget.tell.__wrapped__)


def test_pictures_without_names_are_those_photographs_and_tell_nobody_apart():
    shown = experiment.list_pictures(seed=0)
    named, test = orl.split_photos(1, 0)
    one, more, others = (faces.images for faces in shown.values())
    assert torch.equal(one, named.images)
    assert [len(images) for images in (one, more, others)] == [20, 100, 100]
    seen = {image.numpy().tobytes() for image in more}
    assert {image.numpy().tobytes() for image in one} < seen
    assert not seen & {image.numpy().tobytes() for image in (*test.images, *others)}
    for faces in shown.values():
        assert faces.person.tolist() == list(range(len(faces)))


def test_a_batch_is_drawn_once_whoever_asks_for_it():
    drawn = Mock(side_effect=lambda n, generator, device: torch.rand(n, generator=generator))
    faces = evidence.Remembered(drawn)
    one, other = (torch.Generator().manual_seed(seed) for seed in (1, 2))
    assert faces(4, one, None) is faces(4, one, None)
    assert not torch.equal(faces(4, one, None), faces(4, other, None))
    assert drawn.call_count == 2


def test_a_face_that_is_shrunk_is_half_as_high_and_has_mean_0_and_spread_1():
    small = experiment.shrink(experiment.render_faces(2).images)
    assert small.shape == (4, 1, 32, 32)
    assert small.mean((1, 2, 3)).abs().max() < 1e-4
    assert (small.std((1, 2, 3)) - 1).abs().max() < 0.01


def test_bytes_are_those_of_weights_and_statistics():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    assert budget.count_bytes(model) == 4 * (18 + 2 + 4 * 2) + 8


def test_weights_that_no_file_would_hold_are_found(small_teacher):
    plain = define(exercises.student.answer)()
    assert not budget.hides_weights(plain)
    assert budget.hides_weights(nn.Sequential(budget.build_hiding()))
    plain[1].register_buffer("more", torch.ones(3), persistent=False)
    assert budget.hides_weights(plain)
    assert re.search("does not count them", budget.judge_student(budget.build_hiding))


def test_the_temperature_flattens_what_the_teacher_says(capsys):
    logits = torch.tensor([[4.0, 1, 0], [0, 3, 2], [0, 1, 9]])
    faces = experiment.render_faces(2).images[:3]
    _, temperature, _ = figures.temperature_slider(logits, faces, faces).children
    for degrees, right, second in ((0.9, 0.955, 0.034), (10.0, 0.415, 0.307)):
        capsys.readouterr()
        temperature.value = degrees
        said = capsys.readouterr().out
        assert f"has {right}" in said
        assert f"number 2 from the left, {second}" in said


def test_a_copy_lies_on_the_line_and_decides_as_the_teacher(capsys):
    codes = nn.functional.normalize(torch.randn(8, 4, generator=torch.Generator().manual_seed(0)))
    networks = {"opposite": codes @ torch.diag(torch.tensor([1.0, 1, 1, 0])), "copy": codes}
    menu, _, _ = figures.agreement_slider(networks, codes, torch.arange(8) // 2).children
    assert "copy: AUC" in (said := capsys.readouterr().out)
    assert "100.0% of genuine pairs and 100.0% of impostor pairs" in said
    menu.value = "opposite"
    assert "100.0% of genuine pairs and 100.0% of" not in capsys.readouterr().out


def test_students_are_drawn_with_the_share_they_name(shown):
    names = {"names": [[0.4] * 20, [0.5] * 20], "teacher": [[0.8] * 20, [0.7] * 20]}
    figures.draw_students(names, {"names": 0.6})
    assert "names 45.0%" in shown[-1]
    assert "teacher 75.0%" in shown[-1]
