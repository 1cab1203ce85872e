"""Files with a few wrong bytes: the right result, or a documented error that names the file.

What a format can't notice (pixels of a JPEG, a digit in pairs.txt) must still make a sound result.
"""

import warnings

import numpy as np
import pytest
import torch
from PIL import Image

from facelib.compress import export, load_shared, quantize, save_shared, share
from facelib.compress.quantize import calibrate
from facelib.compress.ship import pack as zipped
from facelib.data import folder, lfw, pack
from facelib.door.register import Register
from facelib.models import FaceResNet, embed, io
from facelib.models.runtime import OnnxModel
from facelib.synth import synth

TIMES = 40


def mutate(data: bytes, rng: np.random.Generator) -> bytes:
    """A bit or a byte changed, bytes left out, put in or doubled, or the end cut off."""
    place, length = (int(rng.integers(limit)) for limit in (len(data), 8))
    end = place + 1 + length
    return [
        data[:place] + bytes([data[place] ^ 1 << length]) + data[place + 1 :],
        data[:place] + rng.bytes(1) + data[place + 1 :],
        data[:place] + data[end:],
        data[:place] + rng.bytes(1 + length) + data[place:],
        data[:end] + data[place:],
        data[:place],
    ][rng.integers(6)]


def try_all(file, call, right, errors):
    """Mutate `file` many times; `right` looks at what `call` then gives."""
    rng, good, said = np.random.default_rng(0), file.read_bytes(), []
    for _ in range(TIMES):
        file.write_bytes(mutate(good, rng))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # a warning would be a word too many
                right(call())
        except errors as error:
            said.append(str(error))
    file.write_bytes(good)
    assert all(file.name in words for words in said)
    return len(said)


@pytest.fixture
def wanted(photos):
    return folder(photos, size=16)


@pytest.mark.parametrize("ending", [".json", ".u8"])
def test_a_pack_gives_its_own_pixels_and_labels_or_is_made_anew(
    photos, wanted, monkeypatch, ending
):
    monkeypatch.setattr(pack, "LARGE", 0)
    folder(photos, size=16)
    (file,) = (photos / pack.FOLDER).glob(f"*{ending}")

    def right(faces):
        assert torch.equal(faces.images, wanted.images)
        assert torch.equal(faces.person, wanted.person)

    assert not try_all(file, lambda: folder(photos, size=16), right, ())


@pytest.mark.parametrize("ending", ["png", "jpg", "bmp", "webp", "tif", "pgm"])
def test_a_picture_is_a_picture_or_refused_and_a_png_is_itself(photos, wanted, ending):
    file = (photos / "Ben" / "Ben_0001.png").rename(photos / "Ben" / f"Ben_0001.{ending}")
    with Image.open(file) as picture:
        picture.load()
    picture.save(file)
    same = [0, 1, 2, 4, 5, *([3] if ending == "png" else [])]

    def right(faces):
        assert faces.images.shape == wanted.images.shape
        assert torch.equal(faces.images[same], wanted.images[same])

    refused = try_all(file, lambda: folder(photos, size=16), right, ValueError)
    assert refused or ending != "png"


def test_a_list_of_pairs_is_sound_or_refused(photos):
    def right(found):
        (left, right, same), person = found.pairs, found.faces.person
        assert torch.equal(person[left] == person[right], same)
        assert (left != right).all()
        assert same.tolist() == [True, False, True, False]

    refused = try_all(photos / "pairs.txt", lambda: lfw(photos), right, ValueError)
    assert refused > TIMES / 2


def test_a_register_is_itself_or_refused(tmp_path):
    register, path = Register("a" * 64), tmp_path / "people"
    register.enroll("Ada", np.eye(4, 8), consent=True)
    register.save(path)

    def right(found):
        assert found.rows == register.rows
        assert np.array_equal(found.templates, register.templates)

    assert try_all(path, lambda: Register.load(path), right, ValueError) > 0.9 * TIMES


FACES = synth(4, 2, seed=0).images


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """An ONNX file, a model, a file of codes and one to ship."""
    torch.manual_seed(0)
    folder, model = tmp_path_factory.mktemp("whole"), FaceResNet(2, 8, (1, 0, 1)).eval()
    content = export(model, folder / "onnx", (1, 64, 64)).path.read_bytes()
    io.save(model, folder / "model")
    save_shared(share(model, 16)[0], folder / "codes")
    (folder / "small").write_bytes(zipped(calibrate(content, FACES)))
    return folder


def test_an_onnx_file_is_refused_by_name_or_quantized_as_it_stands(written, tmp_path):
    def cosines():
        quantize(written / "onnx", tmp_path / "int8.onnx", FACES)
        made, source = (
            embed(OnnxModel(p), FACES) for p in (tmp_path / "int8.onnx", written / "onnx")
        )
        return (made * source).sum(1)

    def right(found):
        assert found.min() > 0.9

    assert TIMES / 4 < try_all(written / "onnx", cosines, right, ValueError) < TIMES


@pytest.mark.parametrize(
    ("kind", "read"), [("model", io.load), ("codes", load_shared), ("small", OnnxModel)]
)
def test_a_file_of_a_model_of_codes_or_to_ship_is_itself_or_refused(written, kind, read):
    whole = embed(read(written / kind), FACES)

    def right(found):  # what changed says nothing: zeros where there were zeros, an archive's date
        assert torch.equal(embed(found, FACES), whole)

    assert try_all(written / kind, lambda: read(written / kind), right, ValueError) > 0.8 * TIMES
