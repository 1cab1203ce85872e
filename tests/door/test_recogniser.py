import numpy as np
import pytest
from onnx import TensorProto, helper

from facelib.compress import export
from facelib.data import resize, to_grey
from facelib.door.recogniser import Recogniser
from facelib.models import FaceCNN, embed, face_compact
from facelib.models.pretrained import COMPACT
from facelib.synth import synth

FACES = synth(30, 2, seed=2024, size=112, channels=3)
CROPS = FACES.images.permute(0, 2, 3, 1).numpy()


def test_it_embeds_as_the_models_do():
    """Eight bits feel a grey level that one of two ways to resize has rounded otherwise."""
    wanted = embed(face_compact(), resize(to_grey(FACES.images), 64, 64)).numpy()
    cosine = (Recogniser().embed(CROPS) * wanted).sum(1)
    assert cosine.mean() > 0.999
    assert cosine.min() > 0.997


def test_it_reads_what_another_network_asks_for(tmp_path):
    """This one wants RGB that is not square."""
    model, shape = FaceCNN(8, 16, 3, channels=3).eval(), (3, 56, 46)
    export(model, tmp_path / "a.onnx", shape)
    recogniser = Recogniser(tmp_path / "a.onnx")
    assert (recogniser.channels, *recogniser.size) == shape
    assert recogniser.name == "a.onnx"
    wanted = embed(model, resize(FACES.images, *shape[1:])).numpy()
    assert (recogniser.embed(CROPS) * wanted).sum(1).min() > 1 - 1e-3


def test_one_face_is_embedded_as_among_many_and_a_mirror_image_as_the_face():
    recogniser = Recogniser()
    given = np.concatenate([CROPS, CROPS])
    many = recogniser.embed(given)
    assert np.array_equal(given, np.concatenate([CROPS, CROPS])), "what is given stays as it is"
    assert np.allclose(many[-1], recogniser.embed(CROPS[-1:])[0], atol=1e-5)
    assert np.allclose(np.linalg.norm(many, axis=1), 1, atol=1e-5)
    mirrored = recogniser.embed(np.ascontiguousarray(CROPS[:, :, ::-1]))
    assert (mirrored * many[: len(CROPS)]).sum(1).min() > 0.99


def test_networks_are_told_apart_by_their_content(tmp_path):
    from facelib.compress.ship import pack

    content = face_compact().content
    (tmp_path / "plain").write_bytes(content)
    (tmp_path / "zipped").write_bytes(pack(content))
    plain, zipped = (Recogniser(tmp_path / name) for name in ("plain", "zipped"))
    assert plain.sha256 == zipped.sha256 == Recogniser(COMPACT).sha256
    assert Recogniser(forged(tmp_path / "other", ["n", 1, 8, 8], "Log")).sha256 != plain.sha256


@pytest.mark.parametrize(
    "crops",
    [
        CROPS[0], CROPS[:0], CROPS.astype(np.float32), FACES.images.numpy(),
        CROPS[:, :0],
    ],
    ids=["one", "none", "float", "channels first", "no rows"],
)  # fmt: skip
def test_what_is_no_batch_of_faces_is_refused(crops):
    with pytest.raises(ValueError, match=r"want faces uint8 \(N, S, S, 3\)"):
        Recogniser().embed(crops)


def forged(path, shape, kind):
    """A file that reads images of this shape and gives what one node makes of them."""
    given = helper.make_tensor_value_info("images", TensorProto.FLOAT, shape)
    found = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, None)
    nodes = [
        helper.make_node("Flatten", ["images"], ["flat"]),
        helper.make_node(kind, ["flat"] * (2 if kind == "Sub" else 1), ["embedding"]),
    ]
    graph = helper.make_graph(nodes, "forged", [given], [found])
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    path.write_bytes(proto.SerializeToString())
    return path


@pytest.mark.parametrize("shape", [["n", 4, 8, 8], ["n", 1, "h", "w"], ["n", 64], [1, 2, 3, 4, 5]])
def test_a_model_that_reads_no_images_is_refused(shape, tmp_path):
    path = forged(tmp_path / "a.onnx", shape, "Identity")
    with pytest.raises(ValueError, match=r"a\.onnx reads .*, want images"):
        Recogniser(path)


@pytest.mark.parametrize(("kind", "words"), [("Sub", "only zeros"), ("Log", "NaN or infinite")])
def test_a_model_without_a_direction_for_a_face_is_refused(kind, words, tmp_path):
    recogniser = Recogniser(forged(tmp_path / "a.onnx", ["n", 1, 8, 8], kind))
    with pytest.raises(ValueError, match=words):
        recogniser.embed(np.zeros((1, 112, 112, 3), np.uint8))


@pytest.mark.parametrize("damage", [b"", b"no model", COMPACT.read_bytes()[:5000]])
def test_a_damaged_model_is_refused_by_name(damage, tmp_path):
    (tmp_path / "a.onnx").write_bytes(damage)
    with pytest.raises(ValueError, match=r"a\.onnx can't be read as an ONNX model"):
        Recogniser(tmp_path / "a.onnx")
