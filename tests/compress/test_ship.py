"""Shipped files are small, become the same network of 8 bits without a face, or are refused."""

import pytest
import torch

from facelib.compress import decode, export, quantize, save_shared, share, ship, unship
from facelib.compress.ship import KEPT
from facelib.data import resize
from facelib.models import FaceCNN, FaceResNet, save
from facelib.models.io import load_tensors, save_tensors
from facelib.synth import synth

FACES = synth(8, 4, seed=0).images
SCALES, ZEROS = KEPT


def resnet():
    torch.manual_seed(0)
    model = FaceResNet(2, 8, (1, 0, 1))
    model(FACES.float() / 255)  # running means of some faces
    return model.eval()


def cnn():
    torch.manual_seed(0)
    return FaceCNN(4, 8, people=5).eval()


@pytest.fixture(
    scope="module", params=[(resnet, (64, 64)), (cnn, (112, 92))], ids=["resnet", "cnn"]
)
def shipped(request, tmp_path_factory):
    """A network, the sides of its images, the file to ship and its size."""
    make, sides = request.param
    path = tmp_path_factory.mktemp("ship") / "small"
    return make(), sides, path, ship(make(), path, resize(FACES, *sides))


def test_the_network_comes_back_without_a_face_and_embeds_the_same(shipped, tmp_path):
    model, sides, path, size = shipped
    shared, _ = share(model, 64)
    save_shared(shared, tmp_path / "codes")
    plain = export(decode(shared), tmp_path / "plain.onnx", (1, *sides))
    calibrated = quantize(plain.path, tmp_path / "calibrated.onnx", resize(FACES, *sides))
    unship(path, tmp_path / "again.onnx")
    assert calibrated.path.read_bytes() == (tmp_path / "again.onnx").read_bytes()
    assert size == path.stat().st_size
    codes = (tmp_path / "codes").stat().st_size + 5 * len(load_tensors(path)[0][SCALES])
    assert codes < size < codes + 250, "names of tensors take some room, too"


def test_a_shared_model_keeps_its_codebooks_and_its_bits(tmp_path):
    shared, _ = share(resnet(), 4)
    before = {name: value.clone() for name, value in shared.state_dict().items()}
    ship(shared, tmp_path / "small", FACES)
    tensors, _ = load_tensors(tmp_path / "small")
    assert max(len(one) for name, one in tensors.items() if name.endswith("original")) == 4
    assert all(torch.equal(value, before[name]) for name, value in shared.state_dict().items())


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (FACES[:0], "1 or more"),
        (FACES.float(), "want uint8"),
        (FACES[0], "want uint8"),
        (FACES[:, :, :32], "want grey images"),
    ],
)
def test_faces_that_do_not_fit_are_refused(images, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        ship(resnet(), tmp_path / "small", images)
    assert not list(tmp_path.iterdir())


def test_a_missing_or_other_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="gone"):
        unship(tmp_path / "gone", tmp_path / "onnx")
    save(resnet(), tmp_path / "plain")
    with pytest.raises(ValueError, match="plain.* lacks .*ship"):
        unship(tmp_path / "plain", tmp_path / "onnx")
    assert not (tmp_path / "onnx").exists()


def cut(tensors, about):
    tensors.update({name: tensors[name][1:] for name in KEPT})


@pytest.mark.parametrize("shipped", [(resnet, (64, 64))], indirect=True, ids=["resnet"])
@pytest.mark.parametrize(
    ("forge", "message"),
    [
        (cut, "above 0"),
        (lambda tensors, _: tensors.update({ZEROS: tensors[ZEROS].float()}), "in uint8"),
        (lambda tensors, _: tensors.update({SCALES: 0 * tensors[SCALES]}), "above 0"),
        (lambda tensors, _: tensors.update({SCALES: tensors[SCALES] / 0}), "above 0"),
        (lambda tensors, _: tensors.pop(ZEROS), "lacks"),
        (lambda tensors, _: tensors.pop("embedding.2.bias"), "another model"),
        (lambda _, about: about.update(shape=[1, 10**6, 10**6]), "1048576 numbers at most"),
        (lambda _, about: about.update(shape=[1, -64, -64]), "numbers at most"),
        (lambda _, about: about.update(shape="64"), "numbers at most"),
        (lambda _, about: about.update(shape=[3, 8, 8]), "want grey images"),
        (lambda _, about: about.update(huffman=[1]), "holds no shared model"),
    ],
)
def test_a_forged_file_is_refused(shipped, tmp_path, forge, message):
    tensors, about = load_tensors(shipped[2])
    forge(tensors, about)
    save_tensors(tmp_path / "forged", tensors, about)
    with pytest.raises(ValueError, match=f"forged.*{message}"):
        unship(tmp_path / "forged", tmp_path / "onnx")
    assert not (tmp_path / "onnx").exists()
