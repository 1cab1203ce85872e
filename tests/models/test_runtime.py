import copy
import pickle

import pytest
import torch
from onnx import TensorProto, helper

from facelib.models import embed
from facelib.models.io import digest
from facelib.models.runtime import OnnxModel

SHAPE = (1, 64, 64)


def made(kind, given=("flat",), inputs=1):
    """An ONNX file's content: images, made flat, go through one node."""
    images, more, embedding = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in (("images", ["n", *SHAPE]), ("more", ["n", 4096]), ("embedding", None))
    )
    nodes = [
        helper.make_node("Flatten", ["images"], ["flat"]),
        helper.make_node(kind, given, ["embedding"]),
    ]
    graph = helper.make_graph(nodes, "made", [images, more][:inputs], [embedding])
    opset = [helper.make_opsetid("", 20)]
    return helper.make_model(graph, opset_imports=opset, ir_version=10).SerializeToString()


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_embeds_as_the_model_does_even_when_the_file_is_gone(tmp_path, twin):
    path = tmp_path / "b.onnx"
    path.write_bytes(made("Softmax"))
    model = OnnxModel(path)
    path.unlink()
    images = torch.randint(256, (3, *SHAPE), dtype=torch.uint8)
    assert torch.equal(embed(twin(model), images), embed(model, images))
    said = digest(model.state_dict())  # by which a resumed run knows its teacher
    assert said == digest(twin(model).state_dict()) != digest(OnnxModel(made("Abs")).state_dict())


@pytest.mark.parametrize("shape", [(2, 3, 64, 64), (2, 1, 32, 32), (1, 64, 64)])
def test_images_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"reads images .*1, 64, 64\], got "):
        OnnxModel(made("Softmax")).embed(torch.zeros(shape))


@pytest.mark.parametrize(
    ("forged", "words"),
    [
        (("Identity", ["images"]), r"gives \(2, 1, 64, 64\) numbers for 2 images"),
        (("ReduceMean", ["images"]), "gives .* numbers for 2 images"),
        (("Log",), "NaN or infinite"),
        (("Add", ["flat", "more"], 2), "can't read its own images"),
    ],
)
def test_a_forged_file_that_gives_no_embeddings_is_refused(forged, words):
    with pytest.raises(ValueError, match=words):
        OnnxModel(made(*forged)).embed(torch.zeros(2, *SHAPE))


@pytest.mark.parametrize("content", [b"", b"hello"])
def test_what_is_no_onnx_file_is_refused_by_name(tmp_path, content):
    path = tmp_path / "c.onnx"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"c\.onnx can't be read as an ONNX model"):
        OnnxModel(path)
    with pytest.raises(FileNotFoundError, match=r"no ONNX file at .*d\.onnx"):
        OnnxModel(tmp_path / "d.onnx")
