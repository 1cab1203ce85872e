import json
import re

import onnx
import pytest
import torch
from torch import nn

from facelib.app import workshop
from facelib.door.recogniser import COMPACT, Recogniser
from facelib.models import FaceCNN, FaceResNet, face_compact, io, load, save


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("network") / "face.safetensors"
    save(FaceResNet(8, 16).eval(), path)
    return path


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """An eighth of the people who don't exist."""
    render = workshop.render
    monkeypatch.setattr(workshop, "render", lambda people, *how: render(people // 8, *how))


def test_a_network_is_trained_exported_and_verifies(run, photos, tmp_path):
    made, exported = tmp_path / "face.safetensors", tmp_path / "face.onnx"
    tiny = ("--epochs", 1, "--train", 2, "--width", 4, "--embedding", 8, "--size", 32, 24)
    assert run("train", photos, "--out", made, *tiny).exit_code == 0
    assert isinstance(load(made), FaceCNN)
    assert io.load_tensors(made)[1]["size"] == [32, 24]
    found = json.loads(run("export", made, "--out", exported, "--json").output)
    assert found["bytes"] == exported.stat().st_size
    assert found["difference"] < 1e-4
    recogniser = Recogniser(exported)
    assert (recogniser.channels, recogniser.size) == (3, (32, 24))
    pair = photos / "Ada" / "1.jpg", photos / "Ada" / "2.jpg"
    assert run("verify", *pair, "--model", exported, "--threshold", -1).exit_code == 0


def test_a_folder_of_people_is_evaluated_and_gives_a_threshold(run, photos):
    done = run("evaluate", COMPACT, photos, "--json")
    found = json.loads(done.stdout)
    assert found["AUC"]["value"] > 0.99
    assert found["AUC"]["n"] == 8
    assert "24 genuine, 252 impostor pairs" in found["faces"]
    assert list(found["thresholds"]) == ["0.1", "0.01"], "252 impostor pairs show no smaller rate"


def test_without_a_folder_people_are_new_by_their_seed(run, refuse, network):
    said = run("evaluate", network).stdout
    found = json.loads(run("evaluate", network, "--seed", 1, "--json").stdout)
    assert 0.5 < found["AUC"]["low"] <= found["AUC"]["value"] <= found["AUC"]["high"] <= 1
    for far in ("0.1", "0.01", "0.001"):
        threshold = float(re.search(rf"^threshold for {far} FAR: ([\d.]+)$", said, re.M)[1])
        assert abs(threshold - found["thresholds"][far]) < 0.2
        assert threshold != round(found["thresholds"][far], 4), "other people"
    assert "no seed 2000 of people 'crowd'" in refuse("evaluate", network, "--seed", 2000)


class Same(nn.Module):
    """To which everybody looks alike."""

    def embed(self, images):
        return torch.ones(len(images), 2)


def test_where_no_threshold_keeps_strangers_out_a_program_is_told_none(run, network, monkeypatch):
    monkeypatch.setattr(workshop, "read", lambda path: (Same(), (1, 64, 64)))
    found = json.loads(run("evaluate", network, "--json").stdout, parse_constant=pytest.fail)
    assert found["thresholds"] == {"0.1": None, "0.01": None, "0.001": None}


@pytest.mark.parametrize("command", ["evaluate", "export", "compress"])
def test_a_network_that_does_not_say_what_size_it_reads_is_refused(refuse, tmp_path, command):
    model = tmp_path / "a.safetensors"
    made = [] if command == "evaluate" else ["--out", tmp_path / "b"]
    torch.manual_seed(0)
    save(network := FaceCNN(2, 4, 2).eval(), model)
    assert "doesn't say what size of images" in refuse(command, model, *made)
    io.save_tensors(model, network.state_dict(), io.about(network) | {"size": (40, 32)})
    assert workshop.read(model)[1] == (1, 40, 32)


def test_an_onnx_file_that_reads_images_of_any_size_is_refused(refuse, tmp_path):
    proto = onnx.load_from_string(face_compact().content)
    proto.graph.input[0].type.tensor_type.shape.dim[2].dim_param = "H"
    onnx.save(proto, tmp_path / "a.onnx")
    assert "a.onnx reads ['batch', 1, 'H', 64], want images" in refuse(
        "evaluate", tmp_path / "a.onnx"
    )


def test_a_network_is_compressed_and_it_is_said_what_that_costs(run, network, tmp_path):
    eight, cut = tmp_path / "eight.onnx.zip", tmp_path / "cut.onnx.zip"
    found = json.loads(run("compress", network, "--out", eight, "--json").output)
    assert found["bytes"] == eight.stat().st_size < found["bytes before"]
    assert found["cosine"] > 0.98
    done = run("compress", network, "--out", cut, "--share", 0.5, "--bits", 4)
    assert "must be taught again" in done.output
    assert "if the network learns with them" in done.output
    assert cut.stat().st_size < 0.6 * eight.stat().st_size
    for path in (eight, cut):
        assert Recogniser(path).size == (64, 64)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("b.safetensors", b"x", "is MODEL itself"),
        ("a.onnx", b"x", "is exported already"),
        ("a.safetensors", b"x", "not a whole safetensors file"),
        ("a.safetensors", b"", "not a whole safetensors file"),
    ],
)
@pytest.mark.parametrize("command", ["export", "compress"])
def test_what_is_no_network_to_make_anything_of_is_refused(
    refuse, tmp_path, command, name, content, said
):
    (tmp_path / name).write_bytes(content)
    assert said in refuse(command, tmp_path / name, "--out", tmp_path / "b.safetensors")
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [(name, content)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--share", 1.5), "above 0 and below 1"),
        (("--share", "nan"), "above 0 and below 1"),
        (("--bits", 1), "not in the range"),
    ],
)
def test_settings_out_of_range_are_refused(refuse, network, tmp_path, words, said):
    assert said in refuse("compress", network, "--out", tmp_path / "b.onnx.zip", *words)


def test_a_folder_that_does_not_fit_is_refused(refuse, network, tmp_path):
    (tmp_path / "Ada").mkdir()
    assert "at least two people" in refuse("evaluate", network, tmp_path)
    refuse("train", tmp_path / "none", "--out", tmp_path / "a")
