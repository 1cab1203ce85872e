"""Rounded networks and those trained while rounded, by torchao."""

import pytest
import torch
from torch import nn

from facelib.compress import MatchEmbedding
from facelib.compress.aware import FakeQuantized, fake_quantize, train_quantized
from facelib.compress.distill import Taught
from facelib.models import FaceResNet, embed, face_student
from facelib.synth import synth
from facelib.training.batches import FreshFaces, Kept

FACES = synth(12, 4, seed=5)


@pytest.fixture(scope="module")
def student():
    return face_student()


@pytest.fixture(scope="module")
def coarse(student):
    return agreement(fake_quantize(student, FACES.images, 3), student)


def agreement(model, student) -> float:
    return float((embed(model, FACES.images) * embed(student, FACES.images)).sum(1).mean())


def test_fewer_bits_are_farther_from_the_whole_network(student, coarse):
    assert agreement(fake_quantize(student, FACES.images, 8), student) > 0.99 > coarse
    assert not student.training


def test_weights_have_no_more_values_than_their_bits_allow():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 3, bias=False)).eval()
    images = torch.randint(256, (8, 1, 4, 4), dtype=torch.uint8)
    simulated = fake_quantize(model, images, bits=3)
    weight = model[1].weight
    scale = weight.abs().amax(1, keepdim=True) / 3  # whole numbers from -3 to 3
    wanted = ((weight / scale).round().clamp(-3, 3) * scale).detach()
    made = simulated(images.float() / 255)
    torch.testing.assert_close(made, (images / 255).flatten(1) @ wanted.T, atol=0.02, rtol=0.02)


def test_training_while_rounded_wins_back_what_rounding_took(student, coarse):
    faces = Kept(Taught(FreshFaces(), student), 32)
    weights = {name: tensor.clone() for name, tensor in student.state_dict().items()}
    trained, simulated = train_quantized(
        student, FACES.images, faces, MatchEmbedding(), steps=12, bits=3, batch=32, lr=1e-3,
        progress=False,
    )  # fmt: skip
    assert agreement(simulated, student) > coarse + 0.05
    assert isinstance(trained, FaceResNet)
    assert agreement(trained, student) > coarse
    for name, tensor in student.state_dict().items():
        assert torch.equal(tensor, weights[name])
    assert isinstance(simulated, FakeQuantized)


@pytest.mark.parametrize("bits", [1, 9, 0])
def test_other_numbers_of_bits_are_refused(student, bits):
    with pytest.raises(ValueError, match="2 to 8 bits, got"):
        fake_quantize(student, FACES.images, bits)


@pytest.mark.parametrize("images", [FACES.images[:1], FACES.images.float(), FACES.images[0]])
def test_calibration_faces_of_another_kind_are_refused(student, images):
    with pytest.raises(ValueError, match="to calibrate on, 2 or more"):
        fake_quantize(student, images)
