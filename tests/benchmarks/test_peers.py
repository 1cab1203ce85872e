"""What other tools make of the ladder's networks, with openvino's place taken by onnxruntime."""

import sys
import types

import pytest
import torch

from benchmarks import peers
from facecourse.kit import evidence
from facecourse.ladder.timing import call
from facelib.compress import export
from facelib.models import FaceResNet, embed, save
from facelib.models.runtime import OnnxModel


class Stand(OnnxModel):
    def once(self):
        return call(self)


@pytest.fixture
def folder(monkeypatch, tmp_path):
    torch.manual_seed(0)
    monkeypatch.setattr(peers, "face_embedding", lambda: FaceResNet(4, 16).eval())
    (tmp_path / "0").mkdir()
    for name in (peers.HALF, peers.RAGGED, peers.SMALL):
        save(FaceResNet(2, 16, (0, 0, 1)), tmp_path / "0" / f"{name}.safetensors")
    core = types.SimpleNamespace(read_model=lambda path: path)
    monkeypatch.setitem(sys.modules, "openvino", types.SimpleNamespace(Core=lambda: core))
    monkeypatch.setattr(peers, "Openvino", Stand)
    monkeypatch.setattr(peers, "by_nncf", lambda plain, path, images: (Stand(plain), 7))
    monkeypatch.setattr(peers, "PEOPLE", 12)
    monkeypatch.setattr(peers, "TURNS", 6)
    monkeypatch.setattr(peers, "FARS", {"0.1 %": 0.2, "0.01 %": 0.1})  # untrained networks
    monkeypatch.setattr(peers, "version", lambda tool: "0")
    return tmp_path


@pytest.mark.evidence
def test_each_tool_has_a_row_for_both_networks(folder):
    peers.main(folder, folder)
    rows = evidence.read("peers", folder)["rows"]
    tools = (
        "32 bits, onnxruntime", "32 bits, openvino", "8 bits, facelib",
        "8 bits, onnxruntime alone", "8 bits, nncf and openvino",
    )  # fmt: skip
    half = [f"teacher, half pruned, widths {w}" for w in ("in steps of 16", "as they come")]
    both = [f"{name}, {tool}" for name in (peers.TEACHER, peers.SMALL) for tool in tools]
    assert list(rows) == half + both
    plain, _, zipped, alone, _ = (rows[f"teacher, {tool}"]["bytes"] for tool in tools)
    assert max(zipped, alone) < 0.7 * plain
    assert rows["teacher, 8 bits, nncf and openvino"]["bytes"] == 7
    assert rows["teacher, 32 bits, onnxruntime"]["0.1 %"]["value"] == 0


def test_onnxruntimes_own_settings_give_nearly_the_same_embeddings(tmp_path):
    torch.manual_seed(0)
    model = FaceResNet(4, 16).eval()
    images = torch.randint(256, (16, 1, 64, 64), dtype=torch.uint8)
    plain = export(model, tmp_path / "plain.onnx", peers.SHAPE).path
    small = OnnxModel(peers.by_onnxruntime(plain, tmp_path / "small.onnx", images))
    assert (embed(small, images) * embed(model, images)).sum(1).min() > 0.9
