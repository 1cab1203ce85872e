import copy
import pickle

import pytest
import torch

from facelib.compress import export
from facelib.models import FaceResNet, embed
from facelib.models.runtime import OnnxModel

SHAPE = (1, 64, 64)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("onnx") / "a.onnx"
    export(FaceResNet(4, 8).eval(), path, SHAPE)
    return path


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_embeds_as_the_model_does_even_when_the_file_is_gone(file, tmp_path, twin):
    path = tmp_path / "b.onnx"
    path.write_bytes(file.read_bytes())
    model = OnnxModel(path)
    path.unlink()
    images = torch.randint(256, (3, *SHAPE), dtype=torch.uint8)
    assert torch.equal(embed(twin(model), images), embed(model, images))


@pytest.mark.parametrize("shape", [(2, 3, 64, 64), (2, 1, 32, 32), (1, 64, 64)])
def test_images_of_another_shape_are_refused(file, shape):
    with pytest.raises(ValueError, match=r"reads images .*1, 64, 64\], got "):
        OnnxModel(file).embed(torch.zeros(shape))


@pytest.mark.parametrize("content", [b"", b"hello"])
def test_what_is_no_onnx_file_is_refused_by_name(tmp_path, content):
    path = tmp_path / "c.onnx"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"c\.onnx can't be read as an ONNX model"):
        OnnxModel(path)
    with pytest.raises(FileNotFoundError, match=r"no ONNX file at .*d\.onnx"):
        OnnxModel(tmp_path / "d.onnx")
