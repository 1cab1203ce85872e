"""A shipped file is small, opens without our code, and is the network of 8 bits."""

import zipfile

import onnxruntime
import pytest
import torch

from facelib.compress import export, quantize, ship, sparsify
from facelib.models import FaceResNet, embed, face_student
from facelib.models.runtime import OnnxModel
from facelib.synth import synth

FACES = synth(8, 4, seed=0).images


@pytest.fixture(scope="module")
def student():
    return face_student()


@pytest.fixture(scope="module")
def shipped(student, tmp_path_factory):
    path = tmp_path_factory.mktemp("ship") / "small.onnx.zip"
    assert ship(student, path, FACES) == path.stat().st_size
    return path


def test_unzipped_it_is_the_file_of_8_bits_and_plain_onnxruntime_opens_it(
    student, shipped, tmp_path
):
    plain = export(student, tmp_path / "plain.onnx", (1, 64, 64))
    eight = quantize(plain.path, tmp_path / "eight.onnx", FACES)
    assert shipped.stat().st_size < 0.9 * eight.bytes[1]
    with zipfile.ZipFile(shipped) as archive:
        content = archive.read("model.onnx")
    assert content == eight.path.read_bytes()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    (said,) = session.run(None, {"images": (FACES.float() / 255).numpy()})
    ours = OnnxModel(shipped).embed(FACES.float() / 255)
    torch.testing.assert_close(torch.from_numpy(said), ours)


def test_fewer_bits_make_a_smaller_file_that_says_less_exactly_the_same(student, shipped, tmp_path):
    masked, _ = sparsify(student, 0.1)  # what a step wrapped around weights is shipped as well
    size, whole = ship(masked, tmp_path / "small", FACES, 4), embed(student, FACES)
    assert size < 0.55 * shipped.stat().st_size, "4 bits of a weight, and what is no weight"
    eight, four = (
        float((embed(OnnxModel(path), FACES) * whole).sum(1).mean())
        for path in (shipped, tmp_path / "small")
    )
    assert 0.9 < four < 0.998 < eight


@pytest.mark.parametrize(
    ("count", "bits", "message"), [(0, 8, "1 or more"), (9, 1, "want 2 to 8 bits, got 1")]
)
def test_faces_and_bits_that_do_not_fit_are_refused(count, bits, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        ship(FaceResNet(2, 8).eval(), tmp_path / "small", FACES[:count], bits)
    assert not list(tmp_path.iterdir())
