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
    with pytest.raises(FileNotFoundError, match=r"no ONNX file at .*b\.onnx"):
        OnnxModel(path)
    images = torch.randint(256, (3, *SHAPE), dtype=torch.uint8)
    assert torch.equal(embed(twin(model), images), embed(model, images))
    said = digest(model.state_dict())  # by which a resumed run knows its teacher
    assert said == digest(twin(model).state_dict()) != digest(OnnxModel(made("Abs")).state_dict())


def test_images_of_another_shape_and_a_forged_file_that_gives_no_embeddings_are_refused():
    for file, shape, words in (
        (("Softmax",), (2, 3, 64, 64), r"reads images .*1, 64, 64\], got "),
        (("Softmax",), (2, 1, 32, 32), r"reads images .*1, 64, 64\], got "),
        (("Softmax",), SHAPE, r"reads images .*1, 64, 64\], got "),
        (("Identity", ["images"]), (2, *SHAPE), r"gives \(2, 1, 64, 64\) numbers for 2 images"),
        (("ReduceMean", ["images"]), (2, *SHAPE), "gives .* numbers for 2 images"),
        (("Add", ["flat", "more"], 2), (2, *SHAPE), "can't read its own images"),
    ):
        with pytest.raises(ValueError, match=words):
            OnnxModel(made(*file)).embed(torch.zeros(shape))
